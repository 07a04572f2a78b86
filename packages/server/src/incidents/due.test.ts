import { describe, expect, it } from 'vitest';
import { organisationId } from '../commands/test-commands.ts';
import { type DeviceId, newId } from '../ids.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Row } from '../store/tables.ts';
import { dueRows, NEVER } from './due.ts';

const lock = (dueAt: number): Row<'locks'> => {
  const deviceId: DeviceId = newId.device();
  return { organisationId, deviceId, state: { kind: 'failed' }, failures: 1, updatedAt: 0, dueAt };
};

async function storeWith(times: readonly number[]) {
  const store = openMemoryStore();
  await store.commit({ changes: times.map((dueAt) => ({ put: 'locks', row: lock(dueAt) })) });
  let read = 0;
  const list = store.list.bind(store);
  store.list = async (...args) => {
    const rows = await list(...args);
    read += rows.length;
    return rows;
  };
  return { store, read: () => read };
}

describe('what time does something to', () => {
  it('is given out from its time on, the earliest first', async () => {
    const { store } = await storeWith([30, 10, NEVER, 20]);
    const at = async (now: number) => (await dueRows(store, 'locks', now)).map(({ dueAt }) => dueAt);
    expect(await at(9)).toEqual([]);
    expect(await at(10)).toEqual([10]);
    expect(await at(29)).toEqual([10, 20]);
    expect(await at(NEVER - 1)).toEqual([10, 20, 30]);
  });

  it('is found whole, however many others there are, and those are not read', async () => {
    const due = Array.from({ length: 45 }, () => 5);
    const { store, read } = await storeWith([...due, ...Array.from({ length: 2000 }, () => NEVER)]);
    expect(new Set((await dueRows(store, 'locks', 5)).map(({ deviceId }) => deviceId)).size).toBe(45);
    expect(read()).toBeLessThan(100);
  });

  it('is bounded in one round, and what is left is found by the next', async () => {
    const { store } = await storeWith(Array.from({ length: 1010 }, (_, index) => index));
    const first = await dueRows(store, 'locks', 5000);
    expect(first.map(({ dueAt }) => dueAt)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    await store.commit({ changes: first.map(({ deviceId }) => ({ delete: 'locks', key: { deviceId } })) });
    expect(await dueRows(store, 'locks', 5000)).toHaveLength(10);
  });
});
