import { randomBytes } from 'node:crypto';
import { locationInstance, securityInstance, serverInstance } from '@reeve/agent';
import type { Command, CommandOperation } from '@reeve/contract';
import { path } from '@reeve/lwm2m';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LeshanDevice, leshanAvailable } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { LeshanStage } from './leshan-stage.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const ENDPOINT = 'truck-1';
const params = { device: ENDPOINT };
const NOTES = '/33000';

const told = ({ values = [] }: Command) => Object.fromEntries(values.map(({ path, value }) => [path, value]));

/** Operations on several nodes at once, and on single values of many, with a device that nobody here wrote. */
describe.skipIf(!leshanAvailable())('Our server asks a Leshan device', { timeout: 60_000 }, () => {
  let stage: LeshanStage;
  let server: TestServer;
  let device: LeshanDevice;

  beforeAll(async () => {
    stage = await LeshanStage.open();
    ({ server, device } = stage);
  }, 60_000);
  afterAll(() => stage?.close());

  const perform = (operation: CommandOperation) => stage.perform(operation);
  const current = async (path: string) => {
    const { values } = await server.api('devices.show', { params });
    return values.find((one) => one.path === path)?.value;
  };
  const observation = async (path: string) => {
    const { observations } = await server.api('devices.show', { params });
    return observations.find((one) => one.path === path);
  };

  it('DM-6: for several nodes in one request, of which it leaves out what it does not have', async () => {
    device.battery(71);
    const paths = ['/3/0/9', '/3/0/3', `${NOTES}/0`, '/3/0/4711'];
    const read = await perform({ kind: 'read-composite', paths });
    expect(read).toMatchObject({ state: 'answered', code: '2.05' });
    expect(told(read)).toEqual({ '/3/0/9': 71, '/3/0/3': '1.2.3', [`${NOTES}/0/0`]: 'first', [`${NOTES}/0/1`]: 1 });
    expect(await current('/3/0/3')).toBe('1.2.3');
  });

  it('to write several objects in one request, all or nothing', async () => {
    const write = (values: Extract<CommandOperation, { kind: 'write-composite' }>['values']) =>
      perform({ kind: 'write-composite', values });
    expect(
      await write([
        { path: '/1/0/1', value: 250 },
        { path: `${NOTES}/0/1`, value: 9, type: 'integer' },
      ]),
    ).toMatchObject({ state: 'answered', code: '2.04' });
    expect(told(await perform({ kind: 'read-composite', paths: ['/1/0/1', `${NOTES}/0/1`] }))).toEqual({
      '/1/0/1': 250,
      [`${NOTES}/0/1`]: 9,
    });
    expect(await write([{ path: '/3/0/9', value: 1 }])).toMatchObject({ state: 'failed', code: '4.05' });
  });

  it('for single values of a resource that has many', async () => {
    expect(told(await perform({ kind: 'read', path: '/8/0/2' }))).toEqual({
      '/8/0/2/0': 'routes',
      '/8/0/2/1': 'credentials',
    });
    expect(told(await perform({ kind: 'read', path: '/8/0/2/1' }))).toEqual({ '/8/0/2/1': 'credentials' });
    expect(await perform({ kind: 'read', path: '/8/0/2/7' })).toMatchObject({ state: 'failed', code: '4.04' });
    await server.api('devices.observe', { params, body: { path: '/8/0/2/0' } });
    await until('it is observed', async () => (await observation('/8/0/2/0'))?.state === 'live');
    expect(await current('/8/0/2/0')).toBe('routes');
    await server.api('devices.unobserve', { params, query: { path: '/8/0/2/0' } });
    const attributes = { pmin: 5 };
    const attached = await perform({ kind: 'write-attributes', path: '/8/0/2/1', attributes });
    expect(attached).toMatchObject({ state: 'answered', code: '2.04' });
    // DM-2: one that is not there is not made by a Write.
    const missing = { path: '/8/0/1/1', value: 'door' };
    const written = await perform({ kind: 'write', mode: 'replace', path: missing.path, values: [missing] });
    expect(written).toMatchObject({ state: 'failed', code: '4.04' });
  });

  it('to tell of several nodes together, over a restart too, until it is told to stop', async () => {
    const path = `/3/0/9 /3/0/3 ${NOTES}/0/1`;
    await server.api('devices.observe', { params, body: { path } });
    await until('it is observed', async () => (await observation(path))?.state === 'live');
    device.battery(64);
    await until('the battery is told', async () => (await current('/3/0/9')) === 64);
    await server.kill();
    await server.restart();
    expect((await observation(path))?.state).toBe('live');
    device.battery(63);
    await until('the battery is told again', async () => (await current('/3/0/9')) === 63);
    device.firmware('1.2.4');
    await until('the firmware is told', async () => (await current('/3/0/3')) === '1.2.4');
    const history = await server.api('devices.history', { params, query: { path: '/3/0/9' } });
    expect(history.value).toEqual(expect.arrayContaining([64, 63]));

    await server.api('devices.unobserve', { params, query: { path } });
    await until('it is not observed', async () => (await observation(path)) === undefined);
    await perform({ kind: 'read', path: '/3/0/9' });
    device.battery(50);
    const read = await perform({ kind: 'read', path: '/1/0/1' });
    expect(read.state).toBe('answered');
    expect(await current('/3/0/9')).toBe(63);
  });

  it('AT-5: for nothing that its version does not have', async () => {
    const observe = server.api('devices.observe', { params, body: { path: '/3/0/9?pmin=5' } });
    await expect(observe).rejects.toMatchObject({ problem: { status: 422, code: 'invalid-value' } });
  });
});

/** What LwM2M 1.2 adds to that. */
describe('Our server asks our client of LwM2M 1.2', { timeout: 60_000 }, () => {
  let server: TestServer;
  let running: RunningClient;

  beforeAll(async () => {
    server = await TestServer.start();
    const key = randomBytes(16);
    await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
    const objects = [
      securityInstance({ uri: server.coaps, psk: { identity: Buffer.from(ENDPOINT), key } }),
      serverInstance({ lifetime: 3600 }),
      truckInstance(),
      locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
    ];
    running = await RunningClient.start(ENDPOINT, objects, { version: '1.2' });
    await running.registered();
  }, 60_000);
  afterAll(async () => {
    running?.close();
    await server?.close();
  });

  const battery = (value: number) => running.run((now) => running.client.set(path(3, 0), { 9: value }, now));
  const history = async () =>
    (await server.api('devices.history', { params, query: { path: '/3/0/9' } })).value as number[];
  const observe = async (text: string) => {
    await server.api('devices.observe', { params, body: { path: text } });
    await until('it is observed', async () => {
      const { observations } = await server.api('devices.show', { params });
      return observations.some((one) => one.path === text && one.state === 'live');
    });
  };

  it('ET-1: in SenML-ETCH, and says before what it costs', async () => {
    const operation: CommandOperation = { kind: 'read-composite', paths: ['/3/0/9', '/6/0/3'] };
    expect(await server.api('commands.cost', { params, body: { operation } })).toMatchObject({
      datagrams: 1,
      wakeUps: 0,
    });
    const read = await server.api('commands.create', { params, query: { wait: 20 }, body: { operation } });
    expect(told(read)).toEqual({ '/3/0/9': 80, '/6/0/3': 5 });
  });

  it('AT-5: to tell only what passes a limit, without a Write-Attributes', async () => {
    await observe('/3/0/9?gt=90&pmin=0');
    battery(85);
    battery(95);
    await until('the limit is passed', async () => (await history()).includes(95));
    expect(await history()).not.toContain(85);
    const operation: CommandOperation = { kind: 'discover', path: '/3/0/9' };
    const { nodes } = await server.api('commands.create', { params, query: { wait: 20 }, body: { operation } });
    expect(nodes?.[0]?.attributes).toEqual({});
    await server.api('devices.unobserve', { params, query: { path: '/3/0/9?gt=90&pmin=0' } });
  });

  it('AT-5: to tell several values together, confirmably', async () => {
    await observe('/3/0/9 /6/0/3?con=1&pmin=0');
    battery(60);
    await until('the battery is told', async () => (await history()).includes(60));
  });
});
