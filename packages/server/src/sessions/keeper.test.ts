import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { watchedStore } from '../store/test-watched.ts';
import { rest, START } from '../test-core.ts';
import {
  addDevice,
  credential,
  DAY,
  deviceId,
  identity,
  keptRows,
  LIFETIME,
  openedOf,
  type ProcessOptions,
  SECRET,
  sealerOf,
  sessionOf,
  start,
} from './test-keeper.ts';

describe('Sessions that are kept', () => {
  let store: Store;
  let sealer: Sealer;
  const session = sessionOf('session-1');

  beforeEach(async () => {
    store = openMemoryStore();
    sealer = await sealerOf('key');
    await addDevice(store);
  });

  it('are sealed in the store, and come back to the link, to their device and with their counters', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await before.hear(session, 7);
    const [row] = await keptRows(store);
    expect(row).toMatchObject({ sessionId: 'session-1', deviceId, identity, credential, sendLimit: 100 });
    expect(Buffer.from(row?.sealedSnapshot ?? []).includes(SECRET)).toBe(false);

    const after = await start({ store, sealer, random: (below) => below - 1 });
    expect(after.sent).toEqual([
      {
        kind: 'restore-session',
        session,
        snapshot: expect.any(Uint8Array),
        sendFrom: 100 + 2 ** 36 - 1,
        sendLimit: 100 + 2 ** 36 + 63,
        received: 7,
      },
    ]);
    expect(Buffer.from(after.sentOf('restore-session')[0]?.snapshot ?? [])).toEqual(SECRET);
    expect(after.bound).toEqual(['session-1']);
    expect(after.device.session).toEqual(session);
    expect((await keptRows(store))[0]?.sendLimit).toBe(100 + 2 ** 36 + 63);
  });

  it('come back without a mark if nothing that came over them was stored; their device waits to be heard', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await rest();
    const after = await start({ store, sealer });
    expect(after.sentOf('restore-session')[0]).not.toHaveProperty('received');
    expect(after.bound).toEqual(['session-1']);
    expect(after.device.session).toBeUndefined();
  });

  it('do not come back once their credential is gone, their key is another, or they were silent for too long', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await before.hear(session, 7);
    const [row] = await keptRows(store);
    const again = async (more: Partial<ProcessOptions>) => {
      if (row) await store.commit({ changes: [{ put: 'dtlsSessions', row }] });
      const after = await start({ store, sealer, ...more });
      expect(after.sent).toEqual([]);
      expect(await keptRows(store)).toEqual([]);
    };
    await again({ good: () => false });
    await again({ sealer: await sealerOf('another-key') });
    await again({ now: () => START + LIFETIME * 1000 + 7 * DAY });
  });

  it('without a snapshot are not kept at all', async () => {
    const { keeper } = await start({ store, sealer });
    const { snapshot: _, ...opened } = openedOf(session);
    keeper.opened(opened);
    await rest();
    expect(await keptRows(store)).toEqual([]);
  });

  it('go with the session, without a word in the journal', async () => {
    const { keeper } = await start({ store, sealer });
    keeper.opened(openedOf(session));
    keeper.closed(session.sessionId, START);
    await rest();
    expect(await keptRows(store)).toEqual([]);
    expect(keeper.size).toBe(0);
    expect(await store.journal({})).toEqual([]);
  });

  it('go with the credential, and the journal says so', async () => {
    let good = true;
    const { keeper } = await start({ store, sealer, good: () => good });
    keeper.opened(openedOf(session));
    good = false;
    keeper.closed(session.sessionId, START + 5);
    await rest();
    expect(await keptRows(store)).toEqual([]);
    expect(await store.journal({})).toMatchObject([
      {
        type: 'session.ended',
        at: START + 5,
        deviceId,
        payload: { identity: 'truck', address: '192.0.2.1:40000', reason: 'its credential is not good any more' },
      },
    ]);
  });

  it('follow their peer to a new address', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await before.hear(session, 1);
    const moved = { ...session, address: '198.51.100.9:5000' };
    const snapshot = Buffer.from('with the new address');
    await store.commit({
      changes: before.keeper.moved({ kind: 'session-moved', at: START, session: moved, snapshot }),
    });
    const after = await start({ store, sealer });
    const [restored] = after.sentOf('restore-session');
    expect(restored?.session.address).toBe('198.51.100.9:5000');
    expect(Buffer.from(restored?.snapshot ?? []).toString()).toBe('with the new address');
  });

  it('of which a device was heard over two: the former goes with the very commit of the contact', async () => {
    const watched = watchedStore(store);
    const { keeper, hear, sentOf } = await start({ store: watched.store, sealer });
    const next = sessionOf('session-2');
    keeper.opened(openedOf(session));
    await hear(session, 3);
    keeper.opened(openedOf(next));
    watched.control.batches.length = 0;
    await hear(next, 1);
    const [contact] = watched.control.batches.filter(({ changes = [] }) => changes.some((change) => 'patch' in change));
    expect(contact?.changes).toContainEqual({ delete: 'dtlsSessions', key: { sessionId: 'session-1' } });
    expect((await keptRows(store)).map(({ sessionId }) => sessionId)).toEqual(['session-2']);
    expect(sentOf('close-session')).toEqual([{ kind: 'close-session', sessionId: 'session-1' }]);
    // What comes late over the former one changes neither.
    await hear(session, 4);
    expect((await keptRows(store)).map(({ sessionId }) => sessionId)).toEqual(['session-2']);
    expect(await store.get('contacts', { deviceId })).toMatchObject({ sessionId: 'session-2', received: 1 });
  });

  describe('end after a silence', () => {
    const endOf = async (row: Partial<Row<'registrations'>>, heard = true) => {
      await addDevice(store, row);
      const { keeper, hear, sentOf } = await start({ store, sealer });
      keeper.opened(openedOf(session));
      if (heard) await hear(session, 1, START + 1000);
      const ended = (at: number) => {
        keeper.expire(at);
        return sentOf('close-session').length > 0;
      };
      const days = [0, 6.9, 7.1, 8, 3650].map((count) => ended(START + LIFETIME * 1000 + 1000 + count * DAY));
      return days.indexOf(true);
    };

    it('of lifetime and seven days while registered', async () => expect(await endOf({})).toBe(2));
    it('of seven days once the registration is over', async () => expect(await endOf({ state: 'expired' })).toBe(2));
    it('of seven days if nothing was heard over them', async () => expect(await endOf({}, false)).toBe(2));
    it('never if the registration has no end', async () => expect(await endOf({ lifetime: 0 })).toBe(-1));
  });
});
