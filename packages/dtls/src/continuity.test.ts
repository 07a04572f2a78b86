/** What a handshake negotiates for the life of its session: Connection IDs, reservations, and whom it replaces. */
import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { addressKey, type SessionKey } from './effects.ts';
import type { ClientIdentity } from './options.ts';
import { type DtlsRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { CLIENT_ADDRESS, effectsOf, Pair, type PairOptions, replayableRandom, SERVER_ADDRESS } from './testing.ts';

const AWAY = addressKey('192.0.2.1:50000');
const OTHER_KEY = Buffer.alloc(16, 2);
const OTHER: ClientIdentity = { kind: 'psk', identity: Buffer.from('device-2'), key: OTHER_KEY };

function serverOptions(): NonNullable<PairOptions['server']> {
  const random = replayableRandom('connection ids');
  return { connectionIds: { length: 8, make: () => random(8) }, reservations: { block: 16 } };
}

function connected(options: PairOptions = {}): { pair: Pair; client: SessionKey; server: SessionKey } {
  const pair = new Pair({
    ...options,
    server: { ...serverOptions(), ...options.server },
    client: { connectionId: 'zero-length', ...options.client },
  });
  pair.client.connect(0);
  pair.run(100);
  const [client] = effectsOf(pair.clientEffects, 'established');
  const [server] = effectsOf(pair.serverEffects, 'established');
  if (client === undefined || server === undefined) throw new Error('not established');
  return { pair, client: client.session, server: server.session };
}

describe('a session of a handshake with Connection IDs', () => {
  it('goes on from another address, both ways', () => {
    const { pair, client, server } = connected();
    expect(effectsOf(pair.serverEffects, 'established')[0]?.connectionId).toHaveLength(8);
    pair.clientAddress = AWAY;
    pair.client.send(client, Buffer.from('moved'));
    pair.run(200);
    pair.server.send(server, Buffer.from('seen'));
    pair.run(300);
    expect(effectsOf(pair.serverEffects, 'received')).toMatchObject([{ session: server, address: AWAY }]);
    expect(effectsOf(pair.clientEffects, 'received')).toHaveLength(1);
  });

  it('survives the server, which may speak first; nothing is sent with a number that is not reserved', () => {
    const { pair, client, server } = connected();
    const [{ reserved = 0 } = {}] = effectsOf(pair.serverEffects, 'established');
    // The Finished took the first number.
    expect(reserved).toBe(17);
    const snapshot = pair.server.export(server) ?? new Uint8Array(0);
    for (let i = 0; i < 20; i++) pair.server.send(server, Buffer.from(`${i}`));
    pair.run(200);
    expect(effectsOf(pair.clientEffects, 'received')).toHaveLength(16);
    pair.client.send(client, Buffer.from('captured'));
    const captured = effectsOf(pair.client.drain(), 'send').map(({ datagram }) => datagram);

    const next = new DtlsServer({ random: replayableRandom('next'), ...serverOptions() });
    expect(next.import(snapshot, { sendFrom: reserved, received: 1 }, 0).ok).toBe(true);
    for (const datagram of captured) next.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(next.drain(), 'received')).toEqual([]);
    pair.client.send(client, Buffer.from('new'));
    for (const { datagram } of effectsOf(pair.client.drain(), 'send')) next.receive(CLIENT_ADDRESS, datagram, 0);
    expect(effectsOf(next.drain(), 'received')).toMatchObject([{ session: server, record: 2 }]);
  });
});

describe('a record that names a session by its Connection ID', () => {
  it('says nothing of a handshake from the same address, however old or bad it is', () => {
    const { pair, client } = connected();
    const hear = (record: Uint8Array): void => pair.server.receive(CLIENT_ADDRESS, record, pair.now);
    pair.client.send(client, Buffer.from('once'));
    const [{ datagram: old } = { datagram: new Uint8Array(0) }] = effectsOf(pair.client.drain(), 'send');
    hear(old);
    // A new handshake lacks nothing but its Finished.
    const flights: Uint8Array[] = [];
    pair.network = (datagram, from) => {
      if (from === 'client' && datagram.length > 100 && flights.push(datagram) > 2) return [];
      return [1];
    };
    pair.client.connect(pair.now);
    pair.run(pair.now + 20);
    const records: DtlsRecord[] = [];
    const flight = flights[2] ?? new Uint8Array(0);
    for (let at = 0; at < flight.length; at += records.at(-1)?.bytes.length ?? flight.length) {
      const record = readRecord(flight, at, 8);
      if (record) records.push(record);
    }
    const [keyExchange, changeCipherSpec, finished] = records.map(({ bytes }) => bytes);
    for (const record of [keyExchange, changeCipherSpec]) hear(record ?? new Uint8Array(0));
    pair.flush();
    hear(old);
    hear(Uint8Array.from(old).fill(9, 10, 11));
    expect(pair.server.dropped()).toMatchObject({ replayed: 1, notAuthentic: 1 });
    hear(finished ?? new Uint8Array(0));
    pair.flush();
    expect(effectsOf(pair.serverEffects, 'refused')).toEqual([]);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(2);
  });
});

/** Another device, at the address of the first one. */
function neighbour(pair: Pair): void {
  const client = new DtlsClient({
    random: replayableRandom('neighbour'),
    address: SERVER_ADDRESS,
    identity: OTHER,
    connectionId: 'zero-length',
  });
  client.connect(pair.now);
  for (let effects = client.drain(); effects.length > 0; effects = client.drain()) {
    for (const { datagram } of effectsOf(effects, 'send')) pair.server.receive(CLIENT_ADDRESS, datagram, pair.now);
    for (let more = pair.server.drain(); more.length > 0; more = pair.server.drain()) {
      pair.serverEffects.push(...more);
      for (const { lookup } of effectsOf(more, 'findPsk')) {
        pair.server.pskFound(lookup, { key: OTHER_KEY, credential: 'credential-2' }, pair.now);
      }
      for (const { datagram } of effectsOf(more, 'send')) client.receive(SERVER_ADDRESS, datagram, pair.now);
    }
  }
}

describe('a new session', () => {
  it('leaves that of another device alone, whose address it got from an address translator', () => {
    const { pair, client, server } = connected();
    neighbour(pair);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(2);
    pair.client.send(client, Buffer.from('still here'));
    pair.run(300);
    expect(effectsOf(pair.serverEffects, 'received')).toMatchObject([{ session: server }]);
    expect(effectsOf(pair.serverEffects, 'closed')).toEqual([]);
  });

  it('takes the place of that of the same device at the same address', () => {
    const { pair, server } = connected();
    pair.client.connect(pair.now);
    pair.run(200);
    expect(effectsOf(pair.serverEffects, 'established')[1]).toMatchObject({ replaced: server });
    expect(effectsOf(pair.serverEffects, 'closed')).toEqual([{ kind: 'closed', session: server, reason: 'replaced' }]);
  });

  it('takes the place of that before it although the client names both by the same Connection ID', () => {
    const { pair, client } = connected({ client: { connectionId: Uint8Array.of(1, 2) } });
    pair.client.connect(pair.now);
    pair.run(pair.now + 100);
    expect(effectsOf(pair.clientEffects, 'established')[1]).toMatchObject({ replaced: client });
  });

  it('takes the place of any at its address that only the address tells', () => {
    const { pair, server } = connected({ client: { connectionId: 'none' } });
    neighbour(pair);
    expect(effectsOf(pair.serverEffects, 'closed')).toEqual([{ kind: 'closed', session: server, reason: 'replaced' }]);
  });
});
