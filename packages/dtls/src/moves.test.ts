import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { readRecord } from './record.ts';
import type { DtlsServer } from './server.ts';
import { encodeSession, encodeSnapshot } from './snapshot.ts';
import { SUITES } from './suites.ts';
import { freshSnapshot, heard, joined, newServer, said, sessionEnds, take } from './test-sessions.ts';
import { CLIENT_ADDRESS, effectsOf, Pair, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';

const NAMED = { connectionId: Buffer.from('c0ffee01', 'hex') };
const RESERVING = { reservations: { block: 4 } };

/** What the server has sent, and has a store reserve at once. */
function settle(server: DtlsServer): Uint8Array[] {
  const sent: Uint8Array[] = [];
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    sent.push(...effectsOf(effects, 'send').map(({ datagram }) => datagram));
    for (const { session, upTo } of effectsOf(effects, 'reserve')) server.reserved(session, upTo, 0);
  }
  return sent;
}

describe('a session that outlives its process', () => {
  it('goes on: the next record is answered', () => {
    const session = joined(NAMED, RESERVING);
    const { server, client, key } = session;
    for (const datagram of said(session, 'before')) server.receive(CLIENT_ADDRESS, datagram, 0);
    server.send(key, Buffer.from('answer'));
    expect(heard(client, settle(server))).toEqual(['answer']);
    const snapshot = server.export(key);
    const next = newServer(RESERVING);
    expect(next.import(snapshot ?? new Uint8Array(0), {}, 0)).toEqual({ ok: true, session: key });
    for (const datagram of said(session, 'after')) next.receive(CLIENT_ADDRESS, datagram, 0);
    const effects = next.drain();
    expect(effectsOf(effects, 'received')).toMatchObject([{ session: key, record: 1 }]);
    // It begins after all that the first process had reserved, used or not.
    expect(effectsOf(effects, 'reserve')).toEqual([{ kind: 'reserve', session: key, from: 8, upTo: 16 }]);
    next.send(key, Buffer.from('answer again'));
    expect(next.drain()).toEqual([]);
    next.reserved(key, 16, 0);
    expect(heard(client, settle(next))).toEqual(['answer again']);
  });

  it('lets the server send first', () => {
    const { server, client, key } = joined(NAMED, RESERVING);
    const next = newServer(RESERVING);
    next.import(server.export(key) ?? new Uint8Array(0), { sendFrom: 100, received: 7 }, 0);
    expect(next.send(key, Buffer.from('hello'))).toBe('waiting');
    const [ask] = next.drain();
    expect(ask).toEqual({ kind: 'reserve', session: key, from: 100, upTo: 108 });
    next.reserved(key, 108, 0);
    const sent = settle(next);
    expect(sent.map((datagram) => readRecord(datagram, 0)?.sequence)).toEqual([100]);
    expect(heard(client, sent)).toEqual(['hello']);
  });

  it('refuses what was captured before', () => {
    const session = joined(NAMED, RESERVING);
    const captured = said(session, '0', '1', '2', '3', '4', '5');
    const next = newServer(RESERVING);
    take(next, sessionEnds(NAMED).server, { received: 4 });
    for (const datagram of captured) next.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(next.drain(), 'received')).toMatchObject([{ record: 5 }]);
    expect(next.dropped().replayed).toBe(5);
  });

  it('never goes back to before its snapshot, whatever position it is given', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const captured = said(session, '0', '1', '2');
    for (const datagram of captured) server.receive(CLIENT_ADDRESS, datagram, 0);
    for (let i = 0; i < 3; i++) server.send(key, Buffer.from('x'));
    const next = newServer();
    next.import(server.export(key) ?? new Uint8Array(0), { sendFrom: 1, received: 0 }, 0);
    for (const datagram of captured) next.receive(CLIENT_ADDRESS, datagram, 0);
    next.send(key, Buffer.from('y'));
    const effects = next.drain();
    expect(effectsOf(effects, 'received')).toEqual([]);
    expect(effectsOf(effects, 'send').map(({ datagram }) => readRecord(datagram, 0)?.sequence)).toEqual([3]);
  });

  it('is the same for a client', () => {
    const session = joined(NAMED);
    const { server, client, key } = session;
    const again = new DtlsClient({ random: replayableRandom('again'), address: SERVER_ADDRESS, identity: PSK });
    said(session, 'before');
    expect(again.import(client.export(key) ?? new Uint8Array(0), {}, 0).ok).toBe(true);
    for (const datagram of said({ ...session, client: again }, 'after')) server.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(server.drain(), 'received')).toMatchObject([{ record: 1 }]);
  });

  it('waits for sequence numbers within bounds, and in order', () => {
    const { server, client, key } = joined(NAMED, { ...RESERVING, limits: { waitingBytes: 10 } });
    const results = ['one', 'two', 'six', 'overflow'].map((text) => server.send(key, Buffer.from(text)));
    expect(results).toEqual(['waiting', 'waiting', 'waiting', 'queue-full']);
    const [ask] = effectsOf(server.drain(), 'reserve');
    server.reserved(key, ask?.upTo ?? 0, 0);
    expect(heard(client, settle(server))).toEqual(['one', 'two', 'six']);
  });

  it('ends without a word when another process owns it', () => {
    const { server, key } = joined(NAMED, RESERVING);
    server.send(key, Buffer.from('x'));
    server.drain();
    server.abandonSession(key);
    expect(server.drain()).toEqual([{ kind: 'closed', session: key, reason: 'abandoned' }]);
    server.reserved(key, 8, 0);
    expect(server.drain()).toEqual([]);
  });
});

describe('a snapshot is refused', () => {
  it('when it is no snapshot, or cut', () => {
    const server = newServer();
    const snapshot = freshSnapshot(sessionEnds(NAMED).server);
    for (let length = 0; length < snapshot.length; length++) {
      expect(server.import(snapshot.subarray(0, length), {}, 0).ok).toBe(false);
    }
    expect(server.sizes().sessions).toBe(0);
  });

  it('when the session is here, its Connection ID does not fit, or a limit is reached', () => {
    const server = newServer({ limits: { sessions: 3, sessionsPerIdentity: 2 } });
    const named = (name: string, identity: string, id: string) =>
      freshSnapshot(sessionEnds({ name, identity, connectionId: Buffer.from(id, 'hex') }).server);
    expect(server.import(named('a', 'one', '00000001'), {}, 0).ok).toBe(true);
    const details = [named('a', 'one', '00000002'), named('b', 'one', '00000001'), named('b', 'one', '0000000002')].map(
      (snapshot) => server.import(snapshot, {}, 0),
    );
    expect(details).toMatchObject([{ ok: false }, { ok: false }, { ok: false }]);
    expect(server.import(named('b', 'one', '00000002'), {}, 0).ok).toBe(true);
    expect(server.import(named('c', 'one', '00000003'), {}, 0)).toMatchObject({
      detail: expect.stringContaining('Iden'),
    });
    expect(server.import(named('c', 'two', '00000003'), {}, 0).ok).toBe(true);
    expect(server.import(named('d', 'two', '00000004'), {}, 0)).toMatchObject({
      detail: 'the limit sessions is reached',
    });
  });

  it('when its cipher suite is not allowed any more', () => {
    const { server: state } = sessionEnds(NAMED);
    const others = SUITES.map(({ name }) => name).filter((name) => name !== state.keys.suite.name);
    expect(newServer({ suites: others }).import(freshSnapshot(state), {}, 0)).toEqual({
      ok: false,
      detail: `the cipher suite ${state.keys.suite.name} is not allowed here`,
    });
    expect(newServer().import(freshSnapshot(state), {}, 0).ok).toBe(true);
  });

  it('when its position is none', () => {
    const { server: state } = sessionEnds(NAMED);
    for (const position of [
      { sendFrom: 0.5 },
      { sendFrom: 2 ** 49 },
      { received: Number.NaN },
      { received: 2 ** 48 },
    ]) {
      expect(newServer(RESERVING).import(freshSnapshot(state), position, 0).ok).toBe(false);
    }
  });

  it('whatever its octets are, without an exception', () => {
    const snapshot = Buffer.from(
      encodeSnapshot({ sendFrom: 1, received: 2, session: encodeSession(sessionEnds().server) }),
    );
    fc.assert(
      fc.property(fc.nat(snapshot.length - 1), fc.nat(255), (at, octet) => {
        const mutated = Buffer.from(snapshot);
        mutated[at] = octet;
        const server = newServer({}, 0);
        const result = server.import(mutated, {}, 0);
        if (!result.ok) return;
        server.send(result.session, Buffer.from('x'));
        server.tick(1e9);
        server.close(result.session);
      }),
    );
  });
});

describe('sequence numbers', () => {
  it('are never taken from beyond the reservation to send the last flight again, however small the datagrams are', () => {
    // No Finished of the server arrives, so that its last flight is sent again and again.
    const isLast = (datagram: Uint8Array): boolean => readRecord(datagram, 0)?.epoch === 1;
    const pair = new Pair({
      shared: { mtu: 80, suites: ['TLS_PSK_WITH_AES_128_CBC_SHA256'] },
      server: { reservations: { block: 3 } },
      network: (datagram, from) => (from === 'server' && isLast(datagram) ? [] : [1]),
    });
    pair.client.connect(0);
    pair.run(100_000);
    const [{ reserved = 0 } = {}] = effectsOf(pair.serverEffects, 'established');
    const records = effectsOf(pair.serverEffects, 'send').map(({ datagram }) => readRecord(datagram, 0));
    const sequences = records.flatMap((record) => (record?.epoch === 1 ? [record.sequence] : []));
    expect(sequences.length).toBeGreaterThan(1);
    expect(Math.max(...sequences)).toBeLessThan(reserved);
  });

  it('are used once, whoever crashes when, and however many processes believe that they own the session', () => {
    const step = fc.record({
      kind: fc.constantFrom('send', 'send', 'send', 'reserve', 'answer', 'start', 'crash', 'sleep', 'export'),
      process: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 6 }), (steps, block) => {
        const { server: state } = sessionEnds(NAMED);
        let snapshot = freshSnapshot(state);
        /** The store's row: below this number all are reserved. */
        let stored = 0;
        const processes = new Map<number, { server: DtlsServer; asked: [number, number][]; answers: number[] }>();
        const used = new Set<number>();
        const collect = (number: number): void => {
          const process = processes.get(number);
          const effects = process?.server.drain() ?? [];
          for (const { datagram } of effectsOf(effects, 'send')) {
            const sequence = readRecord(datagram, 0)?.sequence ?? -1;
            expect(used.has(sequence)).toBe(false);
            expect(sequence).toBeLessThan(stored);
            used.add(sequence);
          }
          for (const { from, upTo } of effectsOf(effects, 'reserve')) process?.asked.push([from, upTo]);
        };
        for (const { kind, process: number } of steps) {
          const process = processes.get(number);
          if (kind === 'start' && process === undefined) {
            const server = newServer({ reservations: { block }, limits: { hibernateMs: 1 } });
            // Whoever does not know the store's row begins at the snapshot, and then finds out.
            const position = number === 2 ? {} : { sendFrom: stored };
            expect(server.import(snapshot, position, 0).ok).toBe(true);
            processes.set(number, { server, asked: [], answers: [] });
          } else if (process === undefined) {
            continue;
          } else if (kind === 'send') {
            process.server.send(state.key, Buffer.from('x'));
          } else if (kind === 'reserve') {
            const [ask] = process.asked.splice(0, 1);
            if (ask === undefined) continue;
            const [from, upTo] = ask;
            if (from === stored) {
              stored = upTo;
              process.answers.push(upTo);
            } else {
              process.server.abandonSession(state.key);
            }
          } else if (kind === 'answer') {
            const [upTo] = process.answers.splice(0, 1);
            if (upTo !== undefined) process.server.reserved(state.key, upTo, 0);
          } else if (kind === 'crash') {
            collect(number);
            processes.delete(number);
          } else if (kind === 'sleep') {
            process.server.tick(1_000_000);
          } else if (kind === 'export') {
            snapshot = process.server.export(state.key) ?? snapshot;
          }
          collect(number);
        }
      }),
      { numRuns: 500 },
    );
  });
});
