import { createSecretKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oscoreInstance, securityInstance, serverInstance } from '@reeve/agent';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aiocoapBuild } from '../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../peers/aiocoap/program.ts';
import { californiumAvailable, startCalifornium } from '../peers/californium/build.ts';
import type { LineProgram } from '../peers/line-program.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';
const SALT = '9e7ca92223786340';
const params = { device: 'truck-1' };

describe('OSCORE with a device that', { timeout: 60_000 }, () => {
  let server: InProcessServer;
  let folder: string;
  const open: (() => unknown)[] = [];

  beforeAll(async () => {
    const listen = ['coap', 'coap+tcp'] as const;
    server = await InProcessServer.start({ listen: listen.map((transport) => ({ transport, port: 0, noSec: false })) });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-oscore-'));
    const oscore = { senderId: '0a', salt: SALT };
    await server.api('devices.add', {
      body: { endpoint: 'truck-1', credential: { kind: 'oscore', key: SECRET, oscore } },
    });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
    await server.api('devices.remove', { params });
  });

  const read = (path: string) =>
    server.api('commands.create', { params, query: { wait: 10 }, body: { operation: { kind: 'read', path } } });
  const latest = async () =>
    (await server.api('devices.show', { params })).values.find(({ path }) => path === '/3/0/9')?.value;

  /** Registers, is read, and is observed. */
  async function goesThrough(device: LineProgram, binding: string): Promise<void> {
    await device.do('set /3/0/0 foreign');
    await device.do('set /3/0/9 80');
    const register = `post /rd?ep=truck-1&lt=300&lwm2m=1.1&b=${binding} </1/0>,</3/0>`;
    expect(await device.do(register)).toMatch(/^2\.01.* at \/rd\//);
    expect(await read('/3/0/0')).toMatchObject({ code: '2.05', values: [{ value: 'foreign' }] });
    await server.api('devices.observe', { params, body: { path: '/3/0/9' } });
    await until('it is observed', async () => (await latest()) === 80);
    await device.do('set /3/0/9 79');
    await until('the notification is there', async () => (await latest()) === 79);
    expect((await server.api('devices.show', { params })).registration).toMatchObject({ security: 'oscore' });
  }

  it.skipIf(!aiocoapBuild.isHere()).each([
    ['udp', 'coap', 'U'],
    ['tcp', 'coap+tcp', 'T'],
  ] as const)('is aiocoap over %s: proves that it is fresh', async (transport, scheme, binding) => {
    const context = join(folder, 'context');
    mkdirSync(context);
    const ids = { 'sender-id_hex': '0a', 'recipient-id_hex': '00' };
    writeFileSync(join(context, 'secret.json'), JSON.stringify({ secret_hex: SECRET, salt_hex: SALT, ...ids }));
    const to = `${scheme}://127.0.0.1:${server.portOf(scheme)}`;
    const device = await AiocoapProgram.start(['--transport', transport, '--oscore', context, '--to', to]);
    open.push(() => device.stop());
    await goesThrough(device, binding);
  });

  it.skipIf(!californiumAvailable())(
    'is Californium: derives new keys, again after the server started anew',
    async () => {
      const file = join(folder, 'context.properties');
      const lines = [`secret=${SECRET}`, `salt=${SALT}`, 'sender-id=0a', 'recipient-id=00'];
      writeFileSync(file, lines.join('\n'), { mode: 0o600 });
      const start = async () => {
        const device = await startCalifornium(['--to', `coap://127.0.0.1:${server.portOf('coap')}`, '--oscore', file]);
        open.push(() => device.stop());
        return device;
      };
      const device = await start();
      await goesThrough(device, 'U');
      device.stop();
      await server.restart();
      await goesThrough(await start(), 'U');
    },
  );

  it("is the project's own client over TCP", async () => {
    await goesOverTcp();
    await server.restart();
    // The connection is gone; the client connects anew, and derives new keys.
    await until('it answers again', async () => {
      const { code } = await read('/3/0/0');
      return code === '2.05';
    });
  });

  async function goesOverTcp(): Promise<void> {
    const running = await RunningClient.start('truck-1', [
      truckInstance(),
      securityInstance({ uri: `coap+tcp://127.0.0.1:${server.portOf('coap+tcp')}`, oscore: 0 }),
      serverInstance(),
      oscoreInstance({
        masterSecret: createSecretKey(Buffer.from(SECRET, 'hex')),
        masterSalt: Buffer.from(SALT, 'hex'),
        senderId: Buffer.from('0a', 'hex'),
        recipientId: Buffer.from('00', 'hex'),
      }),
    ]);
    open.push(() => running.close());
    await running.registered();
    expect(await read('/3/0/0')).toMatchObject({ code: '2.05', values: [{ value: 'Reeve' }] });
    const { registration } = await server.api('devices.show', { params });
    expect(registration).toMatchObject({ security: 'oscore', binding: 'T' });
  }
});
