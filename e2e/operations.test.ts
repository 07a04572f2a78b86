import { type ClientEvent, type LwM2mClient, locationInstance, securityInstance, serverInstance } from '@reeve/agent';
import type { CommandOperation } from '@reeve/contract';
import { path } from '@reeve/lwm2m';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LeshanDevice, type LeshanServer, leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import { type TestServer, until } from './harness.ts';
import { LeshanStage } from './leshan-stage.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const ENDPOINT = 'truck-1';
const params = { device: ENDPOINT };
const NOTES = '/33000';

/** What goes beyond reading and writing, with peers that nobody here wrote. */
describe.skipIf(!leshanAvailable())('Our server and a Leshan device', { timeout: 60_000 }, () => {
  let stage: LeshanStage;
  let server: TestServer;
  let device: LeshanDevice;

  beforeAll(async () => {
    stage = await LeshanStage.open();
    ({ server, device } = stage);
  }, 60_000);
  afterAll(() => stage?.close());

  const perform = (operation: CommandOperation) => stage.perform(operation);
  const notes = async () => {
    const { objects } = await server.api('devices.show', { params });
    return objects.find(({ objectId }) => NOTES === `/${objectId}`)?.instances;
  };

  it('discover what it has, and attach attributes, which Discover then shows', async () => {
    const attributes = { pmin: 1, pmax: 300, gt: 90.5, lt: 10 };
    expect(await perform({ kind: 'write-attributes', path: '/3/0/9', attributes })).toMatchObject({ code: '2.04' });
    const { nodes = [] } = await perform({ kind: 'discover', path: '/3/0' });
    expect(nodes.find((node) => node.path === '/3/0/9')).toEqual({
      path: '/3/0/9',
      name: 'Battery Level',
      attributes: { pmin: '1', pmax: '300', gt: '90.5', lt: '10' },
    });
    expect(nodes.find((node) => node.path === '/3/0/11')?.attributes).toEqual({ dim: '1' });
    await perform({ kind: 'write-attributes', path: '/3/0/9', attributes: { gt: null, lt: null } });
    const one = await perform({ kind: 'discover', path: '/3/0/9' });
    expect(one.nodes?.[0]?.attributes).toEqual({ pmin: '1', pmax: '300' });
    expect(await perform({ kind: 'discover', path: '/99' })).toMatchObject({ state: 'failed', code: '4.04' });
  });

  it('create instances with an id and without, delete them, and keep the object links right over a restart', async () => {
    const values = [
      { path: '/0', value: 'second' },
      { path: '/1', value: 7, type: 'integer' },
    ];
    expect(await perform({ kind: 'create', path: NOTES, instanceId: 5, values })).toMatchObject({
      code: '2.01',
      created: `${NOTES}/5`,
    });
    const read = await perform({ kind: 'read', path: `${NOTES}/5` });
    expect(read.values?.map(({ path: at, value }) => [at, value])).toEqual([
      [`${NOTES}/5/0`, 'second'],
      [`${NOTES}/5/1`, 7],
    ]);
    expect(await perform({ kind: 'create', path: NOTES, values })).toMatchObject({ created: `${NOTES}/1` });
    expect(await notes()).toEqual([0, 1, 5]);
    expect(await perform({ kind: 'delete', path: `${NOTES}/0` })).toMatchObject({ code: '2.02' });
    expect(await notes()).toEqual([1, 5]);
    await server.kill();
    await server.restart();
    expect(await notes()).toEqual([1, 5]);
    await expect(perform({ kind: 'delete', path: `${NOTES}/0` })).rejects.toMatchObject({ problem: { status: 422 } });
  });

  it('take what it sends, as value and history', async () => {
    device.battery(42);
    device.send('/3/0/9', '/6/0/0', `${NOTES}/5`);
    expect(await device.waitFor((event) => event.event === 'sent')).toMatchObject({ code: 204 });
    await until('the values are there', async () => {
      const { values } = await server.api('devices.show', { params });
      const value = (at: string) => values.find((one) => one.path === at)?.value;
      return value('/3/0/9') === 42 && value(`${NOTES}/5/1`) === 7 && typeof value('/6/0/0') === 'number';
    });
    const { value } = await server.api('devices.history', { params, query: { path: '/3/0/9' } });
    expect(value.at(-1)).toBe(42);
  });
});

describe.skipIf(!leshanAvailable())('Our client and a Leshan server', { timeout: 60_000 }, () => {
  let server: LeshanServer;
  let running: RunningClient;
  let client: LwM2mClient;
  let events: readonly ClientEvent[];

  beforeAll(async () => {
    server = await startLeshanServer();
    const objects = [
      securityInstance({ uri: server.coap }),
      serverInstance({ lifetime: 60, muteSend: false }),
      truckInstance(),
      locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
    ];
    const creatable = { 2: (id: number) => ({ values: { 0: 3, 1: id } }) };
    running = await RunningClient.start(ENDPOINT, objects, { creatable });
    ({ client, events } = running);
    await running.registered();
  }, 60_000);
  afterAll(async () => {
    running?.close();
    await server?.stop();
  });

  it('are discovered, with the attributes that were attached', async () => {
    expect(await server.request('attributes', ENDPOINT, '/3/0/9', 'pmin=5&gt=90.5')).toMatchObject({ code: 204 });
    expect(await server.request('discover', ENDPOINT, '/3/0/9')).toMatchObject({
      code: 205,
      value: '</3/0/9>;pmin=5;gt=90.5',
    });
    const { value } = await server.request('discover', ENDPOINT, '/6');
    expect(String(value).split(',')).toEqual(['</6>', ...['', '/0', '/1', '/3', '/5'].map((at) => `</6/0${at}>`)]);
  });

  it('let instances be created and deleted, and announce it', async () => {
    expect(await server.request('create', ENDPOINT, '/2/7', '3=101')).toMatchObject({ code: 201 });
    expect(await server.request('read', ENDPOINT, '/2/7')).toMatchObject({ value: { 0: 3, 1: 7, 3: 101 } });
    expect(await server.request('create', ENDPOINT, '/2', '3=102')).toMatchObject({ code: 201, value: '2/0' });
    expect(await server.request('create', ENDPOINT, '/2/7', '3=101')).toMatchObject({ code: 400 });
    expect(await server.request('create', ENDPOINT, '/3', '9=1')).toMatchObject({ code: 405 });
    expect(await server.request('delete', ENDPOINT, '/2/7')).toMatchObject({ code: 202 });
    expect(await server.request('delete', ENDPOINT, '/3/0')).toMatchObject({ code: 405 });
    expect(events.filter(({ kind }) => kind === 'created' || kind === 'deleted')).toMatchObject([
      { kind: 'created', path: '/2/7' },
      { kind: 'created', path: '/2/0' },
      { kind: 'deleted', path: '/2/7' },
    ]);
    await server.waitFor((event) => event.event === 'updated');
  });

  it('send what they have, and what they had', async () => {
    running.run((now) => expect(client.send([path(3, 0, 9), path(6, 0)], now)).toBeUndefined());
    const sent = await server.waitFor((event) => event.event === 'sent');
    expect(sent.values.find(({ path: at }) => at === '/3/0/9')).toMatchObject({ value: 80, time: null });
    expect(sent.values.find(({ path: at }) => at === '/6/0/0')).toMatchObject({ value: 39.328 });
    const battery = (value: number, time: number) =>
      ({ path: path(3, 0, 9), value: { type: 'integer', value }, time }) as const;
    const records = [battery(79, 1_790_000_000), battery(78, 1_790_000_060)];
    running.run((now) => expect(client.send(records, now)).toBeUndefined());
    const series = await server.waitFor((event) => event.event === 'sent');
    expect(series.values.map(({ time, value }) => [time, value]).sort()).toEqual([
      [1_790_000_000_000, 79],
      [1_790_000_060_000, 78],
    ]);
    await until('both are answered', async () => events.filter(({ kind }) => kind === 'sent').length === 2);
  });
});
