import { describe, expect, it } from 'vitest';
import type { CommandId, DeviceId } from '../ids.ts';
import type { RequestOutcome } from '../link/port.ts';
import { commandLimits } from './limits.ts';
import type { NewCommand } from './queue.ts';
import {
  ada,
  answered,
  connect,
  deviceId,
  deviceRow,
  obedient,
  openTestQueue,
  read,
  reboot,
  registrationOf,
  rest,
  START,
  write,
} from './test-commands.ts';

type Operation = NewCommand['operation'];

const timeout: RequestOutcome = { kind: 'timeout' };

describe('the order of commands', () => {
  it('is that of their queueing, one in flight per device, each sent only after its commit', async () => {
    const waiting: PromiseWithResolvers<RequestOutcome>[] = [];
    const states: string[] = [];
    const test = await openTestQueue({
      perform: async () => {
        states.push((await test.store.list('commands', { where: { state: 'sent' } })).map(() => 'sent').join());
        const answer = Promise.withResolvers<RequestOutcome>();
        waiting.push(answer);
        return answer.promise;
      },
    });
    for (const value of [1, 2, 0]) await test.add(write(value));
    for (let sent = 1; sent <= 3; sent++) {
      await rest();
      expect(test.performed).toHaveLength(sent);
      waiting[sent - 1]?.resolve(answered(2.04));
    }
    await rest();
    const values = test.performed.map((operation) => operation.kind === 'write' && operation.records[0]?.stored.value);
    expect(values).toEqual([1, 2, 0]);
    expect(states).toEqual(['sent', 'sent', 'sent']);
  });

  it('keeps a command that got no answer at the head', async () => {
    const test = await openTestQueue({ perform: () => timeout });
    const first = await test.add(write(1));
    const second = await test.add(write(2));
    await rest();
    test.behaviour.perform = obedient;
    await test.heard();
    const values = test.performed.map((operation) => operation.kind === 'write' && operation.records[0]?.stored.value);
    expect(values).toEqual([1, 1, 2]);
    expect((await test.row(first)).receipts.map(({ text }) => text)).toEqual([
      'queued',
      'sent',
      "no answer; repeated at the device's next contact",
      'sent again (2)',
      'answered 2.04',
    ]);
    expect((await test.row(second)).state).toBe('answered');
  });

  it('survives a restart, also with a clock that was set back', async () => {
    const before = await openTestQueue({ connected: false });
    await before.add(write(1));
    await before.add(write(2));
    const test = await openTestQueue({ store: before.store, connected: false, time: { now: START - 60_000 } });
    await test.add(write(0));
    await test.heard();
    const values = test.performed.map((operation) => operation.kind === 'write' && operation.records[0]?.stored.value);
    expect(values).toEqual([1, 2, 0]);
  });

  it('holds for each device alone', async () => {
    const other = 'dev-2' as DeviceId;
    const silent = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({
      perform: (operation, to) => (to.row.deviceId === deviceId ? silent.promise : obedient(operation)),
    });
    const second = test.fleet.put(deviceRow({ deviceId: other, endpoint: 'truck-2' }));
    test.fleet.setRegistration(second, registrationOf(other));
    connect(test.fleet, second);
    const stuck = await test.add(read);
    const command = await test.add(read, { deviceId: other });
    await rest();
    expect((await test.row(stuck)).state).toBe('sent');
    expect((await test.row(command)).state).toBe('answered');
  });

  it('starts what is queued just when the queue has run empty', async () => {
    const test = await openTestQueue();
    const commands = [];
    for (let count = 0; count < 50; count++) {
      commands.push(await test.add(read));
      for (let turn = 0; turn < count % 25; turn++) await Promise.resolve();
    }
    await rest();
    for (const command of commands) expect((await test.row(command)).state).toBe('answered');
  });
});

describe('a device that cannot be reached', () => {
  it.each([
    ['has no session', { connected: false }],
    ['is no longer registered', { registration: { state: 'expired' as const } }],
    ['sleeps', { registration: { queueMode: 1, lastContactAt: START - 93_000 } }],
  ])('%s: its command waits', async (_what, options) => {
    const test = await openTestQueue(options);
    const command = await test.add(read);
    await rest();
    expect(test.performed).toEqual([]);
    expect((await test.row(command)).receipts).toEqual([
      { at: START, step: 'queued', text: "queued until the device's next contact" },
    ]);
    test.fleet.setRegistration(test.device, registrationOf(deviceId, { queueMode: 1, lastContactAt: START }));
    await test.heard();
    expect((await test.row(command)).state).toBe('answered');
  });

  it('is not thought lost over a session that came after the one that failed', async () => {
    const answer = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ perform: () => answer.promise });
    const command = await test.add(read);
    await rest();
    connect(test.fleet, test.device);
    test.behaviour.perform = obedient;
    answer.resolve(timeout);
    await rest();
    expect((await test.row(command)).state).toBe('answered');
  });

  it('gives up a command that again and again does not leave', async () => {
    const test = await openTestQueue({ perform: () => ({ kind: 'not-sent', reason: 'limit' }) });
    const command = await test.add(read);
    for (let contact = 0; contact < commandLimits.unsent + 2; contact++) await test.heard();
    expect(test.performed).toHaveLength(commandLimits.unsent);
    expect((await test.row(command)).state).toBe('failed');
  });

  it('keeps no more than so many receipts', async () => {
    const test = await openTestQueue({ perform: () => timeout });
    const command = await test.add(read);
    for (let contact = 0; contact < commandLimits.receipts; contact++) await test.heard();
    const { receipts, attempts } = await test.row(command);
    expect(attempts).toBe(commandLimits.receipts);
    expect(receipts).toHaveLength(commandLimits.receipts);
  });
});

describe('the end of waiting', () => {
  it('comes at its time, by the tick or when the device is heard too late', async () => {
    const test = await openTestQueue({ connected: false });
    const soon = await test.add(read, { expiresAt: START + 10 });
    const day = await test.add(read);
    expect(day.expiresAt).toBe(START + 24 * 3_600_000);
    await test.queue.tick(START + 9);
    expect((await test.row(soon)).state).toBe('queued');
    await test.queue.tick(START + 10);
    expect((await test.row(soon)).state).toBe('expired');
    test.time.now = day.expiresAt;
    await test.heard();
    expect((await test.row(day)).receipts.at(-1)).toEqual({
      at: test.time.now,
      step: 'expired',
      text: 'the device was not heard of in time',
    });
    expect(test.performed).toEqual([]);
  });

  it('comes once, whoever ends it', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const test = await openTestQueue({ connected: false });
      const command = await test.add(read, { expiresAt: START + 10 });
      test.time.now = START + 10;
      connect(test.fleet, test.device);
      const cancelled = test.queue.cancel(command.commandId, ada).catch(() => {});
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      test.queue.heard(test.device);
      await Promise.all([cancelled, test.queue.tick(test.time.now)]);
      await rest();
      expect(await test.store.journal({ types: ['command.finished'] })).toHaveLength(1);
      expect(test.performed).toEqual([]);
    }
  });

  it('can be asked for while it waits', async () => {
    const answer = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ perform: () => answer.promise });
    await test.add(read);
    const waiting = await test.add(reboot);
    await rest();
    expect(await test.queue.cancel(waiting.commandId, ada)).toMatchObject({ state: 'cancelled' });
    await expect(test.queue.cancel(waiting.commandId, ada)).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(test.queue.cancel('cmd-none' as CommandId, ada)).rejects.toMatchObject({ code: 'no-such-thing' });
    answer.resolve(answered(2.05));
    await rest();
    expect(test.performed.map(({ kind }) => kind)).toEqual(['read']);
    const [entry] = await test.store.journal({ types: ['command.finished'] });
    expect(entry).toMatchObject({ actor: ada, payload: { state: 'cancelled', text: 'cancelled by ada' } });
  });

  const underWay: readonly [outcome: RequestOutcome, operation: Operation, state: string, receipt: string][] = [
    [answered(2.04), write(1), 'answered', 'answered 2.04'],
    [timeout, read, 'cancelled', 'cancelled by ada'],
    [timeout, reboot, 'outcome-unknown', 'no answer: the device may have acted on it'],
    [timeout, write(1), 'outcome-unknown', 'cancelled by ada; it was sent before: the device may have acted on it'],
    [{ kind: 'not-sent', reason: 'limit' }, write(1), 'cancelled', 'cancelled by ada'],
  ];

  it.each(underWay)('of one under way, then %j to %j: %s', async (outcome, operation, state, receipt) => {
    const answer = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ perform: () => answer.promise });
    const { commandId } = await test.add(operation);
    await rest();
    for (let times = 0; times < 2; times++) {
      expect(await test.queue.cancel(commandId, ada)).toMatchObject({ state: 'sent', cancelledBy: ada });
    }
    expect(await test.store.journal({ types: ['command.cancelling'] })).toHaveLength(1);
    answer.resolve(outcome);
    await rest();
    const row = await test.row({ commandId });
    expect(row.state).toBe(state);
    expect(row.receipts.at(-1)?.text).toBe(receipt);
    await test.heard();
    expect(test.performed).toHaveLength(1);
  });

  it('of one under way holds when the process dies before the answer', async () => {
    const before = await openTestQueue({ perform: () => new Promise(() => {}) });
    const { commandId } = await before.add(write(1));
    await rest();
    await before.queue.cancel(commandId, ada);
    const test = await openTestQueue({ store: before.store });
    await test.heard();
    expect(test.performed).toEqual([]);
    expect((await test.row({ commandId })).state).toBe('outcome-unknown');
  });

  it.each([
    ['a write', write(1), 'outcome-unknown'],
    ['a read', read, 'expired'],
  ])('says of %s that was sent without an answer what may have come of it', async (_what, operation, state) => {
    const test = await openTestQueue({ perform: () => timeout });
    const command = await test.add(operation, { expiresAt: START + 10 });
    await rest();
    await test.queue.tick(START + 10);
    expect((await test.row(command)).state).toBe(state);
  });

  it('comes to each of many in its time', async () => {
    const test = await openTestQueue({ connected: false });
    const commands: Pick<Awaited<ReturnType<typeof test.add>>, 'commandId'>[] = [];
    for (const ms of [30, 10, 20]) commands.push(await test.add(read, { expiresAt: START + ms }));
    const states = async () => Promise.all(commands.map(async (each) => (await test.row(each)).state === 'expired'));
    await test.queue.tick(START + 10);
    expect(await states()).toEqual([false, true, false]);
    const late = await test.add(read, { expiresAt: START + 15 });
    await test.queue.tick(START + 15);
    expect((await test.row(late)).state).toBe('expired');
    await test.queue.tick(START + 30);
    expect(await states()).toEqual([true, true, true]);
  });

  it('never sends what was cancelled, at whatever moment', async () => {
    for (let turns = 0; turns < 30; turns++) {
      const test = await openTestQueue({ connected: false });
      const command = await test.add(reboot);
      connect(test.fleet, test.device);
      test.queue.heard(test.device);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const cancelled = await test.queue.cancel(command.commandId, ada).then(
        ({ state }) => state === 'cancelled',
        () => false,
      );
      await rest();
      expect(test.performed).toHaveLength(cancelled ? 0 : 1);
      expect((await test.row(command)).state).toBe(cancelled ? 'cancelled' : 'answered');
    }
  });
});
