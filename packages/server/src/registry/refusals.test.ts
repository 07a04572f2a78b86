import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import { StoreError } from '../store/port.ts';
import { organisationId, START, watchedStore } from '../test-core.ts';
import { Refusals } from './refusals.ts';

const refused = (more: Partial<Parameters<Refusals['count']>[0]> = {}) => ({
  at: START,
  address: '192.0.2.1:40000',
  identity: Buffer.from('truck-1').toString('hex'),
  check: 'unknown-identity',
  detail: 'nobody has it',
  ...more,
});

describe('refusals', () => {
  it('say who, what failed and what to do; the port does not matter', async () => {
    const refusals = await Refusals.load(openMemoryStore(), organisationId);
    refusals.count(refused());
    refusals.count(refused({ at: START + 5, address: '192.0.2.1:40001', detail: 'again' }));
    expect(refusals.list()).toEqual([
      {
        refusalId: expect.stringMatching(/^ref-/),
        firstAt: START,
        lastAt: START + 5,
        count: 2,
        address: '192.0.2.1',
        identity: 'truck-1',
        check: 'unknown-identity',
        detail: 'again',
        advice: expect.stringContaining('reeve device add'),
      },
    ]);
  });

  it.each([
    ['check', { check: 'wrong-key' }],
    ['identity', { identity: '00ff' }],
    ['endpoint', { endpoint: 'truck-2' }],
    ['host', { address: '[2001:db8::1]:1' }],
  ])('have a line of their own for each %s, newest first', async (_, more) => {
    const refusals = await Refusals.load(openMemoryStore(), organisationId);
    refusals.count(refused());
    refusals.count(refused(more));
    expect(refusals.list()).toHaveLength(2);
    refusals.count(refused());
    expect(refusals.list()[0]).toMatchObject({ check: 'unknown-identity', identity: 'truck-1', count: 2 });
  });

  it('have advice also for a check without its own', async () => {
    const refusals = await Refusals.load(openMemoryStore(), organisationId);
    refusals.count(refused({ check: 'something new' }));
    expect(refusals.list()[0]?.advice).toContain('docs/operations.md');
  });

  it('reach the disk with the next flush, and outlive a restart', async () => {
    const store = openMemoryStore();
    const refusals = await Refusals.load(store, organisationId);
    refusals.count(refused());
    expect(await store.count('refusals')).toBe(0);
    await refusals.flush(START);
    const again = await Refusals.load(store, organisationId);
    expect(again.list()).toEqual(refusals.list());
    again.count(refused({ at: START + 1 }));
    expect(again.list()[0]?.count).toBe(2);
  });

  it('write nothing when nothing happened', async () => {
    const { store, control } = watchedStore();
    const refusals = await Refusals.load(store, organisationId);
    await refusals.flush(START);
    refusals.count(refused());
    await refusals.flush(START);
    await refusals.flush(START);
    expect(control.batches).toHaveLength(1);
  });

  it('are journalled each time that the count gains a digit, however fast it grows', async () => {
    const store = openMemoryStore();
    const refusals = await Refusals.load(store, organisationId);
    for (const upTo of [3, 9, 15, 99, 1_234]) {
      while ((refusals.list()[0]?.count ?? 0) < upTo) refusals.count(refused());
      await refusals.flush(START);
    }
    const entries = await store.journal({ types: ['refusal.counted'] });
    expect(entries.map(({ payload }) => ('count' in payload ? payload.count : 0))).toEqual([3, 15, 1_234]);
  });

  it('that could not be written are written by the next flush', async () => {
    const { store, control } = watchedStore();
    const refusals = await Refusals.load(store, organisationId);
    refusals.count(refused());
    control.failure = new StoreError('full', 'no room');
    await expect(refusals.flush(START)).rejects.toThrow('no room');
    control.failure = undefined;
    await refusals.flush(START);
    expect(await store.count('refusals')).toBe(1);
  });

  it('counted while a flush is under way are written by the next', async () => {
    const { store, control } = watchedStore();
    const refusals = await Refusals.load(store, organisationId);
    refusals.count(refused());
    control.hold();
    const flushed = refusals.flush(START);
    refusals.count(refused({ at: START + 1 }));
    control.release();
    await flushed;
    await refusals.flush(START);
    expect(await store.list('refusals')).toMatchObject([{ count: 2 }]);
  });

  it('fill the journal with no more than 1000 entries an hour', async () => {
    const { store, control } = watchedStore();
    const refusals = await Refusals.load(store, organisationId);
    const flood = async (at: number) => {
      control.batches.length = 0;
      for (let stranger = 0; stranger < 3_000; stranger++) {
        refusals.count(refused({ identity: Buffer.from(`${at} ${stranger}`).toString('hex') }));
        if (stranger % 50 === 49) await refusals.flush(at);
      }
      return control.batches.flatMap(({ journal = [] }) => journal).length;
    };
    expect(await flood(START)).toBe(1_000);
    expect(await flood(START + 3_600_000)).toBe(1_000);
  });

  it('keep a flood of strangers to 1000 lines in memory and store, and to 100 rows a flush', async () => {
    const { store, control } = watchedStore();
    const refusals = await Refusals.load(store, organisationId);
    for (let turn = 0; turn < 100; turn++) {
      for (let stranger = 0; stranger < 100; stranger++) {
        refusals.count(refused({ identity: Buffer.from(`${turn} ${stranger}`).toString('hex') }));
      }
      await refusals.flush(START);
      expect(refusals.list().length).toBeLessThanOrEqual(1_000);
    }
    for (const { changes = [] } of control.batches) expect(changes.length).toBeLessThanOrEqual(100);
    for (let turn = 0; turn < 100; turn++) await refusals.flush(START);
    expect(await store.count('refusals')).toBe(1_000);
    expect(
      (await Refusals.load(store, organisationId))
        .list()
        .map(({ identity }) => identity)
        .sort(),
    ).toEqual(
      refusals
        .list()
        .map(({ identity }) => identity)
        .sort(),
    );
  });

  it('that make room before they were ever written leave nothing behind', async () => {
    const store = openMemoryStore();
    const refusals = await Refusals.load(store, organisationId);
    for (let stranger = 0; stranger < 10_000; stranger++) {
      refusals.count(refused({ endpoint: `stranger-${stranger}` }));
    }
    for (let turn = 0; turn < 20; turn++) await refusals.flush(START);
    expect(await store.count('refusals')).toBe(1_000);
  });
});
