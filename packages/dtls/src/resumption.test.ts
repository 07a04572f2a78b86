import { describe, expect, it } from 'vitest';
import { DtlsClient } from './client.ts';
import { Handshake } from './handshake.ts';
import type { IdentityLabel } from './identity.ts';
import type { ClientHello, ServerHello } from './messages.ts';
import type { Negotiated } from './negotiation.ts';
import type { ClientOptions } from './options.ts';
import { objectToResumption, type Resumable, Resumption, type ResumptionState } from './resumption.ts';
import { SUITES } from './suites.ts';
import { effectsOf, KEY, Pair, type PairOptions, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { merge } from './testing-modes.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER, rawKey } from './testing-peers.ts';

const SUITE = SUITES[0];
const SESSION: Resumable = {
  suite: SUITE.id,
  masterSecret: Buffer.alloc(48, 7),
  encryptThenMac: false,
  identity: 'psk:646576' as IdentityLabel,
  credential: 'credential-1',
  serverName: 'server.example',
  expiresAt: 1_000,
};
const NEGOTIATED: Negotiated = {
  suite: SUITE,
  serverName: 'server.example',
  extendedMasterSecret: true,
  encryptThenMac: false,
  encryptThenMacOffered: false,
  renegotiationInfo: true,
  pointFormats: false,
};
const HELLO = { sessionId: Buffer.alloc(32, 1), cipherSuites: [SUITE.id] } as unknown as ClientHello;

describe('what a server remembers', () => {
  const remembering = (sessionIds = 2): Resumption =>
    new Resumption({ sessionIds, tickets: true }, replayableRandom('t'));

  it('is found by its session id until it expires, and the oldest goes first', () => {
    const resumption = remembering();
    const id = (n: number): Buffer => Buffer.alloc(32, n);
    for (const n of [1, 2, 3]) resumption.remember(id(n), SESSION);
    expect(resumption.size).toBe(2);
    const find = (n: number, now: number) => resumption.find({ ...HELLO, sessionId: id(n) }, NEGOTIATED, SUITES, now);
    expect(find(1, 0)).toBeUndefined();
    expect(find(3, 999)).toEqual(SESSION);
    expect(find(3, 1_000)).toBeUndefined();
  });

  it('is found only by who asks for the same things again', () => {
    const resumption = remembering();
    resumption.remember(HELLO.sessionId, SESSION);
    const find = (hello: ClientHello, negotiated: Negotiated, suites = SUITES as readonly (typeof SUITES)[number][]) =>
      resumption.find(hello, negotiated, suites, 0);
    expect(find(HELLO, NEGOTIATED)).toBeDefined();
    expect(find({ ...HELLO, cipherSuites: [0x00a8] }, NEGOTIATED)).toBeUndefined();
    expect(find(HELLO, { ...NEGOTIATED, serverName: 'other.example' })).toBeUndefined();
    expect(find(HELLO, NEGOTIATED, [SUITES[2]])).toBeUndefined();
    expect(objectToResumption(NEGOTIATED)).toBeUndefined();
    expect(objectToResumption({ ...NEGOTIATED, extendedMasterSecret: false })).toMatchObject({
      check: 'extended-master-secret',
    });
  });
});

describe('a ticket', () => {
  const tickets = (lifetimeMs = 1_000): Resumption =>
    new Resumption({ tickets: true, lifetimeMs }, replayableRandom('t'));
  const show = (resumption: Resumption, ticket: Uint8Array, now: number) =>
    resumption.find(HELLO, { ...NEGOTIATED, ticket }, SUITES, now);

  it('gives back the session, and says nothing of it', () => {
    const resumption = tickets();
    const ticket = resumption.seal(SESSION, 0);
    expect(show(resumption, ticket, 0)).toEqual(SESSION);
    expect(Buffer.from(ticket).includes(Buffer.alloc(16, 7))).toBe(false);
    expect(Buffer.from(ticket).includes('credential-1')).toBe(false);
    expect(resumption.seal(SESSION, 0)).not.toEqual(ticket);
  });

  it('is nothing when an octet of it is changed, missing or too many', () => {
    const resumption = tickets();
    const ticket = resumption.seal(SESSION, 0);
    for (let i = 0; i < ticket.length; i++) {
      const changed = Uint8Array.from(ticket);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(show(resumption, changed, 0)).toBeUndefined();
      if (i > 0) expect(show(resumption, ticket.subarray(0, i), 0)).toBeUndefined();
    }
    expect(show(resumption, Buffer.concat([ticket, Buffer.alloc(1)]), 0)).toBeUndefined();
    expect(show(new Resumption({ tickets: true }, replayableRandom('another')), ticket, 0)).toBeUndefined();
  });

  it('opens for one life of its key after the next key has come, not longer', () => {
    const resumption = tickets(1_000);
    const lasting = { ...SESSION, expiresAt: 1_000_000 };
    const ticket = resumption.seal(lasting, 0);
    resumption.seal(lasting, 1_000);
    expect(show(resumption, ticket, 1_999)).toEqual(lasting);
    expect(show(resumption, ticket, 2_000)).toBeUndefined();
    resumption.seal(lasting, 2_000);
    expect(show(resumption, ticket, 1_500)).toBeUndefined();
  });
});

describe('a client that resumes', () => {
  const BOTH: PairOptions = {
    client: { resumption: { tickets: true } },
    server: { resumption: { tickets: true, sessionIds: 10 } },
  };

  /** Connects again and again. @returns whether each session was resumed, as the server sees it */
  function sessionsOf(pair: Pair, count: number, pauseMs = 100): boolean[] {
    for (let i = 0; i < count; i++) {
      pair.client.connect(pair.now);
      pair.run(pair.now + pauseMs);
    }
    expect(effectsOf([...pair.serverEffects, ...pair.clientEffects], 'refused')).toEqual([]);
    expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(count);
    return effectsOf(pair.serverEffects, 'established').map(({ resumed }) => resumed);
  }

  it.each([
    ['by ticket', BOTH],
    ['by session id', merge(BOTH, { client: { resumption: {} } })],
  ])('does so again and again %s, and the server asks each time', (_, options) => {
    const pair = new Pair(options);
    expect(sessionsOf(pair, 4)).toEqual([false, true, true, true]);
    const asked = effectsOf(pair.serverEffects, 'findResumed');
    expect(asked).toHaveLength(3);
    expect(asked[0]).toMatchObject({ identity: 'psk:6465766963652d31', credential: 'credential-1' });
    expect(effectsOf(pair.serverEffects, 'findPsk')).toHaveLength(1);
  });

  it('gets a full handshake when its credential is gone, when the server has forgotten it, and when it is too late', () => {
    expect(sessionsOf(new Pair(merge(BOTH, { admitResumed: false })), 3)).toEqual([false, false, false]);
    expect(sessionsOf(new Pair(merge(BOTH, { server: {} })), 2)).toEqual([false, true]);
    const brief = merge(BOTH, { server: { resumption: { tickets: true, lifetimeMs: 2_000 } } });
    expect(sessionsOf(new Pair(brief), 2, 5_000)).toEqual([false, false]);
    const forgetful = merge(BOTH, { client: { resumption: {} }, server: { resumption: { tickets: true } } });
    expect(sessionsOf(new Pair(forgetful), 2)).toEqual([false, false]);
  });

  it('can be another client with what the first one kept', () => {
    const pair = new Pair(BOTH);
    sessionsOf(pair, 1);
    const state = pair.client.resumable;
    if (state === undefined) throw new Error('nothing was kept');
    const other = new Pair(merge(BOTH, { client: { resumption: { tickets: true, state } } }));
    // Its server has the same replayable secrets, but not the same ticket key until it makes it.
    expect(sessionsOf(other, 1)).toEqual([false]);
  });

  it('offers no session that is with another server, by another name, or of another identity than its options say', () => {
    const kept = (options: PairOptions): ResumptionState => {
      const pair = new Pair(merge(BOTH, options));
      sessionsOf(pair, 1);
      const state = pair.client.resumable;
      if (state === undefined) throw new Error('nothing was kept');
      return state;
    };
    const offered = (client: Partial<ClientOptions>, state: ResumptionState): boolean => {
      const dtls = new DtlsClient({
        ...{ random: replayableRandom('c'), address: SERVER_ADDRESS, identity: PSK, ...client },
        resumption: { tickets: true, state },
      });
      dtls.connect(0);
      const [hello] = effectsOf(dtls.drain(), 'send');
      return Buffer.from(hello?.datagram ?? []).includes(Buffer.from(state.ticket ?? 'no ticket'));
    };
    const shared = kept({});
    expect(offered({}, shared)).toBe(true);
    expect(offered({ serverName: 'other.example' }, shared)).toBe(false);
    expect(offered({ identity: { kind: 'psk', identity: Buffer.from('device-2'), key: KEY } }, shared)).toBe(false);
    expect(offered({ identity: RAW_CLIENT }, shared)).toBe(false);
    const raw = kept({ client: { identity: RAW_CLIENT }, server: { identities: [RAW_SERVER] } });
    expect(offered({ identity: RAW_CLIENT }, raw)).toBe(true);
    expect(offered({ identity: { kind: 'raw-key', ...rawKey(), serverKey: rawKey().publicKey } }, raw)).toBe(false);
    expect(offered({ identity: CERTIFIED_CLIENT }, raw)).toBe(false);
    const certified = kept({ client: { identity: CERTIFIED_CLIENT }, server: { identities: [CERTIFIED_SERVER] } });
    expect(offered({ identity: CERTIFIED_CLIENT }, certified)).toBe(true);
    expect(offered({}, certified)).toBe(false);
  });

  it('does not without the option, and its server does not offer to', () => {
    expect(sessionsOf(new Pair({ server: BOTH.server ?? {} }), 2)).toEqual([false, false]);
    expect(sessionsOf(new Pair({ client: BOTH.client ?? {} }), 2)).toEqual([false, false]);
  });

  it('is given up with all else of an identity that is not welcome any more', () => {
    const pair = new Pair(merge(BOTH, { lookupMs: 500 }));
    sessionsOf(pair, 1, 5_000);
    pair.client.connect(pair.now);
    pair.run(pair.now + 100);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 1, lookups: 1 });
    const [{ identity } = { identity: '' as IdentityLabel }] = effectsOf(pair.serverEffects, 'established');
    pair.server.closeIdentity(identity);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, lookups: 0 });
  });

  it.each([
    ['another suite', 'malformed', (hello: ServerHello) => ({ ...hello, cipherSuite: SUITES[1].id })],
    ['no extended master secret', 'extended-master-secret', (hello: ServerHello) => ({ ...hello, extensions: [] })],
  ])('refuses a server that resumes with %s', (_, check, change) => {
    const pair = new Pair(BOTH);
    expect(sessionsOf(pair, 1)).toEqual([false]);
    const honest = Handshake.prototype.compose;
    Handshake.prototype.compose = function (this: Handshake, kind, body, epoch) {
      const changed = kind === 'server-hello' ? (change(body as ServerHello) as typeof body) : body;
      return honest.call(this, kind, changed, epoch);
    } as typeof honest;
    try {
      pair.client.connect(pair.now);
      pair.run(pair.now + 100);
    } finally {
      Handshake.prototype.compose = honest;
    }
    expect(effectsOf(pair.clientEffects, 'refused')).toMatchObject([{ check }]);
    expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(1);
  });
});
