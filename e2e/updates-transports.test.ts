import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { UpdateDevice, updateOf, upload } from './update-device.ts';

const IMAGE = randomBytes(150_000);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

/** How a device comes, and by what it is protected. */
const ways = [
  ['coap', 'oscore'],
  ['coap+tcp', 'oscore'],
  ['coaps+tcp', 'psk'],
] as const;

describe('An update of firmware (object 5)', { timeout: 120_000 }, () => {
  let server: InProcessServer;
  let artifactId: string;
  beforeAll(async () => {
    server = await InProcessServer.start({ listen: ['coaps', 'coap', 'coap+tcp', 'coaps+tcp'] });
    artifactId = await upload(server, '2.0', IMAGE);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  describe.each(ways)('over %s with %s', (transport, kind) => {
    it.each([
      ['770', 'push'],
      ['771', 'pull'],
    ] as const)('%s is done by %s, over a connection also when the server stops midway', async (_, method) => {
      const endpoint = `${transport}-${kind}-${method}`.replace('+', '-');
      const params = { device: endpoint };
      const key = randomBytes(16);
      const credential =
        kind === 'psk'
          ? ({ kind, identity: endpoint, key: key.toString('hex') } as const)
          : ({ kind, key: key.toString('hex'), oscore: { senderId: '0a' } } as const);
      await server.api('devices.add', { body: { endpoint, credential } });
      const device = new UpdateDevice({
        ...{ endpoint, serverUri: `${transport}://127.0.0.1:${server.portOf(transport)}`, key, sha256: SHA256 },
        ...{ schemes: [transport], push: method === 'push', becomes: '2.0' },
      });
      try {
        await device.start();
        await until('the device is registered', async () => device.events.includes('registered'));
        await server.api('updates.start', { params, body: { artifactId, method } });
        // More than the server sends before it first saves how far it is.
        await device.sink.exceeds(100_000);
        // A device that uses OSCORE in datagrams is found again when it updates its registration.
        if (transport !== 'coap') await server.restart();
        const update = await until('the update ends', async () => {
          const newest = await updateOf(server.api);
          return newest?.endpoint !== endpoint || newest.state === 'running' ? undefined : newest;
        });
        expect(update).toMatchObject({ state: 'succeeded', delivery: method, detail: 'the device runs 2.0' });
        // What is fetched begins twice, since the tag of the package comes with its first part.
        expect(device.sink.begun).toBe(method === 'push' ? 1 : 2);
        expect(Buffer.compare(device.sink.bytes, IMAGE)).toBe(0);
      } finally {
        device.close();
        await server.api('devices.remove', { params });
      }
    });
  });
});
