import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { commitAll } from '../decision.ts';
import type { CredentialId, DeviceId, OrganisationId, RegistrationId } from '../ids.ts';
import type { LinkDown, LinkUp, SessionId, SessionInfo } from '../link/port.ts';
import { type Device, Fleet } from '../registry/fleet.ts';
import { contactOf } from '../registry/terms.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import { openSealer, type Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import { rest, START, watchedStore } from '../test-core.ts';
import { SessionKeeper } from './keeper.ts';

const DAY = 24 * 3_600_000;
const organisationId = 'org-1' as OrganisationId;
const deviceId = 'dev-1' as DeviceId;
const credential = 'cred-1' as CredentialId;
const identity = 'psk:747275636b';
const SECRET = Buffer.from('the keys of the session');
const LIFETIME = 300;

const folder = mkdtempSync(join(tmpdir(), 'reeve-keeper-'));
const sealerOf = (name: string) => openSealer({ keyFile: join(folder, name) });

/** A device that registered, as the store holds it. */
async function addDevice(store: Store, more: Partial<Row<'registrations'>> = {}): Promise<void> {
  const of = { organisationId, deviceId };
  await store.commit({
    changes: [
      { put: 'devices', row: { ...of, endpoint: 'truck', labels: {}, noSec: 0, createdAt: START } },
      {
        put: 'registrations',
        row: {
          ...of,
          registrationId: 'rd1' as RegistrationId,
          endpoint: 'truck',
          identity,
          lifetime: LIFETIME,
          version: '1.1',
          binding: 'U',
          queueMode: 0,
          rootPath: '/',
          contentFormats: [],
          objects: [],
          extra: {},
          registeredAt: START,
          state: 'registered',
          ...more,
        },
      },
      { put: 'contacts', row: { ...of, lastContactAt: START, address: '192.0.2.1:40000' } },
    ],
  });
}

interface ProcessOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random?: (below: number) => number;
  readonly now?: () => number;
  readonly good?: () => boolean;
}

/** What a process holds of sessions, from its start on. */
async function start({ store, sealer, random = () => 0, now = () => START, good = () => true }: ProcessOptions) {
  const sent: LinkDown[] = [];
  const bound: SessionId[] = [];
  const fleet = await Fleet.load(store);
  const device = fleet.get(deviceId) as Device;
  const keeper = await SessionKeeper.restore(
    {
      store,
      sealer,
      fleet,
      organisationId,
      deviceBehind: () => (good() ? deviceId : undefined),
      send: (message) => sent.push(message),
      random,
      now,
    },
    (_, session) => bound.push(session.sessionId),
  );
  return {
    keeper,
    fleet,
    device,
    sent,
    bound,
    sentOf: <K extends LinkDown['kind']>(kind: K) =>
      sent.filter((message): message is Extract<LinkDown, { kind: K }> => message.kind === kind),
    /** The device is heard over a session; what the store then holds of it is complete. */
    hear: async (session: SessionInfo, record: number, at = START) => {
      if (!device.registration) throw new Error('not registered');
      const contact = contactOf(device, device.registration, { at, session, record });
      await commitAll(store, [contact, keeper.heard(device, session)]);
    },
  };
}

function sessionOf(name: string): SessionInfo {
  const sessionId = name as SessionId;
  return { sessionId, transport: 'coaps', address: '192.0.2.1:40000', ingress: 0, identity, credential };
}

function openedOf(session: SessionInfo, sendLimit = 100): Extract<LinkUp, { kind: 'session-opened' }> {
  const snapshot = { bytes: SECRET, sendLimit, connectionId: '1000a1a2a3a4a5a6' };
  return { kind: 'session-opened', at: START, session, snapshot };
}

const keptRows = (store: Store) => store.list('dtlsSessions');

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

describe('Numbers to send with', () => {
  let store: Store;
  let sealer: Sealer;
  const session = sessionOf('session-1');
  const { sessionId } = session;

  beforeEach(async () => {
    store = openMemoryStore();
    sealer = await sealerOf('key');
    await addDevice(store);
  });

  it('are granted after the commit, and not before', async () => {
    const watched = watchedStore(store);
    const { keeper, sentOf } = await start({ store: watched.store, sealer });
    keeper.opened(openedOf(session));
    await rest();
    watched.control.hold();
    keeper.reserve(sessionId, 300);
    await rest();
    expect(sentOf('reserved')).toEqual([]);
    watched.control.release();
    await rest();
    expect(sentOf('reserved')).toEqual([{ kind: 'reserved', sessionId, upTo: 300 }]);
    expect((await keptRows(store))[0]?.sendLimit).toBe(300);
  });

  it('are granted to a link that asks again before it is answered', async () => {
    const { keeper, sentOf } = await start({ store, sealer });
    keeper.opened(openedOf(session));
    for (const upTo of [300, 300, 500]) keeper.reserve(sessionId, upTo);
    await rest();
    expect(sentOf('reserved').map(({ upTo }) => upTo)).toEqual([300, 500]);
    expect(sentOf('drop-session')).toEqual([]);
    expect((await keptRows(store))[0]?.sendLimit).toBe(500);
  });

  it('are never granted to two processes: where another one was first, the session ends without a word', async () => {
    const old = await start({ store, sealer });
    old.keeper.opened(openedOf(session));
    await old.hear(session, 1);
    const fresh = await start({ store, sealer });
    old.keeper.reserve(sessionId, 300);
    fresh.keeper.reserve(sessionId, 500);
    await rest();
    expect(fresh.sentOf('reserved')).toHaveLength(1);
    expect(old.sentOf('reserved')).toEqual([]);
    expect(old.sentOf('drop-session')).toEqual([{ kind: 'drop-session', sessionId }]);
    expect(old.keeper.size).toBe(0);
    expect((await keptRows(store))[0]?.sendLimit).toBe(500);
    // What it asks for again is not granted either.
    old.keeper.reserve(sessionId, 900);
    await rest();
    expect(old.sentOf('reserved')).toEqual([]);
  });

  it('go to one of two processes that begin at the same time', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await before.hear(session, 1);
    const both = await Promise.all([start({ store, sealer }), start({ store, sealer })]);
    expect(both.flatMap(({ sentOf }) => sentOf('restore-session'))).toHaveLength(1);
    expect(both.map(({ keeper }) => keeper.size).sort()).toEqual([0, 1]);
  });

  it('are never the same, in whatever order processes begin and ask', async () => {
    const step = fc.record({ process: fc.nat(3), begins: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const shared = openMemoryStore();
        await addDevice(shared);
        const first = await start({ store: shared, sealer });
        first.keeper.opened(openedOf(session));
        await first.hear(session, 1);
        const processes = [{ runs: first, limit: 100 }];
        const granted = [{ from: 0, upTo: 100 }];
        for (const { process, begins } of steps) {
          const one = processes[process % processes.length] ?? expect.fail();
          if (begins) {
            const fresh = await start({ store: shared, sealer });
            const [restored] = fresh.sentOf('restore-session');
            if (!restored) continue;
            granted.push({ from: restored.sendFrom, upTo: restored.sendLimit });
            processes.push({ runs: fresh, limit: restored.sendLimit });
            continue;
          }
          const before = one.runs.sentOf('reserved').length;
          one.runs.keeper.reserve(sessionId, one.limit + 64);
          await rest();
          if (one.runs.sentOf('reserved').length === before) continue;
          granted.push({ from: one.limit, upTo: one.limit + 64 });
          one.limit += 64;
        }
        for (const a of granted) {
          for (const b of granted) if (a !== b) expect(a.upTo <= b.from || b.upTo <= a.from).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('differ even between servers on copies of the data, of which no store knows', async () => {
    const before = await start({ store, sealer });
    before.keeper.opened(openedOf(session));
    await before.hear(session, 1);
    const first = await start({ store, sealer, random: (below) => Math.floor(below / 3) });
    const second = await start({ store, sealer, random: (below) => Math.floor(below / 2) });
    const from = [first, second].map(({ sentOf }) => sentOf('restore-session')[0]?.sendFrom ?? 0);
    expect(Math.abs((from[0] ?? 0) - (from[1] ?? 0))).toBeGreaterThan(2 ** 33);
    expect(Math.min(...from)).toBeGreaterThan(100);
  });

  it('and rows that the disk had no room for are tried again, and granted when they are there', async () => {
    const watched = watchedStore(store);
    const { keeper, sentOf } = await start({ store: watched.store, sealer });
    watched.control.failure = new Error('full');
    keeper.opened(openedOf(session));
    await rest();
    keeper.reserve(sessionId, 300);
    await rest();
    keeper.tick();
    await rest();
    expect(sentOf('reserved')).toEqual([]);
    expect(sentOf('drop-session')).toEqual([]);
    watched.control.failure = undefined;
    keeper.tick();
    await rest();
    keeper.tick();
    await rest();
    expect((await keptRows(store))[0]?.sendLimit).toBe(300);
    expect(sentOf('reserved').at(-1)).toEqual({ kind: 'reserved', sessionId, upTo: 300 });
  });

  it('of a session that nobody knows are not granted', async () => {
    const { keeper, sentOf } = await start({ store, sealer });
    keeper.reserve(sessionId, 300);
    expect(sentOf('drop-session')).toEqual([{ kind: 'drop-session', sessionId }]);
  });
});
