import type { BootstrapTemplate } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf, textOf } from './wire.ts';

const URI = 'coap://192.0.2.9:5683';
/** An account without security, so that every octet of what is written is known. */
const ACCOUNT = { shortServerId: 101, uri: URI, security: 'none', lifetime: 300 } as const;
const TLV = 11_542;

/** /0/1 in TLV by hand: URI, no bootstrap server, mode 3, three empty keys, short server id. */
const SECURITY = `c80015${hexOf(URI)}c10100c10203c003c004c005c10a65`;
/** /1/0 in TLV by hand: short server id, lifetime, storing, binding. */
const SERVER = 'c10065c201012cc10601c10755';
/** Mute Send, which 1.0 does not have: false. */
const UNMUTED = 'c11700';

describe('bootstrap', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true, bootstrap: true });
  });
  afterAll(() => server?.close());

  /** A device on the bootstrap port, whose group is given this. */
  async function begin(endpoint: string, template: Partial<BootstrapTemplate> = {}): Promise<ScriptedDevice> {
    const body = { accounts: [ACCOUNT], ...template };
    await server.api('bootstrap.set-template', { params: { name: endpoint }, body });
    await server.api('devices.add', { body: { endpoint, noSec: true, labels: { group: endpoint } } });
    return ScriptedDevice.connect(server, endpoint, server.ready.plainBootstrapPort);
  }

  const request = (device: ScriptedDevice) =>
    device.ask({ code: '0.02', path: '/bs', query: [`ep=${device.endpoint}`] }, { code: '2.04', payload: '' });
  const discovered = async (device: ScriptedDevice, links: string) =>
    device.answer(await device.hear({ code: '0.01', accept: 40 }), { code: '2.05', format: 40, payload: hexOf(links) });
  const deleted = async (device: ScriptedDevice, ...paths: string[]) => {
    for (const path of paths) device.answer(await device.hear({ code: '0.04', path }), { code: '2.02' });
  };
  const written = async (device: ScriptedDevice, path: string, payload: string) =>
    device.answer(await device.hear({ code: '0.03', path, format: TLV, payload }), { code: '2.04' });
  const finished = async (device: ScriptedDevice, code = '2.04') =>
    device.answer(await device.hear({ code: '0.02', path: '/bs', payload: '' }), { code });
  const session = (device: ScriptedDevice, state: 'finished' | 'failed') =>
    until(`the session has ${state}`, async () => {
      const { items } = await server.api('bootstrap.list', { query: { device: device.endpoint, state } });
      return items[0];
    });

  judge('server', '1.0-int-0', async () => {
    const device = await begin('int-0');
    await request(device);
    await discovered(device, 'lwm2m="1.0",</0/0>,</3/0>');
    await deleted(device, '/0', '/1');
    await written(device, '/0/1', SECURITY);
    await written(device, '/1/0', SERVER);
    await finished(device);
    expect(await session(device, 'finished')).toMatchObject({ version: '1.0' });
    device.close();
  });

  judge('server', '1.1-int-4', async () => {
    const device = await begin('int-4', { clear: 'all' });
    await request(device);
    await discovered(device, '</>;lwm2m=1.1,</0/0>;ssid=101;uri="coap://192.0.2.9",</0/1>,</1/0>;ssid=101,</3/0>');
    await deleted(device, '');
    // The bootstrap account is the instance of Security without a short server id: it stays, and is not written over.
    await written(device, '/0/0', SECURITY);
    await written(device, '/1/0', SERVER + UNMUTED);
    await finished(device);
    await session(device, 'finished');
    device.close();
  });

  judge('server', '1.1-int-5', async () => {
    const device = await ScriptedDevice.open(server, 'int-5');
    await device.register({ links: '</1/0>,</3/0>' });
    const command = await device.command({ kind: 'execute', path: '/1/0/9' }, async () =>
      device.answer(await device.hear({ code: '0.02', path: '/1/0/9' }), { code: '2.04' }),
    );
    expect(command).toMatchObject({ state: 'answered', code: '2.04' });
    const { plainBootstrapPort } = server.ready;
    await server.api('bootstrap.set-template', { params: { name: 'default' }, body: { accounts: [ACCOUNT] } });
    const again = await ScriptedDevice.connect(server, 'int-5', plainBootstrapPort);
    await request(again);
    await discovered(again, '</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</3/0>');
    device.close();
    again.close();
  });

  judge('server', '1.1-int-8', async () => {
    const device = await begin('int-8', { verify: true });
    await request(device);
    await discovered(device, '</>;lwm2m=1.1,</0/0>,</3/0>');
    await deleted(device, '/0', '/1');
    await written(device, '/0/1', SECURITY);
    await written(device, '/1/0', SERVER + UNMUTED);
    const read = await device.hear({ code: '0.01', path: '/1', accept: TLV });
    // One object instance of 13 octets.
    device.answer(read, { code: '2.05', format: TLV, payload: `08000d${SERVER}` });
    await finished(device);
    const { steps } = await session(device, 'finished');
    expect(steps.at(-2)).toMatchObject({ operation: 'read', path: '/1', code: '2.05', result: 'done' });
    device.close();
  });

  judge('server', '1.1-int-9', async () => {
    const device = await begin('int-9');
    await request(device);
    await discovered(device, '</>;lwm2m=1.1,</0/0>,</3/0>');
    await deleted(device, '/0', '/1');
    await written(device, '/0/1', SECURITY);
    await written(device, '/1/0', SERVER + UNMUTED);
    await finished(device, '4.06');
    expect((await session(device, 'failed')).reason).toContain('4.06');
    device.close();
  });

  judge('server', '1.2-int-12', async () => {
    const device = await begin('int-12');
    const { payload } = await device.ask(
      { code: '0.01', path: '/bspack', query: ['ep=int-12', 'acc=</0/0>'], accept: 110 },
      { code: '2.05', format: 110 },
    );
    expect(JSON.parse(textOf(payload))).toEqual([
      { bn: '/', n: '0/1/0', vs: URI },
      { n: '0/1/1', vb: false },
      { n: '0/1/2', v: 3 },
      { n: '0/1/3', vd: '' },
      { n: '0/1/4', vd: '' },
      { n: '0/1/5', vd: '' },
      { n: '0/1/10', v: 101 },
      { n: '1/0/0', v: 101 },
      { n: '1/0/1', v: 300 },
      { n: '1/0/6', vb: true },
      { n: '1/0/7', vs: 'U' },
      { n: '1/0/23', vb: false },
    ]);
    expect(await session(device, 'finished')).toMatchObject({ pack: true });
    device.close();
  });
});
