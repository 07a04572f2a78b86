import { createHash, randomBytes } from 'node:crypto';
import type { UpdateStart } from '@reeve/contract';
import type { Static } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { UpdateDevice, updateOf, upload } from './update-device.ts';

const ENDPOINT = 'pump-1';
const params = { device: ENDPOINT };
const IMAGE = randomBytes(300_000);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function begin(options: Partial<ConstructorParameters<typeof UpdateDevice>[0]> = {}) {
  const server = await TestServer.start();
  open.push(server);
  const key = randomBytes(16);
  await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
  const artifactId = await upload(server, '2.0', IMAGE);
  const device = new UpdateDevice({
    ...{ endpoint: ENDPOINT, serverUri: server.coaps, key, sha256: SHA256 },
    ...{ schemes: ['coap', 'coaps'], push: true, becomes: '2.0' },
    ...options,
  });
  open.push(device);
  await device.start();
  await until('the device is registered', async () => device.events.includes('registered'));
  const start = (body: Omit<Static<typeof UpdateStart>, 'artifactId'> = {}) =>
    server.api('updates.start', { params, body: { artifactId, ...body } });
  /** Kills the server once the device has a part of the package, and starts it again. */
  const killMidway = async () => {
    await until('some of it is there', async () => device.sink.length() > 100_000);
    await server.kill();
    const there = device.sink.length();
    await server.restart();
    return there;
  };
  const ended = () =>
    until('the update ends', async () => {
      const update = await updateOf(server.api);
      return update?.state === 'running' ? undefined : update;
    });
  const types = async () => {
    const { items } = await server.api('devices.timeline', { params, query: {} });
    return items.flatMap(({ type }) => (type.startsWith('update.') ? [type] : [])).reverse();
  };
  return { server, device, start, killMidway, ended, types };
}

describe('An update of firmware (object 5)', { timeout: 120_000 }, () => {
  it('770 is pushed, goes on where it was when the server is killed, and is verified', async () => {
    const { device, start, killMidway, ended, types } = await begin();
    await start({ method: 'push' });
    const there = await killMidway();
    expect(there).toBeLessThan(IMAGE.length);
    expect(await ended()).toMatchObject({ state: 'succeeded', delivery: 'push', detail: 'the device runs 2.0' });
    expect([device.sink.begun, Buffer.compare(device.sink.bytes, IMAGE)]).toEqual([1, 0]);
    expect(await types()).toEqual(['update.started', 'update.delivering', 'update.installing', 'update.ended']);
  });

  it('771 is fetched by CoAPS over the session of the device, with the server killed midway', async () => {
    const { device, start, killMidway, ended } = await begin();
    await start({ method: 'pull' });
    await killMidway();
    expect(await ended()).toMatchObject({ state: 'succeeded', delivery: 'pull' });
    expect(Buffer.compare(device.sink.bytes, IMAGE)).toBe(0);
  });

  it('771 is fetched by HTTP, from a path that stands for nothing afterwards', async () => {
    const { server, device, start, ended } = await begin({ schemes: ['http'], push: false });
    await start();
    expect(await ended()).toMatchObject({ state: 'succeeded', delivery: 'pull', done: IMAGE.length });
    expect(Buffer.compare(device.sink.bytes, IMAGE)).toBe(0);
    expect((await fetch(`${server.ready.url}/artifacts/AAAAAAAAAAAAAAAAAAAAAA`)).status).toBe(404);
  });

  it('773 tells why the device could not take it', async () => {
    const { device, start, ended } = await begin();
    device.sink.fault = 'no-storage';
    await start();
    expect(await ended()).toMatchObject({ state: 'failed', detail: 'not enough flash memory' });
  });

  it('779 that leaves the device with its old firmware has failed', async () => {
    const { start, ended } = await begin({ becomes: '1.0' });
    await start();
    expect(await ended()).toMatchObject({ state: 'unconfirmed' });
  });

  it.skipIf(!leshanAvailable())('is pushed to a Leshan device, in the parts that it asks for', async () => {
    const server = await TestServer.start();
    open.push(server);
    const key = randomBytes(16);
    await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
    const artifactId = await upload(server, '2.0', IMAGE);
    const psk = { identity: ENDPOINT, key };
    const device = await startLeshanDevice({ server: server.coaps, endpoint: ENDPOINT, psk, becomes: '2.0' });
    open.push({ close: () => device.kill() });
    await device.waitFor(({ event }) => event === 'registered');
    await server.api('updates.start', { params, body: { artifactId } });
    const written = await device.waitFor(({ event }) => event === 'package');
    expect(written).toMatchObject({ bytes: IMAGE.length, sha256: SHA256 });
    const update = await until('the update ends', async () => {
      const newest = await updateOf(server.api);
      return newest?.state === 'running' ? undefined : newest;
    });
    expect(update).toMatchObject({ state: 'succeeded', delivery: 'push', detail: 'the device runs 2.0' });
  });
});
