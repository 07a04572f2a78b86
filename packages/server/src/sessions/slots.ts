import type { Millis } from '../ids.ts';
import type { Store } from '../store/port.ts';

/** Slots that a Connection ID can name; see link/connection-ids.ts. */
const SLOTS = 4096;

/**
 * The slot of a process, by which its Connection IDs are told from those of others. Once taken it stays the process's
 * own: devices keep their Connection IDs for years.
 *
 * @throws Error if all slots are taken
 */
export async function claimSlot(store: Pick<Store, 'list' | 'commit'>, owner: string, now: Millis): Promise<number> {
  const taken = await store.list('connectionIdSlots', { limit: SLOTS });
  const own = taken.find((row) => row.owner === owner);
  if (own) return own.slot;
  const free = taken.findIndex(({ slot }, index) => slot !== index);
  const slot = free < 0 ? taken.length : free;
  if (slot >= SLOTS) throw new Error(`all ${SLOTS} slots for Connection IDs are taken`);
  await store.commit({ changes: [{ put: 'connectionIdSlots', row: { slot, owner, since: now } }] });
  return slot;
}
