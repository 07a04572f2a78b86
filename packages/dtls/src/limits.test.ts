/** Every limit is flooded to ten times its value, or to what its line says; sizes stay within the table. */
import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { type AddressKey, addressKey, type DtlsEffect } from './effects.ts';
import { unfragmented, writeFragment } from './fragments.ts';
import { encodeClientKeyExchange } from './key-exchange.ts';
import { DEFAULT_LIMITS, type DtlsLimits } from './limits.ts';
import type { ClientIdentity, ServerOptions } from './options.ts';
import { ContentType, plaintextRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { effectsOf, FOUND, IDENTITY, KEY, Pair, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER } from './testing-peers.ts';

const TIGHT: DtlsLimits = {
  halfOpen: 20,
  halfOpenPerPrefix: 5,
  lookups: 4,
  handshakeMs: 10_000,
  handshakeMessageBytes: 300,
  reassemblyBytes: 600,
  messagesAhead: 3,
  heldBytes: 200,
  identityBytes: 64,
  sessions: 6,
  activeSessions: 4,
  hibernateMs: 20_000,
  sessionsPerIdentity: 3,
  lastFlightMs: 5_000,
  applicationBytes: 100,
  waitingBytes: 50,
  failedRecordsPerSource: 5,
  badCookies: 10,
};

function newServer(options: Partial<ServerOptions> = {}): DtlsServer {
  return new DtlsServer({
    random: replayableRandom('server'),
    limits: TIGHT,
    prefixOf: (address) => address.split('.')[0] ?? '',
    ...options,
  });
}

/** Brings a new client as far as its flight of ClientKeyExchange, ChangeCipherSpec and Finished. */
function approach(
  server: DtlsServer,
  address: AddressKey,
  now: number,
  identity: Uint8Array = IDENTITY,
): { client: DtlsClient; last: readonly DtlsEffect[] } {
  const client = new DtlsClient({
    random: replayableRandom(address),
    address: SERVER_ADDRESS,
    identity: { kind: 'psk', identity, key: KEY },
  });
  client.connect(now);
  let last: readonly DtlsEffect[] = [];
  for (let round = 0; round < 2; round++) {
    for (const { datagram } of effectsOf(client.drain(), 'send')) server.receive(address, datagram, now);
    last = server.drain();
    for (const { datagram } of effectsOf(last, 'send')) client.receive(SERVER_ADDRESS, datagram, now);
  }
  return { client, last };
}

/** And further: the server takes the flight and finds the key if asked to. */
function finish(server: DtlsServer, address: AddressKey, client: DtlsClient, find: boolean, now: number): DtlsEffect[] {
  for (const { datagram } of effectsOf(client.drain(), 'send')) server.receive(address, datagram, now);
  const effects = server.drain();
  for (const { lookup } of effectsOf(effects, 'findPsk')) if (find) server.pskFound(lookup, FOUND, now);
  return [...effects, ...server.drain()];
}

function within(server: DtlsServer): void {
  const sizes = server.sizes();
  expect(sizes.halfOpen).toBeLessThanOrEqual(TIGHT.halfOpen);
  expect(sizes.halfOpenPerPrefix).toBeLessThanOrEqual(TIGHT.halfOpenPerPrefix);
  expect(sizes.lookups).toBeLessThanOrEqual(TIGHT.lookups);
  expect(sizes.reassemblyBytes).toBeLessThanOrEqual(sizes.halfOpen * TIGHT.reassemblyBytes);
  expect(sizes.heldBytes).toBeLessThanOrEqual(sizes.halfOpen * TIGHT.heldBytes);
  expect(sizes.sessions).toBeLessThanOrEqual(TIGHT.sessions);
  expect(sizes.activeSessions).toBeLessThanOrEqual(TIGHT.activeSessions);
  expect(sizes.sessionsPerIdentity).toBeLessThanOrEqual(TIGHT.sessionsPerIdentity);
  expect(sizes.lastFlights).toBeLessThanOrEqual(sizes.sessions);
  expect(sizes.deadlines).toBe(sizes.halfOpen + sizes.lastFlights);
}

const limitRefusal = [{ check: 'limit' }];

/** How each limit is put to the test. A limit without a line here does not compile. */
const FLOODS: { readonly [K in keyof DtlsLimits]: () => void } = {
  halfOpen() {
    const server = newServer();
    for (let i = 0; i < 10 * TIGHT.halfOpen; i++) {
      const { last } = approach(server, addressKey(`${i}.1`), 0);
      if (i >= TIGHT.halfOpen) expect(effectsOf(last, 'refused')).toMatchObject(limitRefusal);
      within(server);
    }
    expect(server.sizes().halfOpen).toBe(TIGHT.halfOpen);
  },
  halfOpenPerPrefix() {
    const server = newServer();
    for (let i = 0; i < 10 * TIGHT.halfOpenPerPrefix; i++) approach(server, addressKey(`7.${i}`), 0);
    expect(server.sizes()).toMatchObject({
      halfOpen: TIGHT.halfOpenPerPrefix,
      halfOpenPerPrefix: TIGHT.halfOpenPerPrefix,
    });
    const { last } = approach(server, addressKey('8.1'), 0);
    expect(effectsOf(last, 'refused')).toEqual([]);
  },
  lookups() {
    const server = newServer();
    for (let i = 0; i < 10 * TIGHT.lookups; i++) {
      const address = addressKey(`${i}.1`);
      const effects = finish(server, address, approach(server, address, 0).client, false, 0);
      if (i >= TIGHT.lookups) expect(effectsOf(effects, 'refused')).toMatchObject(limitRefusal);
      within(server);
    }
    expect(server.sizes().lookups).toBe(TIGHT.lookups);
  },
  handshakeMs() {
    const server = newServer();
    for (let i = 0; i < 10; i++) approach(server, addressKey(`${i}.1`), i);
    server.tick(TIGHT.handshakeMs + 9);
    expect(effectsOf(server.drain(), 'refused')).toHaveLength(10);
    expect(server.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0 });
  },
  handshakeMessageBytes() {
    const server = newServer();
    const address = addressKey('1.1');
    approach(server, address, 0);
    const body = Buffer.alloc(10 * TIGHT.handshakeMessageBytes);
    const fragment = writeFragment({ type: 16, messageSequence: 2, body }, 0, 100);
    server.receive(address, plaintextRecord(ContentType.HANDSHAKE, 2, fragment), 0);
    expect(server.sizes().reassemblyBytes).toBe(0);
  },
  reassemblyBytes() {
    const server = newServer();
    const address = addressKey('1.1');
    approach(server, address, 0);
    for (let i = 0; i < 40; i++) {
      const body = Buffer.alloc(250);
      const fragment = writeFragment({ type: 16, messageSequence: 2 + (i % 4), body }, i, 100);
      server.receive(address, plaintextRecord(ContentType.HANDSHAKE, 2, fragment), 0);
      within(server);
    }
    expect(server.sizes().reassemblyBytes).toBe(500);
  },
  messagesAhead() {
    const server = newServer();
    const address = addressKey('1.1');
    approach(server, address, 0);
    for (let i = 0; i < 10 * TIGHT.messagesAhead; i++) {
      const message = unfragmented({ type: 16, messageSequence: 3 + i, body: Buffer.alloc(10) });
      server.receive(address, plaintextRecord(ContentType.HANDSHAKE, 2, message), 0);
    }
    expect(server.sizes().reassemblyBytes).toBe(TIGHT.messagesAhead * 10);
  },
  heldBytes() {
    const server = newServer();
    const address = addressKey('1.1');
    approach(server, address, 0);
    for (let i = 0; i < 100; i++) {
      const record = Buffer.from(plaintextRecord(ContentType.HANDSHAKE, i, Buffer.alloc(40)));
      record.writeUInt16BE(1, 3);
      server.receive(address, record, 0);
      within(server);
    }
    expect(server.sizes().heldBytes).toBe(3 * 53);
    expect(server.dropped().overLimit).toBe(97);
  },
  identityBytes() {
    const server = newServer();
    const address = addressKey('1.1');
    approach(server, address, 0);
    const body = encodeClientKeyExchange('psk', { identity: Buffer.alloc(TIGHT.identityBytes + 1) });
    const message = unfragmented({ type: 16, messageSequence: 2, body });
    server.receive(address, plaintextRecord(ContentType.HANDSHAKE, 2, message), 0);
    expect(effectsOf(server.drain(), 'refused')).toMatchObject(limitRefusal);
  },
  sessions() {
    const server = newServer();
    for (let i = 0; i < 10 * TIGHT.sessions; i++) {
      const address = addressKey(`${i}.1`);
      const { client } = approach(server, address, i, Buffer.from(`device ${i}`));
      const effects = finish(server, address, client, true, i);
      expect(effectsOf(effects, 'established')).toHaveLength(1);
      expect(effectsOf(effects, 'closed')).toHaveLength(i < TIGHT.sessions ? 0 : 1);
      within(server);
    }
    expect(server.sizes()).toMatchObject({ sessions: TIGHT.sessions, sessionsPerIdentity: 1 });
  },
  activeSessions() {
    const server = newServer();
    for (let i = 0; i < TIGHT.sessions; i++) {
      const address = addressKey(`${i}.1`);
      finish(server, address, approach(server, address, i, Buffer.from(`device ${i}`)).client, true, i);
      within(server);
    }
    expect(server.sizes()).toMatchObject({ sessions: TIGHT.sessions, activeSessions: TIGHT.activeSessions });
  },
  hibernateMs() {
    const server = newServer();
    const address = addressKey('1.1');
    finish(server, address, approach(server, address, 0).client, true, 0);
    server.tick(TIGHT.lastFlightMs);
    server.tick(TIGHT.hibernateMs - 1);
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 1 });
    server.tick(TIGHT.hibernateMs);
    expect(server.sizes()).toMatchObject({ sessions: 1, activeSessions: 0 });
  },
  sessionsPerIdentity() {
    const server = newServer();
    const other = addressKey('9.9');
    finish(server, other, approach(server, other, 0, Buffer.from('another device')).client, true, 0);
    const begun: unknown[] = [];
    for (let i = 0; i < 10 * TIGHT.sessionsPerIdentity; i++) {
      const address = addressKey(`${i}.1`);
      const effects = finish(server, address, approach(server, address, i).client, true, i);
      begun.push(...effectsOf(effects, 'established').map(({ session }) => session));
      const gone =
        i < TIGHT.sessionsPerIdentity ? [] : [{ session: begun[i - TIGHT.sessionsPerIdentity], reason: 'evicted' }];
      expect(effectsOf(effects, 'closed')).toMatchObject(gone);
      within(server);
    }
    expect(begun).toHaveLength(10 * TIGHT.sessionsPerIdentity);
    expect(server.sizes()).toMatchObject({
      sessions: TIGHT.sessionsPerIdentity + 1,
      sessionsPerIdentity: TIGHT.sessionsPerIdentity,
    });
  },
  lastFlightMs() {
    const server = newServer();
    const address = addressKey('1.1');
    finish(server, address, approach(server, address, 0).client, true, 0);
    expect(server.sizes().lastFlights).toBe(1);
    server.tick(TIGHT.lastFlightMs - 1);
    expect(server.sizes().lastFlights).toBe(1);
    server.tick(TIGHT.lastFlightMs);
    expect(server.sizes()).toMatchObject({ lastFlights: 0, deadlines: 0, sessions: 1 });
  },
  applicationBytes() {
    const server = newServer();
    const address = addressKey('1.1');
    const effects = finish(server, address, approach(server, address, 0).client, true, 0);
    const session = effectsOf(effects, 'established')[0]?.session;
    if (session === undefined) throw new Error('not established');
    expect(server.send(session, Buffer.alloc(TIGHT.applicationBytes))).toBe('sent');
    expect(server.send(session, Buffer.alloc(10 * TIGHT.applicationBytes))).toBe('too-long');
  },
  waitingBytes() {
    const server = newServer({ reservations: { block: 1 } });
    const address = addressKey('1.1');
    const effects = finish(server, address, approach(server, address, 0).client, true, 0);
    const session = effectsOf(effects, 'established')[0]?.session;
    if (session === undefined) throw new Error('not established');
    const results = Array.from({ length: 51 }, () => server.send(session, Buffer.alloc(10)));
    expect(results).toEqual(['sent', ...Array(5).fill('waiting'), ...Array(45).fill('queue-full')]);
    expect(effectsOf(server.drain(), 'send')).toHaveLength(1);
  },
  failedRecordsPerSource() {
    const server = newServer();
    const forged = Buffer.from(plaintextRecord(ContentType.APPLICATION_DATA, 0, Buffer.alloc(40)));
    forged.writeUInt16BE(1, 3);
    for (let i = 0; i < 10 * TIGHT.failedRecordsPerSource; i++) server.receive(addressKey('1.1'), forged, 0);
    expect(server.dropped()).toMatchObject({ notAuthentic: 5, rateLimited: 45 });
  },
  badCookies() {
    const server = newServer();
    const client = new DtlsClient({
      random: replayableRandom('x'),
      address: SERVER_ADDRESS,
      identity: PSK,
    });
    client.connect(0);
    const [first] = effectsOf(client.drain(), 'send');
    server.receive(addressKey('1.1'), first?.datagram ?? new Uint8Array(0), 0);
    for (const { datagram } of effectsOf(server.drain(), 'send')) client.receive(SERVER_ADDRESS, datagram, 0);
    const [second] = effectsOf(client.drain(), 'send');
    let told = 0;
    for (let i = 0; i < 10 * TIGHT.badCookies; i++) {
      // The cookie was made for another address.
      server.receive(addressKey('2.2'), second?.datagram ?? new Uint8Array(0), 0);
      told += effectsOf(server.drain(), 'refused').length;
    }
    expect(told).toBe(1);
    expect(server.sizes().halfOpen).toBe(0);
  },
};

describe('limits', () => {
  it.each(Object.keys(DEFAULT_LIMITS) as (keyof DtlsLimits)[])('%s holds', (limit) => FLOODS[limit]());

  it.each([
    ['of its own prefix', '7'],
    ['of all', '8'],
  ])('a flood %s that lets its handshakes lie keeps no honest one out', (_, prefix) => {
    const server = newServer();
    for (let i = 0; i < 10 * TIGHT.halfOpen; i++) approach(server, addressKey(prefix === '7' ? `7.${i}` : `${i}.2`), 0);
    const address = addressKey(`${prefix}.honest`);
    const { client } = approach(server, address, 1);
    for (let i = 0; i < TIGHT.halfOpenPerPrefix - 1; i++) approach(server, addressKey(`${prefix}.x${i}`), 1);
    expect(effectsOf(finish(server, address, client, true, 1), 'established')).toMatchObject([{ address }]);
    within(server);
  });

  it('leave room for four certificates that RSA keys of 4096 bits have signed, each way', () => {
    // Each has at most a key and a signature of 512 octets, and names and extensions.
    const authorities = Array.from({ length: 3 }, () => Buffer.alloc(1_600, 1));
    const longer = ([leaf = new Uint8Array(0)]: readonly Uint8Array[]) => [leaf, ...authorities];
    const client = CERTIFIED_CLIENT.kind === 'certificate' ? CERTIFIED_CLIENT.chain : [];
    const pair = new Pair({
      shared: { mtu: 200 },
      client: { identity: { ...CERTIFIED_CLIENT, chain: longer(client) } as ClientIdentity },
      server: { identities: [{ ...CERTIFIED_SERVER, certificates: longer(CERTIFIED_SERVER.certificates ?? []) }] },
      admitPeer: () => ({ ok: true, credential: 'anybody' }),
    });
    pair.client.connect(0);
    pair.run(1_000);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
    expect(effectsOf(pair.serverEffects, 'findPeer')[0]?.presented).toMatchObject({ chain: { length: 4 } });
  });
});
