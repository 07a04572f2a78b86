import { describe, expect, it } from 'vitest';
import type { CommandId, DeviceId } from '../ids.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { StoreError } from '../store/port.ts';
import { commandLimits } from './limits.ts';
import type { NewCommand } from './queue.ts';
import { answered, openTestQueue, organisationId, read, reboot, rest, START, write } from './test-commands.ts';

type Operation = NewCommand['operation'];

describe('asking twice', () => {
  it('with one idempotency key is one command, also at the same time', async () => {
    const test = await openTestQueue();
    const key = { idempotencyKey: 'k' };
    const both = await Promise.all([test.add(reboot, key), test.add(reboot, key)]);
    await rest();
    const again = await test.add(reboot, key);
    expect(new Set([...both, again].map(({ commandId }) => commandId)).size).toBe(1);
    expect(again.state).toBe('answered');
    expect(test.performed).toHaveLength(1);
    await test.add(reboot);
    await rest();
    expect(test.performed).toHaveLength(2);
  });

  it('with one key for two commands is refused', async () => {
    const test = await openTestQueue();
    await test.add(reboot, { idempotencyKey: 'k' });
    await expect(test.add(read, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(test.add(reboot, { idempotencyKey: 'k', deviceId: 'dev-2' as DeviceId })).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });
});

describe('the bounds', () => {
  it('hold per device', async () => {
    const test = await openTestQueue({ connected: false });
    for (let count = 0; count < commandLimits.perDevice; count++) await test.add(read);
    await expect(test.add(read)).rejects.toMatchObject({ code: 'too-many' });
    await test.add(read, { deviceId: 'dev-2' as DeviceId });
  });

  it('hold for all together', async () => {
    const store = openMemoryStore();
    store.count = async (_, where = {}) => ('deviceId' in where ? 0 : commandLimits.waiting);
    const test = await openTestQueue({ store, connected: false });
    await expect(test.add(read)).rejects.toMatchObject({ code: 'too-many' });
  });

  it('delete what is over and old, and nothing that waits', async () => {
    const test = await openTestQueue();
    const old = await test.add(read);
    await rest();
    test.fleet.setSession(test.device, undefined);
    const waiting = await test.add(read);
    test.time.now = START + 1000;
    await test.queue.prune(START + 1);
    expect(await test.store.get('commands', { commandId: old.commandId })).toBeUndefined();
    expect((await test.row(waiting)).state).toBe('queued');
  });
});

describe('waiting for the end', () => {
  it('answers when the command is finished', async () => {
    const answer = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ perform: () => answer.promise });
    const { commandId } = await test.add(read);
    const { signal } = new AbortController();
    const waited = test.queue.wait(commandId, 60_000, signal);
    await rest();
    answer.resolve(answered(2.05));
    expect((await waited).state).toBe('answered');
    expect((await test.queue.wait(commandId, 60_000, signal)).state).toBe('answered');
  });

  it('misses no end, at whatever moment it comes', async () => {
    for (let turns = 0; turns < 30; turns++) {
      const test = await openTestQueue();
      const { commandId } = await test.add(read);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      expect((await test.queue.wait(commandId, 60_000, new AbortController().signal)).state).toBe('answered');
    }
  });

  it('ends with the time, with the caller, and with the queue', async () => {
    const test = await openTestQueue({ connected: false });
    const { commandId } = await test.add(read);
    const caller = new AbortController();
    expect((await test.queue.wait(commandId, 0, caller.signal)).state).toBe('queued');
    expect((await test.queue.wait(commandId, 1, caller.signal)).state).toBe('queued');
    const aborted = test.queue.wait(commandId, 60_000, caller.signal);
    const closed = test.queue.wait(commandId, 60_000, new AbortController().signal);
    await rest();
    caller.abort();
    expect((await aborted).state).toBe('queued');
    await test.queue.close();
    expect((await closed).state).toBe('queued');
    await expect(test.queue.wait('cmd-none' as CommandId, 0, caller.signal)).rejects.toMatchObject({
      code: 'no-such-thing',
    });
  });
});

describe('a store that fails for a while', () => {
  const commands: readonly Operation[] = [write(1), reboot, read];

  // Commits of the queue itself: three to queue, then two for each command.
  it.each([4, 5, 6, 7, 8, 9])(
    'at commit %i: the tick takes up where it stood, and sends nothing twice',
    async (bad) => {
      const store = openMemoryStore();
      let commits = 0;
      const commit = store.commit.bind(store);
      store.commit = (batch) => {
        commits += 1;
        return commits === bad ? Promise.reject(new StoreError('failing', 'the disk is faulty')) : commit(batch);
      };
      const test = await openTestQueue({ store, connected: false });
      const added = [];
      for (const operation of commands) added.push(await test.add(operation));
      await test.heard();
      await test.queue.tick(test.time.now);
      await rest();
      for (const command of added) expect((await test.row(command)).state).toBe('answered');
      expect(test.performed.map(({ kind }: LinkOperation) => kind)).toEqual(['write', 'execute', 'read']);
      expect(await test.store.count('commands', { organisationId, state: 'answered' })).toBe(3);
    },
  );
});
