import type { Command, CommandCreate } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer, until } from './harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { udpWire } from './wires.ts';

const ENDPOINT = 'meter-1';
const params = { device: ENDPOINT };
const NOTE = '/3/0/14';
/** Time enough for three writes on a busy machine. */
const AWAKE_S = 5;

/** A device in queue mode, which sleeps while commands come and the server restarts, and wakes at another address. */
describe('A device that sleeps', { timeout: 120_000 }, () => {
  let server: TestServer;
  let device: ScriptedDevice;

  let awake = false;
  const sleep = async () => {
    if (awake) await device[Symbol.asyncDispose]();
    awake = false;
  };
  const wake = async () => {
    const location = device?.location ?? [];
    await sleep();
    device = new ScriptedDevice(ENDPOINT, await udpWire(server.ready.coapPort), { '/3/0/9': '80', [NOTE]: 'none' });
    device.location = location;
    awake = true;
  };
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
    await server.api('devices.add', { body: { endpoint: ENDPOINT, noSec: true } });
    await server.api('devices.change', { params, body: { awakeSeconds: AWAKE_S } });
    await wake();
    expect(await device.register('UQ')).toBe('2.01');
  }, 60_000);
  afterAll(async () => {
    await sleep();
    await server?.close();
  });

  const detail = () => server.api('devices.show', { params });
  const asleep = () => until('the device to sleep', async () => (await detail()).presence.state === 'asleep');
  const queue = (value: string, more: Partial<CommandCreate> = {}) =>
    server.api('commands.create', {
      params,
      query: {},
      body: { operation: { kind: 'write', mode: 'replace', path: NOTE, values: [{ path: NOTE, value }] }, ...more },
    });
  const ended = (commands: readonly Command[]) =>
    until('the commands to end', async () => {
      const shown = await Promise.all(
        commands.map(({ commandId }) => server.api('commands.show', { params: { id: commandId }, query: {} })),
      );
      return shown.every(({ state }) => state !== 'queued' && state !== 'sent') && shown;
    });

  it('P9, QM-2, QM-4: is sent nothing until it is heard, over a restart and from another address, then in order', async () => {
    expect((await detail()).registration).toMatchObject({ queueMode: true, binding: 'U' });
    await asleep();
    const before = device.asked.length;
    const commands = [await queue('second'), await queue('third'), await queue('first', { priority: 'urgent' })];
    const cancelled = await queue('neither');
    await server.api('commands.cancel', { params: { id: cancelled.commandId } });
    expect((await detail()).downlink).toMatchObject({
      awakeSeconds: AWAKE_S,
      queuedCommands: 3,
      waiting: { reason: 'asleep', text: 'asleep until heard' },
    });
    const given = await queue('never', { expiresIn: 1 });
    expect((await ended([given]))[0]).toMatchObject({ state: 'expired' });
    await server.kill();
    await server.restart();
    expect((await detail()).downlink).toMatchObject({ queuedCommands: 3 });
    expect(device.asked).toHaveLength(before);

    await wake();
    expect(await device.update()).toBe('2.04');
    const outcomes = await ended(commands);
    expect(outcomes.map(({ state, code }) => [state, code])).toEqual(commands.map(() => ['answered', '2.04']));
    expect(device.written).toEqual(['first', 'second', 'third']);
    expect(
      outcomes.flatMap(({ receipts }) => receipts.map(({ step }) => step)).filter((step) => step === 'repeated'),
    ).toEqual([]);
    expect((await detail()).downlink).toEqual({ awakeSeconds: AWAKE_S, queuedCommands: 0 });
  });

  it('is not asked again before it is heard if it slept when it was thought awake', async () => {
    await server.api('devices.change', { params, body: { awakeSeconds: 86_400 } });
    await device.update();
    await sleep();
    const command = await queue('fourth');
    await until('no answer', async () => (await detail()).downlink.waiting?.reason === 'asleep');
    const { state, receipts } = await server.api('commands.show', { params: { id: command.commandId }, query: {} });
    expect([state, ...receipts.map(({ step }) => step)]).toEqual(['queued', 'queued', 'sent', 'queued']);
    await wake();
    await device.update();
    expect((await ended([command]))[0]).toMatchObject({ state: 'answered' });
    expect(device.written).toEqual(['fourth']);
  });
});
