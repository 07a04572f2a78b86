import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { addressKey } from './effects.ts';
import { readRecord } from './record.ts';
import { heard, joined, newServer, said, sessionEnds, take } from './test-sessions.ts';
import { CLIENT_ADDRESS, effectsOf, SERVER_ADDRESS } from './testing.ts';

const NAMED = { connectionId: Buffer.from('c0ffee01', 'hex') };

describe('a silent session', () => {
  it('sleeps after `hibernateMs`, and wakes by its next record or send', () => {
    const session = joined(NAMED, { limits: { hibernateMs: 1_000 } });
    const { server, client, key } = session;
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 0 });
    expect(server.nextWakeAt()).toBeUndefined();
    for (const datagram of said(session, 'up')) server.receive(CLIENT_ADDRESS, datagram, 500);
    expect(effectsOf(server.drain(), 'received')).toMatchObject([{ session: key }]);
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 1 });
    expect(server.nextWakeAt()).toBe(1_500);
    server.tick(1_499);
    expect(server.sizes().activeSessions).toBe(1);
    server.tick(1_500);
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 0 });
    expect(server.send(key, Buffer.from('you too'))).toBe('sent');
    expect(server.sizes().activeSessions).toBe(1);
    expect(
      heard(
        client,
        effectsOf(server.drain(), 'send').map(({ datagram }) => datagram),
      ),
    ).toEqual(['you too']);
  });

  it('stays what it is through a thousand sleeps: numbers are used once, and copies are refused', () => {
    const session = joined(NAMED);
    const { server, client, key } = session;
    const sequences = new Set<number | undefined>();
    let late: Uint8Array | undefined;
    for (let night = 0; night < 1_000; night++) {
      const now = night * 100_000;
      const datagrams = said(session, `up ${night}`, `late ${night}`);
      const [first, second] = datagrams;
      for (const datagram of [late, first, first, late]) if (datagram) server.receive(CLIENT_ADDRESS, datagram, now);
      const taken = effectsOf(server.drain(), 'received').map(({ data }) => Buffer.from(data).toString());
      expect(taken).toEqual(night === 0 ? ['up 0'] : [`late ${night - 1}`, `up ${night}`]);
      late = second;
      server.send(key, Buffer.from(`answer ${night}`));
      const sent = effectsOf(server.drain(), 'send').map(({ datagram }) => datagram);
      for (const datagram of sent) sequences.add(readRecord(datagram, 0)?.sequence);
      expect(heard(client, sent, now)).toEqual([`answer ${night}`]);
      server.tick(now + 50_000);
      client.tick(now + 50_000);
      expect([server.sizes().activeSessions, client.sizes().activeSessions]).toEqual([0, 0]);
      if (first) server.receive(CLIENT_ADDRESS, first, now + 50_000);
      expect(server.drain()).toEqual([]);
      expect(server.sizes().activeSessions).toBe(0);
    }
    expect(sequences.size).toBe(1_000);
    expect(server.dropped()).toMatchObject({ replayed: 1_000 + 1_000 + 999, notAuthentic: 0 });
  });

  it('is not woken by forged records, however many; they are counted', () => {
    const session = joined(NAMED);
    const { server, key } = session;
    const [datagram] = said(session, 'true');
    const forged = Buffer.from(datagram ?? []);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    for (let i = 0; i < 1_000; i++) {
      forged.writeUInt32BE(i, 7);
      server.receive(addressKey(`203.0.113.9:${i}`), forged, i);
    }
    expect(server.drain()).toEqual([]);
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 0, deadlines: 0 });
    expect(server.status(key)).toEqual({ address: CLIENT_ADDRESS, asleep: true, badRecords: 1_000 });
  });

  it('says goodbye when it is closed in its sleep', () => {
    const { server, client, key } = joined(NAMED);
    server.close(key);
    const effects = server.drain();
    expect(effectsOf(effects, 'closed')).toEqual([{ kind: 'closed', session: key, reason: 'local' }]);
    for (const { datagram } of effectsOf(effects, 'send')) client.receive(SERVER_ADDRESS, datagram, 0);
    expect(effectsOf(client.drain(), 'closed')).toEqual([{ kind: 'closed', session: key, reason: 'peer' }]);
    expect([server.sizes().sessions, client.sizes().sessions]).toEqual([0, 0]);
  });

  it('leaves room for those that are awake: beyond `activeSessions` the one silent longest sleeps', () => {
    const server = newServer({ limits: { activeSessions: 3 } });
    const sessions = Array.from({ length: 10 }, (_, i) =>
      joined({ name: `device ${i}`, connectionId: Buffer.from(`000000${i}0`, 'hex') }, {}, server),
    );
    for (const [i, session] of sessions.entries()) {
      for (const datagram of said(session, 'up')) server.receive(CLIENT_ADDRESS, datagram, i * 2_000);
      expect(server.sizes().activeSessions).toBe(Math.min(3, i + 1));
    }
    expect(sessions.map(({ key }) => server.status(key)?.asleep)).toEqual([
      ...Array(7).fill(true),
      false,
      false,
      false,
    ]);
  });
});

describe('sessions asleep', () => {
  it('take no more than 500 octets each, all told', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const server = newServer({}, 8);
    const add = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        const connectionId = Buffer.alloc(8);
        connectionId.writeUInt32BE(i);
        const clientAddress = addressKey(`0|203.0.${i >> 8}.${i & 255}|${i}`);
        const identity = `psk:${Buffer.from(`urn:dev:os:0023C7-${i}`).toString('hex')}`;
        take(server, sessionEnds({ name: `session ${i}`.padEnd(16), identity, connectionId, clientAddress }).server);
      }
    };
    add(0, 2_000);
    const before = held();
    add(2_000, 12_000);
    expect((held() - before) / 10_000).toBeLessThan(500);
    expect(server.sizes()).toMatchObject({ sessions: 12_000, activeSessions: 0 });
  });
});

describe('the limit of plaintext in a record', () => {
  it('holds for ours and for the peer’s', () => {
    const session = joined({ ...NAMED, server: { sendBytes: 512, receiveBytes: 256 } });
    const { server, key } = session;
    expect(server.send(key, Buffer.alloc(513))).toBe('too-long');
    expect(server.send(key, Buffer.alloc(512))).toBe('sent');
    server.drain();
    for (const datagram of said(session, 'x'.repeat(257), 'x'.repeat(256))) server.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(server.drain(), 'received')).toMatchObject([{ record: 1 }]);
    expect(server.dropped().overLimit).toBe(1);
  });
});

describe('a flood of forged records', () => {
  it('shuts out its source for a second, unopened, and nobody else', () => {
    const session = joined(NAMED, { limits: { failedRecordsPerSource: 10 } });
    const { server, key } = session;
    const mallory = addressKey('203.0.113.9:666');
    const [first, second] = said(session, 'first', 'second');
    const forged = Buffer.from(first ?? []);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    for (let i = 0; i < 100; i++) server.receive(mallory, forged, 0);
    expect(server.dropped()).toMatchObject({ notAuthentic: 10, rateLimited: 90 });
    expect(server.status(key)?.badRecords).toBe(10);
    if (first) server.receive(mallory, first, 999);
    expect(server.drain()).toEqual([]);
    if (first) server.receive(CLIENT_ADDRESS, first, 999);
    if (second) server.receive(mallory, second, 1_000);
    expect(effectsOf(server.drain(), 'received')).toHaveLength(2);
  });
});
