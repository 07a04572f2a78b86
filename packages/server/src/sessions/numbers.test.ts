import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import { watchedStore } from '../store/test-watched.ts';
import { rest } from '../test-core.ts';
import { addDevice, keptRows, openedOf, sealerOf, sessionOf, start } from './test-keeper.ts';

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
