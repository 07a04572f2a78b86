import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { Format } from './content.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf, type WireMessage } from './wire.ts';

const LINKS = `</>;rt="oma.lwm2m";ct="${Format.senmlCbor} ${Format.senmlJson}",</1/0>,</3/0>`;
const VOLTAGE = '/3/0/7/0';

describe('information reporting', () => {
  let server: TestServer;
  let device: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterAll(() => server?.close());

  const begin = async (endpoint: string) => {
    device?.close();
    device = await ScriptedDevice.open(server, endpoint);
    await device.register({ links: LINKS });
  };
  const shows = (path: string, value: unknown) =>
    until(`${path} is ${value}`, async () => (await device.values())[path] === value);

  /** Has the voltage observed, and resolves with the request. */
  const observe = async (): Promise<WireMessage> => {
    let request: WireMessage | undefined;
    await device.observed(VOLTAGE, async () => {
      request = await device.hear({ type: 'CON', code: '0.01', path: VOLTAGE, observe: 0, accept: Format.text });
      device.answer(request, { code: '2.05', observe: 1, format: Format.text, payload: hexOf('3800') });
    });
    await shows(VOLTAGE, 3800);
    if (!request) throw new Error('no request');
    return request;
  };
  const notify = (token: string | undefined, sequence: number, value: string) =>
    device.ask(
      { code: '2.05', token: token ?? '', observe: sequence, format: Format.text, payload: hexOf(value) },
      { type: 'ACK', code: '0.00', token: '' },
    );

  judge('server', '1.0-int-301', async () => {
    await begin('int-301');
    await device.command({ kind: 'write-attributes', path: VOLTAGE, attributes: { pmin: 5, pmax: 15 } }, async () => {
      const request = await device.hear({ code: '0.03', path: VOLTAGE, payload: '' });
      expect(request.query?.toSorted()).toEqual(['pmax=15', 'pmin=5']);
      device.answer(request, { code: '2.04' });
    });
    const { token } = await observe();
    await notify(token, 2, '3810');
    await shows(VOLTAGE, 3810);
    await notify(token, 3, '3820');
    await shows(VOLTAGE, 3820);
  });

  judge('server', '1.0-int-302', async () => {
    await begin('int-302');
    const { token } = await observe();
    await device.unobserved(VOLTAGE, async () => {
      const cancel = await device.hear({ code: '0.01', path: VOLTAGE, observe: 1 });
      device.answer(cancel, { code: '2.05', format: Format.text, payload: hexOf('3800') });
    });
    // A device that has not understood goes on to notify: it is told by a Reset.
    const { id } = device.say({
      code: '2.05',
      token: token ?? '',
      observe: 2,
      format: Format.text,
      payload: hexOf('3810'),
    });
    await device.hear({ type: 'RST', code: '0.00', id });
  });

  judge('server', '1.0-int-303', async () => {
    await begin('int-303');
    const { token = '' } = await observe();
    await device.unobserved(VOLTAGE, async () => {
      const cancel = await device.hear({ code: '0.01', path: VOLTAGE, observe: 1, token });
      device.answer(cancel, { code: '2.05', format: Format.text, payload: hexOf('3801') });
    });
    expect((await device.shown()).observations).toEqual([]);
  });

  const SENT = hexOf('[{"bn":"/1/0/","n":"1","v":86400},{"bn":"/3/0/","n":"11/0","v":0},{"n":"16","vs":"U"}]');
  for (const [id, format, payload] of [
    ['1.1-int-306', Format.senmlJson, SENT],
    // [{-2: "/3/0/11/0", 2: 0}, {-2: "/1/0/1", 2: 86400}]
    ['1.1-int-311', Format.senmlCbor, '82a221692f332f302f31312f300200a221662f312f302f31021a00015180'],
  ] as const) {
    judge('server', id, async () => {
      await begin(id);
      await device.ask({ code: '0.02', path: '/dp', format, payload }, { code: '2.04', payload: '' });
      expect(await device.values()).toMatchObject({ '/1/0/1': 86_400, '/3/0/11/0': 0 });
    });
  }

  judge('server', '1.1-int-307', async () => {
    await begin('int-307');
    const mute = (value: boolean, text: string) =>
      device.command(
        { kind: 'write', mode: 'replace', path: '/1/0/23', values: [{ path: '/1/0/23', value }] },
        async () => {
          const request = await device.hear({
            code: '0.03',
            path: '/1/0/23',
            format: Format.text,
            payload: hexOf(text),
          });
          device.answer(request, { code: '2.04' });
        },
      );
    expect(await mute(true, '1')).toMatchObject({ code: '2.04' });
    expect(await mute(false, '0')).toMatchObject({ code: '2.04' });
    await device.ask({ code: '0.02', path: '/dp', format: Format.senmlJson, payload: SENT }, { code: '2.04' });
  });
});
