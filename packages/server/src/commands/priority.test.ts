import type { CommandPriority } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../link/port.ts';
import { Places } from './priority.ts';
import { answered, deviceRow, openTestQueue, rest, START, write } from './test-commands.ts';

const written = (operation: { kind: string } | undefined) =>
  operation && 'records' in operation
    ? (operation.records as { stored: { value: unknown } }[])[0]?.stored.value
    : undefined;

describe('places in a queue', () => {
  it('are by priority, then by time, and exact', () => {
    const places = new Places();
    const [background, normal, urgent, later] = (['background', 'normal', 'urgent', 'normal'] as const).map(
      (priority) => places.next(priority, START),
    );
    expect([urgent, normal, later, background]).toEqual(
      [background, normal, urgent, later].sort((a = 0, b = 0) => a - b),
    );
    for (const priority of ['urgent', 'normal', 'background'] as const) {
      expect(Number.isSafeInteger(places.next(priority, Date.UTC(2060, 0)))).toBe(true);
    }
  });
});

describe('priority', () => {
  it('decides what goes first, and what was queued before is not overtaken by its equals', async () => {
    const test = await openTestQueue({ connected: false });
    const order: CommandPriority[] = ['background', 'normal', 'urgent', 'normal', 'urgent'];
    for (const [value, priority] of order.entries()) {
      await test.add(
        { kind: 'write', mode: 'replace', path: '/3/0/14', values: [{ path: '/3/0/14', value: `${value}` }] },
        { priority },
      );
    }
    await test.heard();
    expect(test.performed.map(written)).toEqual(['2', '4', '1', '3', '0']);
  });

  it('holds after a restart, also for what is queued then', async () => {
    const before = await openTestQueue({ connected: false });
    await before.add(write(0), { priority: 'background' });
    await before.add(write(1), { priority: 'urgent' });
    const test = await openTestQueue({ store: before.store, connected: false, time: { now: START - 60_000 } });
    await test.add(write(2), { priority: 'urgent' });
    await test.heard();
    expect(test.performed.map(written)).toEqual([1, 2, 0]);
  });

  it('lets an urgent command pass what waits for the limits of its site', async () => {
    const test = await openTestQueue({ limits: { sites: { depot: 100 } } });
    test.fleet.put(deviceRow({ site: 'depot' }));
    await test.add(write(0), { priority: 'background' });
    const paced = await test.add(write(1), { priority: 'background' });
    await rest();
    expect(test.performed.map(written)).toEqual([0]);
    expect(test.queue.whyWaiting(test.device)).toEqual({ reason: 'site', text: 'paced: site depot' });
    await test.add(write(2), { priority: 'urgent' });
    await rest();
    expect(test.performed.map(written)).toEqual([0, 2]);
    expect((await test.row(paced)).state).toBe('queued');
    test.time.now += 3000;
    test.pacer.tick(test.time.now);
    await rest();
    expect(test.performed.map(written)).toEqual([0, 2, 1]);
    expect((await test.row(paced)).state).toBe('answered');
  });

  it('lets an urgent command pass a budget that is used up; the rest goes when the day is over', async () => {
    const test = await openTestQueue();
    test.fleet.put(deviceRow({ downlinkBytesPerDay: 150 }));
    await test.add(write(0));
    const held = await test.add(write(1), { expiresAt: START + 48 * 3_600_000 });
    await rest();
    expect(test.performed.map(written)).toEqual([0]);
    const text = 'budget of 150 bytes used till 00:00 UTC';
    expect(test.queue.whyWaiting(test.device)).toEqual({ reason: 'budget', text });
    await test.add(write(2), { priority: 'urgent' });
    await test.heard(false);
    await test.queue.tick(test.time.now);
    expect(test.performed.map(written)).toEqual([0, 2]);
    test.time.now = START + 24 * 3_600_000 - 1;
    await test.queue.tick(test.time.now);
    await rest();
    expect((await test.row(held)).state).toBe('queued');
    test.time.now += 1;
    await test.queue.tick(test.time.now);
    await rest();
    expect(test.performed.map(written)).toEqual([0, 2, 1]);
  });
});

describe('what waits', () => {
  const reasons: readonly [reason: string, options: Parameters<typeof openTestQueue>[0], never?: boolean][] = [
    ['never-registered', { connected: false }, true],
    ['not-registered', { registration: { state: 'expired' } }],
    ['unreachable', { connected: false }],
    ['asleep', { registration: { queueMode: 1, lastContactAt: START - 93_000 } }],
  ];

  it.each(reasons)('waits because the device is %s', async (reason, options, never = false) => {
    const test = await openTestQueue(options);
    if (never) delete test.device.registration;
    await test.add(write(1));
    await rest();
    expect(await test.queue.downlinkOf(test.device)).toMatchObject({ queuedCommands: 1, waiting: { reason } });
  });

  it('waits for the one under way, and then for nothing', async () => {
    const answer = Promise.withResolvers<RequestOutcome>();
    const test = await openTestQueue({ perform: () => answer.promise });
    await test.add(write(1));
    await test.add(write(2));
    await rest();
    expect(await test.queue.downlinkOf(test.device)).toEqual({
      awakeSeconds: 93,
      queuedCommands: 1,
      waiting: { reason: 'order', text: 'behind another command' },
    });
    answer.resolve(answered(2.04));
    await rest();
    expect(await test.queue.downlinkOf(test.device)).toEqual({ awakeSeconds: 93, queuedCommands: 0 });
  });
});
