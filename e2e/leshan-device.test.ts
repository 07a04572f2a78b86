import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LeshanDevice, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { LeshanStage } from './leshan-stage.ts';

/** What else a device of LwM2M 1.1 that nobody here wrote does at our server. */
describe.skipIf(!leshanAvailable())('a Leshan device', { timeout: 60_000 }, () => {
  const params = { device: 'truck-1' };
  let server: InProcessServer;
  let device: LeshanDevice;
  beforeAll(async () => {
    server = await InProcessServer.start({ listen: ['coap'] });
    await server.api('devices.add', { body: { endpoint: params.device, noSec: true } });
    const uri = `coap://127.0.0.1:${server.portOf('coap')}`;
    device = await startLeshanDevice({ server: uri, endpoint: params.device });
    await device.waitFor(({ event }) => event === 'registered');
  });
  afterAll(async () => {
    await device?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  const levels = async () =>
    (await server.api('devices.history', { params, query: { path: '/3/0/9' } })).value.map(Number);

  it('Sends values of several times at once, and none of them is lost', async () => {
    await until('the server has read the level', async () => (await levels()).includes(80));
    for (const level of [79, 78, 77]) {
      device.battery(level);
      device.collect('/3/0/9');
    }
    device.sendCollected();
    const series = await until('three values', async () => {
      const told = await levels();
      return told.includes(77) && told;
    });
    expect(series).toEqual([80, 79, 78, 77]);
  });
});

/** The same in queue mode: it listens for three seconds after its last message, and misses what comes later. */
describe.skipIf(!leshanAvailable())('a Leshan device that sleeps', { timeout: 60_000 }, () => {
  let stage: LeshanStage;
  beforeAll(async () => {
    stage = await LeshanStage.open({ queueMode: true, awake: 3000 });
  }, 60_000);
  afterAll(() => stage?.close());

  const detail = () => stage.server.api('devices.show', { params: stage.params });
  const awakeFor = (awakeSeconds: number) =>
    stage.server.api('devices.change', { params: stage.params, body: { awakeSeconds } });
  const queue = (value: number) =>
    stage.server.api('commands.create', {
      params: stage.params,
      query: {},
      body: {
        operation: { kind: 'write', mode: 'replace', path: '/1/0/1', values: [{ path: '/1/0/1', value }] },
      },
    });
  const show = (id: string) => stage.server.api('commands.show', { params: { id }, query: {} });
  const delivered = (id: string) => until('the command is answered', async () => (await show(id)).state === 'answered');

  it('QM-2: is sent a command that waits once it has said that it is awake', async () => {
    expect((await detail()).registration).toMatchObject({ queueMode: true, version: '1.1' });
    await awakeFor(1);
    await until('it sleeps', async () => (await detail()).presence.state === 'asleep');
    const { commandId } = await queue(301);
    await until('it is deaf', async () => (await stage.device.state()).asleep);
    expect(await show(commandId)).toMatchObject({ state: 'queued', waiting: { reason: 'asleep' } });
    stage.device.wake();
    await delivered(commandId);
    expect((await stage.device.state()).missed).toBe(0);
  });

  it('QM-4: is not asked again before it is heard if it slept earlier than was thought', async () => {
    await awakeFor(86_400);
    await until('it is deaf', async () => (await stage.device.state()).asleep);
    const { commandId } = await queue(302);
    await until('no answer', async () => (await show(commandId)).waiting?.reason === 'asleep');
    const { missed } = await stage.device.state();
    expect(missed).toBeGreaterThan(0);
    stage.device.wake();
    await delivered(commandId);
    expect((await stage.device.state()).missed).toBe(missed);
  });
});
