import type { Command } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer } from '../e2e/harness.ts';
import { DEVICE_EXAMPLE, DEVICE_VALUES, Format, readSenmlCbor, readSenmlJson } from './content.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf, type WireMessage } from './wire.ts';

/** Two instances of the server object (Core §7.5.4.4). */
const SERVERS_LWM2M_CBOR =
  'a101a200a7001865011a000151800219012c03191770051a0001518006f507615501a7001866011a000151800219025803191770051a0001518006f4076155';
const linksWith = (...formats: readonly number[]) =>
  `</>;rt="oma.lwm2m";ct="${formats.join(' ')}",</1/0>,</3/0>,</16/0>`;

describe('device management', () => {
  let server: TestServer;
  let device: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterAll(() => server?.close());

  const begin = async (endpoint: string, { formats = [Format.senmlCbor], version = '1.1' }: Begin = {}) => {
    device?.close();
    device = await ScriptedDevice.open(server, endpoint);
    await device.register({ version, links: linksWith(...formats) });
  };
  interface Begin {
    readonly formats?: readonly number[];
    readonly version?: string;
  }

  const play = (...said: Parameters<ScriptedDevice['perform']>) => device.perform(...said);
  const read = (path: string, expected: Partial<WireMessage>, answer: Partial<WireMessage> = {}) =>
    play({ kind: 'read', path }, { code: '0.01', path, ...expected }, { code: '2.05', ...answer });
  const write = (
    mode: 'replace' | 'partial',
    path: string,
    values: Readonly<Record<string, string | number | boolean>>,
    expected: Partial<WireMessage>,
    code = '2.04',
  ) =>
    play(
      { kind: 'write', mode, path, values: Object.entries(values).map(([at, value]) => ({ path: at, value })) },
      { code: mode === 'replace' ? '0.03' : '0.02', path, ...expected },
      { code },
    );
  const valuesOf = ({ values = [] }: Command) => Object.fromEntries(values.map((one) => [one.path, one.value]));

  judge('server', '1.0-int-201', async () => {
    await begin('int-201');
    for (const [path, text] of [
      ['/3/0/0', 'Open Mobile Alliance'],
      ['/3/0/1', 'Lightweight M2M Client'],
      ['/3/0/2', '345000123'],
    ] as const) {
      const answered = await read(path, { accept: Format.text }, { format: Format.text, payload: hexOf(text) });
      expect(valuesOf(answered)).toEqual({ [path]: text });
    }
  });

  for (const [id, format, version, accept, payload] of [
    ['1.0-int-203', Format.tlv, '1.0', Format.tlv, DEVICE_EXAMPLE.tlv],
    ['1.0-int-204', Format.omaJson, '1.0', Format.tlv, DEVICE_EXAMPLE.omaJson],
    ['1.1-int-223', Format.tlv, '1.1', Format.tlv, DEVICE_EXAMPLE.tlv],
    ['1.1-int-231', Format.senmlJson, '1.1', Format.senmlJson, DEVICE_EXAMPLE.senmlJson],
    ['1.1-int-232', Format.senmlCbor, '1.1', Format.senmlCbor, DEVICE_EXAMPLE.senmlCbor],
    // The device answers in a format of its own choice: the server has to read what it gets.
    ['1.1-int-237', Format.lwm2mCbor, '1.2', Format.senmlCbor, DEVICE_EXAMPLE.lwm2mCbor],
  ] as const) {
    judge('server', id, async () => {
      await begin(id, { version, formats: id === '1.1-int-237' ? [Format.senmlCbor] : [format] });
      const answered = await read('/3/0', { accept }, { format, payload });
      expect(answered).toMatchObject({ state: 'answered', code: '2.05' });
      expect(valuesOf(answered)).toMatchObject(DEVICE_VALUES);
    });
  }

  judge('server', '1.1-int-211', async () => {
    await begin('int-211', { formats: [Format.cbor, Format.senmlCbor] });
    const answers = [
      ['/1/0/0', '1865', 101],
      ['/1/0/6', 'f5', true],
      ['/1/0/7', '6155', 'U'],
    ] as const;
    for (const [path, payload, value] of answers) {
      expect(valuesOf(await read(path, {}, { format: Format.cbor, payload }))).toEqual({ [path]: value });
    }
  });

  judge('server', '1.1-int-222', async () => {
    await begin('int-222', { version: '1.2', formats: [Format.lwm2mCbor] });
    const answered = await read(
      '/1',
      { accept: Format.lwm2mCbor },
      { format: Format.lwm2mCbor, payload: SERVERS_LWM2M_CBOR },
    );
    expect(valuesOf(answered)).toMatchObject({ '/1/0/0': 101, '/1/0/1': 86_400, '/1/1/0': 102, '/1/1/6': false });
  });

  judge('server', '1.1-int-224', async () => {
    await begin('int-224', { version: '1.2' });
    const payload = 'a183030000744f70656e204d6f62696c6520416c6c69616e6365';
    const answered = await read('/3/0/0', {}, { format: Format.lwm2mCbor, payload });
    expect(valuesOf(answered)).toEqual({ '/3/0/0': 'Open Mobile Alliance' });
  });

  judge('server', '1.1-int-225', async () => {
    await begin('int-225');
    const answered = await read('/3/0/11/0', { accept: Format.text }, { format: Format.text, payload: hexOf('0') });
    expect(valuesOf(answered)).toEqual({ '/3/0/11/0': 0 });
  });

  judge('server', '1.0-int-205', async () => {
    await begin('int-205');
    for (const [path, value] of [
      ['/1/0/2', 101],
      ['/1/0/3', 1010],
      ['/1/0/5', 2000],
    ] as const) {
      const request = { format: Format.text, payload: hexOf(String(value)) };
      expect(await write('replace', path, { [path]: value }, request)).toMatchObject({ code: '2.04' });
    }
  });

  judge('server', '1.0-int-215', async () => {
    await begin('int-215', { version: '1.0', formats: [Format.tlv] });
    const values = { '/1/0/2': 101, '/1/0/3': 1010, '/1/0/5': 2000, '/1/0/6': true, '/1/0/7': 'U' };
    const request = { format: Format.tlv, payload: 'c10265c20303f2c20507d0c10601c10755' };
    expect(await write('partial', '/1/0', values, request)).toMatchObject({ code: '2.04' });
    expect(await write('replace', '/1/0', values, request)).toMatchObject({ code: '2.04' });
  });

  judge('server', '1.1-int-226', async () => {
    await begin('int-226', { formats: [Format.tlv] });
    const request = { format: Format.tlv, payload: 'c1013dc10601' };
    expect(await write('partial', '/1/0', { '/1/0/1': 61, '/1/0/6': true }, request)).toMatchObject({ code: '2.04' });
    await device.ask({ code: '0.02', path: device.location, query: ['lt=61'] }, { code: '2.04' });
    expect(await device.shown()).toMatchObject({ registration: { lifetime: 61 } });
  });

  judge('server', '1.1-int-227', async () => {
    await begin('int-227');
    await write('replace', '/1/0/1', { '/1/0/1': 63 }, { format: Format.text, payload: hexOf('63') });
    await device.ask({ code: '0.02', path: device.location, query: ['lt=63'] }, { code: '2.04' });
    expect(await device.shown()).toMatchObject({ registration: { lifetime: 63 } });
  });

  // The specification's procedure says POST; a resource instance is written by PUT (Transport, Table 6.4.5-1).
  judge('server', '1.1-int-228', async () => {
    await begin('int-228');
    const request = { format: Format.text, payload: hexOf('test') };
    expect(await write('replace', '/16/0/0/0', { '/16/0/0/0': 'test' }, request)).toMatchObject({ code: '2.04' });
  });

  for (const [id, format, readContent] of [
    ['1.1-int-233', Format.senmlCbor, readSenmlCbor],
    ['1.1-int-234', Format.senmlJson, readSenmlJson],
  ] as const) {
    judge('server', id, async () => {
      await begin(id, { formats: [format] });
      const values = { '/1/0/1': 61, '/1/0/6': true };
      const { request, code } = await write('partial', '/1/0', values, { format });
      expect(readContent(request.payload ?? '')).toEqual(values);
      expect(code).toBe('2.04');
      await device.ask({ code: '0.02', path: device.location, query: ['lt=61'] }, { code: '2.04' });
    });
  }

  judge('server', '1.0-int-241', async () => {
    await begin('int-241');
    const done = await play({ kind: 'execute', path: '/3/0/4' }, { code: '0.02', path: '/3/0/4' }, { code: '2.04' });
    expect(done).toMatchObject({ state: 'answered', code: '2.04' });
    const former = device.location;
    await device.register();
    expect(device.location).not.toBe(former);
    expect(await device.shown()).toMatchObject({ presence: { state: 'awake' } });
  });

  judge('server', '1.1-int-256', async () => {
    await begin('int-256');
    const refused = await write('replace', '/1/0/0', { '/1/0/0': 2 }, { payload: hexOf('2') }, '4.05');
    expect(refused).toMatchObject({ state: 'failed', code: '4.05' });
  });

  judge('server', '1.0-int-260', async () => {
    await begin('int-260');
    const attributes = async (path: string, values: Record<string, number>, query: string[]) =>
      play(
        { kind: 'write-attributes', path, attributes: values },
        { code: '0.03', path, query: expect.arrayContaining(query), payload: '' },
        { code: '2.04' },
      );
    await attributes('/3/0/7', { pmin: 10, pmax: 60, gt: 50, lt: 42.2 }, ['pmin=10', 'pmax=60', 'gt=50', 'lt=42.2']);
    const payload = hexOf('</3/0/7>;dim=2;pmin=10;pmax=60;gt=50;lt=42.2, </3/0/7/0>, </3/0/7/1>;lt=45');
    const { nodes } = await play(
      { kind: 'discover', path: '/3/0/7' },
      { code: '0.01', path: '/3/0/7', accept: Format.linkFormat },
      { code: '2.05', format: Format.linkFormat, payload },
    );
    expect(nodes).toMatchObject([
      { path: '/3/0/7', attributes: { dim: '2', pmin: '10', pmax: '60', gt: '50', lt: '42.2' } },
      { path: '/3/0/7/0', attributes: {} },
      { path: '/3/0/7/1', attributes: { lt: '45' } },
    ]);
  });

  judge('server', '1.1-int-261', async () => {
    await begin('int-261');
    for (const [path, values, query] of [
      ['/3', { pmin: 10, pmax: 200 }, ['pmin=10', 'pmax=200']],
      ['/3/0', { pmax: 320 }, ['pmax=320']],
      ['/3/0/11/0', { pmax: 100, epmin: 1, epmax: 20 }, ['epmax=20', 'epmin=1', 'pmax=100']],
    ] as const) {
      const { request, code } = await play(
        { kind: 'write-attributes', path, attributes: values },
        { code: '0.03', path, payload: '' },
        { code: '2.04' },
      );
      expect(request.query?.toSorted()).toEqual([...query].sort());
      expect(request.format).toBeUndefined();
      expect(code).toBe('2.04');
    }
  });

  for (const [id, depths] of [
    ['1.2-int-264', [1]],
    ['1.2-int-266', [2, 3]],
  ] as const) {
    judge('server', id, async () => {
      await begin(id, { version: '1.2' });
      for (const depth of depths) {
        const { nodes } = await play(
          { kind: 'discover', path: '/3', depth },
          { code: '0.01', path: '/3', query: [`depth=${depth}`], accept: Format.linkFormat },
          { code: '2.05', format: Format.linkFormat, payload: hexOf('</3>,</3/0>') },
        );
        expect(nodes?.map(({ path }) => path)).toEqual(['/3', '/3/0']);
      }
    });
  }

  judge('server', '1.0-int-651', async () => {
    await begin('int-651', { version: '1.0', formats: [Format.tlv] });
    const values = { '/3/0/13': 1_367_491_215, '/3/0/14': '+02:00', '/3/0/15': 'Europe/Berlin' };
    const payload = `c40d5182428fc60e2b30323a3030c80f0d${hexOf('Europe/Berlin')}`;
    expect(await write('partial', '/3/0', values, { format: Format.tlv, payload })).toMatchObject({ code: '2.04' });
  });

  judge('server', '1.0-int-652', async () => {
    await begin('int-652');
    const answered = await read('/3/0/3', { accept: Format.text }, { format: Format.text, payload: hexOf('1.0') });
    expect(valuesOf(answered)).toEqual({ '/3/0/3': '1.0' });
  });

  judge('server', '1.1-int-1630', async () => {
    await begin('int-1630', { formats: [Format.tlv] });
    const values = [
      { path: '/0/0', value: 'Host Device ID #1', type: 'string' },
      { path: '/0/1', value: 'Host Device Model #1', type: 'string' },
    ];
    const created = await play(
      { kind: 'create', path: '/16', instanceId: 1, values },
      { code: '0.02', path: '/16', format: Format.tlv },
      { code: '2.01' },
    );
    expect(created).toMatchObject({ state: 'answered', code: '2.01' });
    const texts = [hexOf('Host Device ID #1'), hexOf('Host Device Model #1')];
    expect(created.request.payload).toBe(`08012e88002b480011${texts[0]}480114${texts[1]}`);
    const { objects } = await device.shown();
    expect(objects.find(({ objectId }) => objectId === 16)?.instances).toEqual([0, 1]);
  });

  judge('server', '1.1-int-1635', async () => {
    await begin('int-1635');
    const gone = await play({ kind: 'delete', path: '/16/0' }, { code: '0.04', path: '/16/0' }, { code: '2.02' });
    expect(gone).toMatchObject({ state: 'answered', code: '2.02' });
    const { objects } = await device.shown();
    expect(objects.find(({ objectId }) => objectId === 16)?.instances).toEqual([]);
  });
});
