import { locationInstance, securityInstance, serverInstance } from '@reeve/agent';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeWire } from '../conformance/wire.ts';
import { TestServer } from './harness.ts';
import { Relay } from './relay.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const ENDPOINT = 'truck-1';
const params = { device: ENDPOINT };

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ noSec: true });
  await server.api('devices.add', { body: { endpoint: ENDPOINT, noSec: true } });
});
afterAll(() => server?.close());

/** Switches a device on; gives back whether each of its Registers had an object list. */
async function register(): Promise<readonly boolean[]> {
  const relay = await Relay.open(server.ready.coapPort);
  const objects = [
    securityInstance({ uri: `coap://127.0.0.1:${relay.port}` }),
    serverInstance({ lifetime: 3600 }),
    truckInstance(),
    locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
  ];
  const running = await RunningClient.start(ENDPOINT, objects, { version: '1.2', profile: true });
  await running.registered();
  running.close();
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
