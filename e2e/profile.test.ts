import { randomBytes } from 'node:crypto';
import {
  type ClientEvent,
  deviceInstance,
  EngineRunner,
  LwM2mClient,
  locationInstance,
  securityInstance,
  serverInstance,
} from '@reeve/agent';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeWire } from '../conformance/wire.ts';
import { TestServer, until } from './harness.ts';
import { Relay } from './relay.ts';

const ENDPOINT = 'truck-1';
const params = { device: ENDPOINT };

const runner = new EngineRunner<ClientEvent>();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ noSec: true });
  await server.api('devices.add', { body: { endpoint: ENDPOINT, noSec: true } });
});
afterAll(async () => {
  runner.close();
  await server?.close();
});

/** Switches a device on; gives back whether each of its Registers had an object list. */
async function register(): Promise<readonly boolean[]> {
  const relay = await Relay.open(server.ready.coapPort);
  const client = new LwM2mClient({
    endpoint: ENDPOINT,
    version: '1.2',
    profile: true,
    random: (n) => randomBytes(n),
    objects: [
      securityInstance({ uri: `coap://127.0.0.1:${relay.port}` }),
      serverInstance({ lifetime: 3600 }),
      deviceInstance({ manufacturer: 'Reeve', model: 'Truck', firmware: '1.2.3', battery: 80, reboot() {} }),
      locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
    ],
  });
  const running = await runner.add(client, () => {});
  running.run((now) => client.start(now));
  await until('it is registered', async () => client.registration.kind === 'registered');
  const registers = relay.sent.map(decodeWire).filter(({ code, path }) => code === '0.02' && path === '/rd');
  relay.close();
  return registers.map(({ payload }) => payload !== '');
}

it('PR-2, PR-3: a device lists its objects once, and then names its profile alone, after a restart of the server too', async () => {
  expect(await register()).toEqual([false, true]);
  const first = await server.api('devices.show', { params });
  expect(first.registration?.profile).toMatch(/^5:[0-9a-f]{16}$/);
  expect(first.objects.map(({ objectId }) => objectId)).toEqual([1, 3, 6]);
  await server.kill();
  await server.restart();
  expect(await register()).toEqual([false]);
  const { registration, objects } = await server.api('devices.show', { params });
  expect(registration?.registrationId).not.toBe(first.registration?.registrationId);
  expect(objects).toEqual(first.objects);
});
