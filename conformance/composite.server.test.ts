import type { Command } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { Format, readSenmlCbor, readSenmlJson } from './content.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf, type WireMessage } from './wire.ts';

/** A path list of SenML-ETCH, which has names only (RFC 8790). */
const named = ({ format, payload = '' }: WireMessage) =>
  Object.keys(
    format === Format.etchJson || format === Format.senmlJson ? readSenmlJson(payload) : readSenmlCbor(payload),
  );

describe('composite operations', () => {
  let server: TestServer;
  let device: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterAll(() => server?.close());

  const begin = async (endpoint: string, formats: readonly number[] = [Format.senmlCbor], version = '1.1') => {
    device?.close();
    device = await ScriptedDevice.open(server, endpoint);
    await device.register({ version, links: `</>;rt="oma.lwm2m";ct="${formats.join(' ')}",</1/0>,</3/0>,</16/0>` });
  };
  const play = (...said: Parameters<ScriptedDevice['perform']>) => device.perform(...said);
  const valuesOf = ({ values = [] }: Command) => Object.fromEntries(values.map(({ path, value }) => [path, value]));
  const read = (paths: string[], payload: string, format: number = Format.senmlJson) =>
    play({ kind: 'read-composite', paths }, { code: '0.05', path: '', query: [] }, { code: '2.05', format, payload });

  judge('server', '1.1-int-235', async () => {
    await begin('int-235');
    const pack = hexOf('[{"bn":"/1/0/","n":"1","v":86400},{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"}]');
    const answered = await read(['/'], pack);
    expect(named(answered.request)).toEqual(['/']);
    expect(valuesOf(answered)).toEqual({ '/1/0/1': 86_400, '/3/0/0': 'Open Mobile Alliance' });
  });

  for (const [id, paths, pack, values] of [
    [
      '1.1-int-236',
      ['/3/0/0', '/3339/0/5522'],
      '[{"n":"/3/0/0","vs":"Open Mobile Alliance"}]',
      { '/3/0/0': 'Open Mobile Alliance' },
    ],
    [
      '1.1-int-280',
      ['/3/0/16', '/3/0/11/0', '/1/0'],
      '[{"n":"/3/0/16","vs":"U"},{"n":"/3/0/11/0","v":0},{"bn":"/1/0/","n":"0","v":1},{"n":"1","v":86400}]',
      { '/3/0/16': 'U', '/3/0/11/0': 0, '/1/0/0': 1, '/1/0/1': 86_400 },
    ],
    [
      '1.1-int-281',
      ['/3/0/16', '/1/0/8', '/1/0/1'],
      '[{"n":"/3/0/16","vs":"U"},{"n":"/1/0/1","v":86400}]',
      { '/3/0/16': 'U', '/1/0/1': 86_400 },
    ],
  ] as const) {
    judge('server', id, async () => {
      await begin(id);
      const answered = await read([...paths], hexOf(pack));
      expect(named(answered.request)).toEqual(paths);
      expect(answered.request.accept).toBe(Format.senmlCbor);
      expect(valuesOf(answered)).toEqual(values);
    });
  }

  for (const [id, format, values] of [
    ['1.1-int-230', Format.senmlCbor, { '/1/0/1': 60, '/1/0/6': true, '/16/0/0/0': 'a', '/16/0/0/1': 'b' }],
    ['1.1-int-257', Format.senmlJson, { '/1/0/2': 101, '/1/0/6': true, '/3/0/13': 0 }],
  ] as const) {
    judge('server', id, async () => {
      await begin(id, [format]);
      const written = Object.entries(values).map(([path, value]) => ({ path, value }));
      const { request, ...done } = await play(
        { kind: 'write-composite', values: written },
        { code: '0.07', path: '', query: [] },
        { code: '2.04' },
      );
      const content = format === Format.senmlJson ? readSenmlJson : readSenmlCbor;
      expect(content(request.payload ?? '')).toEqual(values);
      expect(done).toMatchObject({ state: 'answered', code: '2.04' });
    });
  }

  const PATHS = ['/3/0/7/0', '/1/0/1'];
  /** Has two paths observed as one, and resolves with the request. */
  const observe = async (): Promise<WireMessage> => {
    let request: WireMessage | undefined;
    await device.observed(PATHS.join(' '), async () => {
      request = await device.hear({ type: 'CON', code: '0.05', path: '', observe: 0 });
      device.answer(request, { code: '2.05', observe: 1, format: Format.senmlJson, payload: packOf(3800) });
    });
    await shows(3800);
    if (!request) throw new Error('no request');
    return request;
  };
  const packOf = (voltage: number) => hexOf(`[{"n":"/3/0/7/0","v":${voltage}},{"n":"/1/0/1","v":86400}]`);
  const shows = (voltage: number) =>
    until(`the voltage is ${voltage}`, async () => {
      const values = await device.values();
      return values['/3/0/7/0'] === voltage && values['/1/0/1'] === 86_400;
    });
  const notify = async (token: string | undefined, sequence: number, voltage: number) => {
    const content = { observe: sequence, format: Format.senmlJson, payload: packOf(voltage) };
    await device.ask({ code: '2.05', token: token ?? '', ...content }, { type: 'ACK', code: '0.00', token: '' });
  };

  judge('server', '1.1-int-304', async () => {
    await begin('int-304');
    const request = await observe();
    expect(named(request)).toEqual(PATHS);
    await notify(request.token, 2, 3810);
    await shows(3810);
  });

  judge('server', '1.1-int-305', async () => {
    await begin('int-305');
    const { token = '', payload = '' } = await observe();
    await device.unobserved(PATHS.join(' '), async () => {
      // A cancellation says the same list over the same token (RFC 7641 §3.6).
      const cancel = await device.hear({ code: '0.05', observe: 1, token, payload });
      device.answer(cancel, { code: '2.05', format: Format.senmlJson, payload: packOf(3800) });
    });
    expect((await device.shown()).observations).toEqual([]);
  });

  judge('server', '1.2-int-312', async () => {
    await begin('int-312', [Format.senmlCbor], '1.2');
    let request: WireMessage | undefined;
    await device.observed('/3/0/7/0?pmin=5&pmax=15', async () => {
      request = await device.hear({ type: 'CON', code: '0.01', path: '/3/0/7/0', observe: 0 });
      device.answer(request, { code: '2.05', observe: 1, format: Format.text, payload: hexOf('3800') });
    });
    expect(request?.query?.toSorted()).toEqual(['pmax=15', 'pmin=5']);
  });
});
