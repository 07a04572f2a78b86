import { describe, expect, it } from 'vitest';
import { AlertLevel, encodeAlert } from './alert.ts';
import { DtlsClient } from './client.ts';
import { addressKey, type DtlsEffect, type SessionKey, sessionKey } from './effects.ts';
import { unfragmented } from './fragments.ts';
import { ContentType, MAX_SEQUENCE, plaintextRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import {
  CLIENT_ADDRESS,
  effectsOf,
  FOUND,
  IDENTITY,
  KEY,
  Pair,
  type PairOptions,
  replayableRandom,
  SERVER_ADDRESS,
} from './testing.ts';

function connected(options: PairOptions = {}): { pair: Pair; client: SessionKey; server: SessionKey } {
  const pair = new Pair(options);
  pair.client.connect(0);
  pair.run(100);
  const [client] = effectsOf(pair.clientEffects, 'established');
  const [server] = effectsOf(pair.serverEffects, 'established');
  if (client === undefined || server === undefined) throw new Error('not established');
  pair.clientEffects.length = 0;
  pair.serverEffects.length = 0;
  return { pair, client: client.session, server: server.session };
}

/** The datagrams that an endpoint has sent and nobody has carried yet. */
function sent(pair: Pair, side: 'client' | 'server'): Uint8Array[] {
  return effectsOf(pair[side].drain(), 'send').map(({ datagram }) => datagram);
}

/** Another client, with its own randomness, at the address of the first one. */
function stranger(seed: string, key: Uint8Array = KEY): DtlsClient {
  const identity = { kind: 'psk', identity: IDENTITY, key } as const;
  return new DtlsClient({ random: replayableRandom(seed), address: SERVER_ADDRESS, identity });
}

type Party = Pick<Pair, 'server' | 'serverEffects' | 'now'>;

/** Lets a client and the server talk to each other until both are silent. */
function converse(pair: Party, client: DtlsClient, address = CLIENT_ADDRESS): void {
  for (let datagrams = sentBy(client); datagrams.length > 0; datagrams = sentBy(client)) {
    for (const datagram of datagrams) pair.server.receive(address, datagram, pair.now);
    const effects = pair.server.drain();
    pair.serverEffects.push(...effects);
    for (const { lookup } of effectsOf(effects, 'findPsk')) pair.server.pskFound(lookup, FOUND, pair.now);
    const answers = [...effects, ...pair.server.drain()];
    pair.serverEffects.push(...answers.slice(effects.length));
    for (const { datagram } of effectsOf(answers, 'send')) client.receive(SERVER_ADDRESS, datagram, pair.now);
  }
}

function sentBy(client: DtlsClient): Uint8Array[] {
  return effectsOf(client.drain(), 'send').map(({ datagram }) => datagram);
}

/** A client that has a session, known to the server by an address of its own. */
function device(pair: Pair, name: string): { server: SessionKey; say: (text: string) => void } {
  const client = stranger(name);
  const address = addressKey(name);
  let session: SessionKey | undefined;
  client.connect(pair.now);
  const drain = client.drain.bind(client);
  client.drain = () => {
    const effects = drain();
    session ??= effectsOf(effects, 'established')[0]?.session;
    return effects;
  };
  converse(pair, client, address);
  const established = effectsOf(pair.serverEffects, 'established').at(-1);
  if (session === undefined || established === undefined) throw new Error('not established');
  const key = session;
  const say = (text: string): void => {
    client.send(key, Buffer.from(text));
    converse(pair, client, address);
  };
  return { server: established.session, say };
}

describe('application data', () => {
  it('comes out as it went in, with the session it belongs to', () => {
    const { pair, client, server } = connected();
    for (const data of ['', 'a', 'x'.repeat(1_000)]) pair.client.send(client, Buffer.from(data));
    pair.run(200);
    const received = effectsOf(pair.serverEffects, 'received');
    expect(received.map(({ data }) => Buffer.from(data).toString())).toEqual(['', 'a', 'x'.repeat(1_000)]);
    expect(received[0]).toMatchObject({ session: server, address: CLIENT_ADDRESS });
  });

  it('is given back by `send` when it can’t go', () => {
    const { pair, client } = connected({ shared: { limits: { applicationBytes: 10 } } });
    expect(pair.client.send(client, Buffer.alloc(11))).toBe('too-long');
    expect(pair.client.send(sessionKey('nobody'), Buffer.alloc(1))).toBe('unknown-session');
    expect(pair.client.send(client, Buffer.alloc(10))).toBe('sent');
  });

  it('is taken once, however often a record comes', () => {
    const { pair, client } = connected();
    pair.client.send(client, Buffer.from('once'));
    const [datagram] = sent(pair, 'client');
    for (let i = 0; i < 3; i++) pair.server.receive(CLIENT_ADDRESS, datagram ?? new Uint8Array(0), pair.now);
    expect(effectsOf(pair.server.drain(), 'received')).toHaveLength(1);
    expect(pair.server.dropped()).toMatchObject({ replayed: 2 });
  });

  it('goes on after any number of lost records', () => {
    const { pair, client } = connected();
    for (let i = 0; i < 1_000; i++) pair.client.send(client, Buffer.from('lost'));
    pair.client.drain();
    pair.client.send(client, Buffer.from('still here'));
    pair.run(200);
    expect(effectsOf(pair.serverEffects, 'received')).toHaveLength(1);
  });

  it('does not end a session by being forged or garbled', () => {
    const { pair, client, server } = connected();
    pair.client.send(client, Buffer.from('good'));
    const [datagram] = sent(pair, 'client');
    if (datagram === undefined) throw new Error('nothing was sent');
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const flipped = Uint8Array.from(datagram);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      pair.server.receive(CLIENT_ADDRESS, flipped, pair.now);
    }
    const close = plaintextRecord(ContentType.ALERT, 9, encodeAlert(AlertLevel.FATAL, 'internal_error'));
    pair.server.receive(CLIENT_ADDRESS, close, pair.now);
    expect(pair.server.drain()).toEqual([]);
    pair.server.receive(CLIENT_ADDRESS, datagram, pair.now);
    expect(effectsOf(pair.server.drain(), 'received')).toMatchObject([{ session: server }]);
  });

  it('never reuses a sequence number', () => {
    const { pair, client } = connected();
    for (let i = 0; i < 50; i++) pair.client.send(client, Buffer.from('x'));
    const sequences = sent(pair, 'client').map((datagram) => readRecord(datagram, 0)?.sequence);
    expect(new Set(sequences).size).toBe(50);
  });
});

describe('the end of a session', () => {
  it('by `close` is told to the peer, which says so and forgets it', () => {
    const { pair, client, server } = connected();
    pair.client.close(client);
    pair.run(200);
    expect(effectsOf(pair.clientEffects, 'closed')).toEqual([{ kind: 'closed', session: client, reason: 'local' }]);
    expect(effectsOf(pair.serverEffects, 'closed')).toEqual([{ kind: 'closed', session: server, reason: 'peer' }]);
    expect(pair.server.sizes()).toMatchObject({ sessions: 0, lastFlights: 0, deadlines: 0 });
    expect(pair.client.send(client, Buffer.from('x'))).toBe('unknown-session');
  });

  it.each(['sessions', 'sessionsPerIdentity'])(
    'comes for the one silent longest when there are too many: %s',
    (limit) => {
      const pair = new Pair({ server: { limits: { [limit]: 3 } } });
      const [first, second] = ['a', 'b', 'c'].map((name) => device(pair, name));
      pair.now += 120_000;
      first?.say('still here');
      device(pair, 'd');
      expect(pair.server.sizes().sessions).toBe(3);
      const closed = effectsOf(pair.serverEffects, 'closed');
      expect(closed).toEqual([{ kind: 'closed', session: second?.server, reason: 'evicted' }]);
      first?.say('and still');
      expect(effectsOf(pair.serverEffects, 'received')).toHaveLength(2);
    },
  );
});

/** A server that says what no server of ours says. */
class Insider extends DtlsServer {
  /** A handshake message under the keys of the session at an address. */
  seal(message: Uint8Array): Uint8Array {
    const sealed = this.sessions.awakeAt(CLIENT_ADDRESS)[0]?.layer.seal(1, ContentType.HANDSHAKE, message);
    return sealed ?? new Uint8Array(0);
  }

  /** Uses up all sequence numbers. */
  exhaust(): void {
    const [session] = this.sessions.awakeAt(CLIENT_ADDRESS);
    if (session) session.layer.counters.sendNext = MAX_SEQUENCE;
  }
}

describe('a session with an insider', () => {
  function insider(): { server: Insider; client: DtlsClient; key: SessionKey } {
    const server = new Insider({ random: replayableRandom('insider') });
    const client = stranger('client');
    client.connect(0);
    const party = { server, now: 0, serverEffects: [] as DtlsEffect[] };
    converse(party, client);
    const key = effectsOf(party.serverEffects, 'established')[0]?.session;
    if (key === undefined) throw new Error('not established');
    return { server, client, key };
  }

  it('refuses renegotiation with a warning, and goes on', () => {
    const { server, client, key } = insider();
    client.receive(
      SERVER_ADDRESS,
      server.seal(unfragmented({ type: 0, messageSequence: 9, body: Buffer.alloc(0) })),
      0,
    );
    const effects = client.drain();
    expect(effects).toMatchObject([{ kind: 'send' }]);
    for (const { datagram } of effectsOf(effects, 'send')) server.receive(CLIENT_ADDRESS, datagram, 0);
    expect(server.drain()).toEqual([]);
    server.send(key, Buffer.from('on'));
    for (const { datagram } of effectsOf(server.drain(), 'send')) client.receive(SERVER_ADDRESS, datagram, 0);
    expect(effectsOf(client.drain(), 'received')).toHaveLength(1);
  });

  it('ends before a sequence number would come twice', () => {
    const { server, key } = insider();
    server.exhaust();
    expect(server.send(key, Buffer.from('the last one'))).toBe('sent');
    expect(server.send(key, Buffer.from('one too many'))).toBe('unknown-session');
    const effects = server.drain();
    expect(effectsOf(effects, 'send')).toHaveLength(1);
    expect(effectsOf(effects, 'closed')).toEqual([{ kind: 'closed', session: key, reason: 'exhausted' }]);
  });
});

describe('a ClientHello from the address of a live session', () => {
  it('leaves it untouched at every step before its Finished', () => {
    const { pair, client, server } = connected();
    const other = stranger('other');
    other.connect(pair.now);
    let step = 0;
    const stillAlive = (): void => {
      pair.client.send(client, Buffer.from(`alive ${step++}`));
      const [datagram] = sent(pair, 'client');
      pair.server.receive(CLIENT_ADDRESS, datagram ?? new Uint8Array(0), pair.now);
      const effects = pair.server.drain();
      expect(effectsOf(effects, 'received')).toMatchObject([{ session: server }]);
      expect(effectsOf(effects, 'closed')).toEqual([]);
    };
    // ClientHello, ClientHello with the cookie; the answers go to the stranger.
    for (let round = 0; round < 2; round++) {
      for (const datagram of sentBy(other)) pair.server.receive(CLIENT_ADDRESS, datagram, pair.now);
      for (const datagram of sent(pair, 'server')) other.receive(SERVER_ADDRESS, datagram, pair.now);
      stillAlive();
    }
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 1, sessions: 1 });
    // ClientKeyExchange, ChangeCipherSpec and Finished in one datagram; the lookup is still open.
    for (const datagram of sentBy(other)) pair.server.receive(CLIENT_ADDRESS, datagram, pair.now);
    const [lookup] = effectsOf(pair.server.drain(), 'findPsk');
    stillAlive();
    if (lookup) pair.server.pskFound(lookup.lookup, FOUND, pair.now);
    const effects = pair.server.drain();
    const [established] = effectsOf(effects, 'established');
    expect(established).toMatchObject({ replaced: server });
    expect(established?.session).not.toBe(server);
    expect(effectsOf(effects, 'closed')).toEqual([{ kind: 'closed', session: server, reason: 'replaced' }]);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, sessions: 1 });
  });

  it('with another key never replaces it', () => {
    const { pair, client, server } = connected();
    const other = stranger('other', Buffer.alloc(16, 9));
    other.connect(pair.now);
    converse(pair, other);
    expect(effectsOf(pair.serverEffects, 'refused')).toMatchObject([{ check: 'wrong-key' }]);
    pair.client.send(client, Buffer.from('x'));
    pair.run(100_000);
    expect(effectsOf(pair.serverEffects, 'received')).toMatchObject([{ session: server }]);
    expect(effectsOf(pair.serverEffects, 'closed')).toEqual([]);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, sessions: 1 });
  });

  it('and of the client itself replaces it on both sides', () => {
    const { pair, client, server } = connected();
    pair.client.connect(pair.now);
    pair.run(200);
    expect(effectsOf(pair.clientEffects, 'established')).toMatchObject([{ replaced: client }]);
    expect(effectsOf(pair.serverEffects, 'established')).toMatchObject([{ replaced: server }]);
    const session = effectsOf(pair.clientEffects, 'established')[0]?.session;
    if (session) pair.client.send(session, Buffer.from('new'));
    pair.run(300);
    expect(effectsOf(pair.serverEffects, 'received')).toHaveLength(1);
    expect(pair.client.sizes().sessions).toBe(1);
    expect(pair.server.sizes().sessions).toBe(1);
  });
});
