import { describe, expect, it } from 'vitest';
import type { OrganisationId } from '../ids.ts';
import { StoreAlarm } from './alarm.ts';
import { openMemoryStore } from './memory/store.ts';
import type { Store, StoreHealth } from './port.ts';

const organisationId = 'org-1' as OrganisationId;

function troubled(store: Store, health: () => StoreHealth): Store {
  return { ...store, commit: (batch) => store.commit(batch), journal: (query) => store.journal(query), health };
}

describe('StoreAlarm', () => {
  it('tells of a gap once, when something can be saved again', async () => {
    let health: StoreHealth = { state: 'ok' };
    const store = troubled(openMemoryStore(), () => health);
    const alarm = new StoreAlarm(store, organisationId);
    await alarm.check(0);
    health = { state: 'full' };
    await alarm.check(1_000);
    await alarm.check(2_000);
    expect(await store.journal({})).toEqual([]);
    health = { state: 'ok' };
    await alarm.check(31_000);
    await alarm.check(32_000);
    const entries = await store.journal({});
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      type: 'store.alarm',
      payload: { reason: expect.stringContaining('full for 30 s') },
    });
  });

  it('tells again if the telling itself could not be saved', async () => {
    let health: StoreHealth = { state: 'failing' };
    let broken = true;
    const inner = openMemoryStore();
    const store: Store = {
      ...troubled(inner, () => health),
      commit: (batch) => (broken ? Promise.reject(new Error('still broken')) : inner.commit(batch)),
    };
    const alarm = new StoreAlarm(store, organisationId);
    await alarm.check(0);
    health = { state: 'ok' };
    await expect(alarm.check(1_000)).rejects.toThrow('still broken');
    broken = false;
    await alarm.check(2_000);
    expect(await inner.journal({})).toHaveLength(1);
  });
});
