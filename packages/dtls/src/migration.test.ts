import { describe, expect, it } from 'vitest';
import { addressKey, type DtlsEffect } from './effects.ts';
import { heard, joined, newServer, said, sessionEnds, take } from './test-sessions.ts';
import { CLIENT_ADDRESS, effectsOf } from './testing.ts';

const AWAY = addressKey('192.0.2.1:50000');
const ELSEWHERE = addressKey('203.0.113.9:666');
const NAMED = { connectionId: Buffer.from('c0ffee01', 'hex') };

function octetsTo(effects: readonly DtlsEffect[], address: string): number {
  const sent = effectsOf(effects, 'send').filter((effect) => effect.address === address);
  return sent.reduce((sum, { datagram }) => sum + datagram.length, 0);
}

describe('SE-10: a session with a Connection ID', () => {
  it('is found wherever its records come from, and answers there', () => {
    const session = joined(NAMED);
    const { server, client, key } = session;
    for (const datagram of said(session, 'from home')) server.receive(CLIENT_ADDRESS, datagram, 0);
    for (const datagram of said(session, 'from away')) server.receive(AWAY, datagram, 0);
    server.send(key, Buffer.from('answer'));
    const effects = server.drain();
    expect(effects.map(({ kind }) => kind)).toEqual(['received', 'addressCandidate', 'received', 'send']);
    expect(effectsOf(effects, 'received')).toMatchObject([
      { session: key, address: CLIENT_ADDRESS, record: 0 },
      { session: key, address: AWAY, record: 1 },
    ]);
    const [answer] = effectsOf(effects, 'send');
    expect(answer?.address).toBe(AWAY);
    expect(heard(client, answer ? [answer.datagram] : [])).toEqual(['answer']);
    expect(server.status(key)).toMatchObject({ address: CLIENT_ADDRESS, candidate: AWAY });
  });

  it('sends at most three times what came from an unproven address there; the rest goes where it was', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const [datagram] = said(session, 'x'.repeat(50));
    server.receive(AWAY, datagram ?? new Uint8Array(0), 0);
    const budget = 3 * (datagram?.length ?? 0);
    for (let i = 0; i < 40; i++) server.send(key, Buffer.alloc(i));
    const effects = server.drain();
    expect(octetsTo(effects, AWAY)).toBeLessThanOrEqual(budget);
    expect(octetsTo(effects, AWAY)).toBeGreaterThan(budget / 2);
    expect(effectsOf(effects, 'send').filter(({ address }) => address === CLIENT_ADDRESS).length).toBeGreaterThan(20);
    for (const more of said(session, 'x'.repeat(50))) server.receive(AWAY, more, 0);
    server.send(key, Buffer.alloc(50));
    expect(octetsTo(server.drain(), AWAY)).toBeGreaterThan(50);
  });

  it('moves once the new address is proven, and only to that one', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    for (const datagram of said(session, 'from away')) server.receive(AWAY, datagram, 0);
    server.drain();
    server.addressProven(key, ELSEWHERE, 0);
    server.addressProven(key, CLIENT_ADDRESS, 0);
    expect(server.drain()).toEqual([]);
    server.addressProven(key, AWAY, 0);
    expect(server.drain()).toEqual([{ kind: 'addressMoved', session: key, address: AWAY, from: CLIENT_ADDRESS }]);
    expect(server.status(key)).toEqual({ address: AWAY, asleep: false, badRecords: 0 });
    server.send(key, Buffer.alloc(5_000));
    expect(octetsTo(server.drain(), AWAY)).toBeGreaterThan(5_000);
    server.addressProven(key, AWAY, 0);
    expect(server.drain()).toEqual([]);
  });

  it('does not move for an authentic record that is not the newest, nor for a copy', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const [first, second, third] = said(session, 'first', 'second', 'third');
    if (!first || !second || !third) throw new Error('nothing was sent');
    server.receive(CLIENT_ADDRESS, second, 0);
    server.receive(ELSEWHERE, first, 0);
    server.receive(ELSEWHERE, second, 0);
    const effects = server.drain();
    expect(effectsOf(effects, 'received')).toHaveLength(2);
    expect(effectsOf(effects, 'addressCandidate')).toEqual([]);
    server.receive(AWAY, third, 0);
    server.receive(ELSEWHERE, third, 0);
    expect(effectsOf(server.drain(), 'addressCandidate')).toEqual([
      { kind: 'addressCandidate', session: key, address: AWAY },
    ]);
    server.send(key, Buffer.from('x'));
    expect(octetsTo(server.drain(), ELSEWHERE)).toBe(0);
  });

  it('stays when the newest record comes from the old address again', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    for (const datagram of said(session, 'away')) server.receive(AWAY, datagram, 0);
    for (const datagram of said(session, 'home')) server.receive(CLIENT_ADDRESS, datagram, 0);
    server.drain();
    server.addressProven(key, AWAY, 0);
    server.send(key, Buffer.from('x'));
    expect(effectsOf(server.drain(), 'send')).toMatchObject([{ address: CLIENT_ADDRESS }]);
  });

  it('knows its candidate still after sleep', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    for (const datagram of said(session, 'away')) server.receive(AWAY, datagram, 0);
    server.tick(100_000);
    expect(server.status(key)).toMatchObject({ address: CLIENT_ADDRESS, candidate: AWAY, asleep: true });
    server.drain();
    server.addressProven(key, AWAY, 100_000);
    expect(effectsOf(server.drain(), 'addressMoved')).toHaveLength(1);
  });

  it('is untouched by forged records, from wherever they come', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const before = server.status(key);
    const [datagram] = said(session, 'true');
    if (datagram === undefined) throw new Error('nothing was sent');
    let forged = 0;
    // Each bit after the Connection ID; another sequence number makes another nonce.
    for (let bit = 3 * 8; bit < datagram.length * 8; bit++) {
      if (bit >= 11 * 8 && bit < 17 * 8) continue;
      const flipped = Uint8Array.from(datagram);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // Every second has a budget of its own.
      for (const [i, address] of [CLIENT_ADDRESS, AWAY].entries()) server.receive(address, flipped, bit * 2_000 + i);
      if (bit >= 5 * 8) forged += 2;
    }
    expect(server.drain()).toEqual([]);
    expect(server.status(key)).toEqual({ ...before, badRecords: forged });
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 0 });
    server.receive(CLIENT_ADDRESS, datagram, 10_000_000);
    expect(effectsOf(server.drain(), 'received')).toHaveLength(1);
  });

  it('takes no record without its Connection ID, nor under that of another', () => {
    const server = newServer();
    const one = joined({ name: 'one', connectionId: Buffer.from('11111111', 'hex') }, {}, server);
    joined({ name: 'two', connectionId: Buffer.from('22222222', 'hex') }, {}, server);
    const [datagram] = said(one, 'mine');
    const relabelled = Buffer.from(datagram ?? []);
    relabelled.fill(0x22, 11, 15);
    server.receive(CLIENT_ADDRESS, relabelled, 0);
    const plain = joined({ name: 'one' });
    for (const without of said(plain, 'mine')) server.receive(CLIENT_ADDRESS, without, 0);
    expect(server.drain()).toEqual([]);
    expect(server.dropped().notAuthentic).toBe(2);
  });
});

describe('Connection IDs of both sides', () => {
  it('stand in the records of each direction', () => {
    const session = joined({ ...NAMED, clientConnectionId: Buffer.from('abcdef', 'hex') });
    const { server, client, key } = session;
    for (const datagram of said(session, 'ping')) {
      expect(datagram[0]).toBe(25);
      server.receive(CLIENT_ADDRESS, datagram, 0);
    }
    server.drain();
    server.send(key, Buffer.from('pong'));
    const sent = effectsOf(server.drain(), 'send').map(({ datagram }) => datagram);
    expect(Buffer.from(sent[0] ?? []).toString('hex', 11, 14)).toBe('abcdef');
    expect(heard(client, sent)).toEqual(['pong']);
  });
});

describe('a session without a Connection ID', () => {
  it('is found by its address alone', () => {
    const session = joined();
    const { server } = session;
    for (const datagram of said(session, 'from away')) server.receive(AWAY, datagram, 0);
    expect(server.drain()).toEqual([]);
    for (const datagram of said(session, 'from home')) server.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(server.drain(), 'received')).toHaveLength(1);
  });

  it('shares an address with others that have one', () => {
    const server = newServer();
    const named = joined({ name: 'named', ...NAMED }, {}, server);
    const plain = joined({ name: 'plain' }, {}, server);
    for (const datagram of [...said(named, 'a'), ...said(plain, 'b')]) server.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(server.drain(), 'received')).toMatchObject([{ session: named.key }, { session: plain.key }]);
    expect(() => take(server, sessionEnds({ name: 'third' }).server)).toThrow('address');
  });
});
