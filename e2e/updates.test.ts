import { createHash, randomBytes } from 'node:crypto';
import { SoftwareUpdate, securityInstance, serverInstance } from '@reeve/agent';
import type { BodyOf } from '@reeve/contract';
import { afterEach, describe, expect, it } from 'vitest';
import { leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { RunningClient, truckInstance } from './running-client.ts';
import { Sink, UpdateDevice, updateOf, upload } from './update-device.ts';

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
  const start = (body: Omit<BodyOf<'updates.start'>, 'artifactId'> = {}) =>
    server.api('updates.start', { params, body: { artifactId, ...body } });
  /** Kills the server once the device has a part of the package, and starts it again. */
  const killMidway = async () => {
    await device.sink.exceeds(100_000);
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
    expect(await killMidway()).toBeLessThan(IMAGE.length);
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

  it('771 is served by ranges over HTTP, which a device goes on by', async () => {
    const { server, start } = await begin({ schemes: ['http'], push: false, becomes: 'never' });
    const { updateId } = await start();
    const uri = await until('the device is told', async () => {
      const { phase } = await server.api('updates.show', { params: { update: updateId } });
      if (phase === 'checking' || phase === 'offering') return undefined;
      const read = { kind: 'read', path: '/5/0/1' } as const;
      const command = await server.api('commands.create', { params, query: { wait: 10 }, body: { operation: read } });
      return String(command.values?.[0]?.value);
    });
    const get = (headers: Record<string, string>) => fetch(uri, { headers });
    const part = await get({ range: 'bytes=299990-' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 299990-299999/300000']);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(IMAGE.subarray(299_990));
    const middle = await get({ range: 'bytes=5-6', 'if-range': `"${SHA256}"` });
    expect(Buffer.from(await middle.arrayBuffer())).toEqual(IMAGE.subarray(5, 7));
    expect((await get({ range: 'bytes=5-6', 'if-range': '"another"' })).status).toBe(200);
    expect((await get({ range: 'bytes=300000-' })).status).toBe(416);
    expect((await fetch(`${uri}x`)).status).toBe(404);
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

describe('An update of software (object 9)', { timeout: 120_000 }, () => {
  it('is pushed, installed and activated, and makes room for the next', async () => {
    const server = await TestServer.start();
    open.push(server);
    const key = randomBytes(16);
    await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
    const done: string[] = [];
    const sink = new Sink(SHA256);
    const software = new SoftwareUpdate({
      ...{ id: 3, sink, describe: () => ({ name: 'flow', version: '1.0' }) },
      install: () => {
        done.push('install');
        setTimeout(() => software.installed(true), 300);
      },
      uninstall: (forUpdate) => done.push(forUpdate ? 'make room' : 'uninstall'),
      activate: () => done.push('activate'),
    });
    const account = securityInstance({ uri: server.coaps, psk: { identity: Buffer.from(ENDPOINT), key } });
    const objects = [account, serverInstance(), truckInstance()];
    const running = await RunningClient.start(ENDPOINT, objects, { updates: [software] });
    open.push(running);
    await running.registered();
    const artifactId = await upload(server, '1.0', IMAGE, 'software');
    for (const expected of [
      ['install', 'activate'],
      ['make room', 'install', 'activate'],
    ]) {
      await server.api('updates.start', { params, body: { artifactId, instance: 3 } });
      const update = await until('the update ends', async () => {
        const newest = await updateOf(server.api);
        return newest?.state === 'running' ? undefined : newest;
      });
      expect(update).toMatchObject({ state: 'succeeded', path: '/9/3', detail: 'it is installed and active' });
      expect([done.splice(0), Buffer.compare(sink.bytes, IMAGE)]).toEqual([expected, 0]);
    }
  });
});
