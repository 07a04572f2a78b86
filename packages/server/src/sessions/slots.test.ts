import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import { claimSlot } from './slots.ts';

describe('A slot for Connection IDs', () => {
  it('is the lowest free one, and stays its owner’s over restarts', async () => {
    const store = openMemoryStore();
    expect(await claimSlot(store, 'main', 1)).toBe(0);
    expect(await claimSlot(store, 'second', 2)).toBe(1);
    expect(await claimSlot(store, 'main', 3)).toBe(0);
    await store.commit({ changes: [{ delete: 'connectionIdSlots', key: { slot: 0 } }] });
    expect(await claimSlot(store, 'third', 4)).toBe(0);
    expect(await claimSlot(store, 'fourth', 5)).toBe(2);
  });

  it('is refused when all are taken', async () => {
    const rows = Array.from({ length: 4096 }, (_, slot) => ({ slot, owner: `owner-${slot}`, since: 1 }));
    const store = Object.assign(openMemoryStore(), { list: async () => rows as never[] });
    await expect(claimSlot(store, 'main', 2)).rejects.toThrow('all 4096 slots');
  });
});
