import { describe, expect, it } from 'vitest';
import { computeNow } from './compute.ts';
import { addressKey } from './effects.ts';
import { writeFragment } from './fragments.ts';
import { Handshake } from './handshake.ts';
import { encodeServerKeyExchange, readServerKeyExchange } from './key-exchange.ts';
import { decodeBody, handshakeKind } from './messages.ts';
import type { ClientIdentity } from './options.ts';
import { ContentType, plaintextRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import {
  CLIENT_ADDRESS,
  effectsOf,
  IDENTITY,
  KEY,
  type Network,
  Pair,
  type PairOptions,
  replayableRandom,
  SERVER_ADDRESS,
} from './testing.ts';
import { attempt, established } from './testing-attempts.ts';
import { converses, LONG_MS, leftovers, recovers } from './testing-disturbance.ts';
import { clientHello, Insider, type Move } from './testing-insider.ts';
import { MODES, merge, pairOf } from './testing-modes.ts';
import { admitKnownPeer, CERTIFIED_CLIENT, CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER } from './testing-peers.ts';

const ECDSA = ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'] as const;
const PLAIN = ['TLS_PSK_WITH_AES_128_CCM_8'] as const;
const NOTHING = new Uint8Array(0);
const CERTIFICATES: PairOptions = {
  client: { identity: CERTIFIED_CLIENT },
  server: { identities: [CERTIFIED_SERVER] },
};
const RAW_KEYS: PairOptions = { client: { identity: RAW_CLIENT }, server: { identities: [RAW_SERVER] } };
const TIGHT = { halfOpen: 3, halfOpenPerPrefix: 2, lookups: 2 };

describe('client authentication is not bypassed (as in JSSE, CVE-2020-2655)', () => {
  it.each<[string, readonly Move[]]>([
    ['neither Certificate nor CertificateVerify', ['client-key-exchange', 'change-cipher-spec', 'finished']],
    ['no CertificateVerify', ['certificate', 'client-key-exchange', 'change-cipher-spec', 'finished']],
    ['no Certificate', ['client-key-exchange', 'certificate-verify', 'change-cipher-spec', 'finished']],
    ['no ChangeCipherSpec', ['certificate', 'client-key-exchange', 'certificate-verify', 'finished']],
  ])('by a client that holds its key and sends %s', (_, moves) => {
    const server = new DtlsServer({ random: replayableRandom('server'), identities: [CERTIFIED_SERVER] });
    const insider = new Insider(server, ECDSA, CERTIFIED_CLIENT);
    insider.greet();
    for (const move of moves) insider.make(move);
    expect(insider.established).toBe(false);
    expect(server.sizes().sessions).toBe(0);
  });

  it('by an empty Certificate', () => {
    const server = new DtlsServer({ random: replayableRandom('server'), identities: [CERTIFIED_SERVER] });
    const insider = new Insider(server, ECDSA, { ...CERTIFIED_CLIENT, chain: [] } as ClientIdentity);
    insider.greet();
    for (const move of ['certificate', 'client-key-exchange', 'change-cipher-spec', 'finished'] as const) {
      insider.make(move);
    }
    expect(insider.established).toBe(false);
    expect(effectsOf(insider.effects, 'refused')).toMatchObject([{ check: 'no-certificate' }]);
  });
});

/** A pair whose handshakes fail, until `heal` is called. */
interface Sick {
  readonly pair: Pair;
  readonly heal: () => void;
}

const FAILURES: readonly [string, () => Sick][] = [
  [
    'nothing in common',
    () => {
      const pair = new Pair(merge(CERTIFICATES, { server: { limits: TIGHT, identities: [RAW_SERVER] } }));
      return { pair, heal: () => pair.server.setIdentities([CERTIFIED_SERVER]) };
    },
  ],
  [
    'a certificate of nobody',
    () => {
      let sick = true;
      const admitPeer: PairOptions['admitPeer'] = (presented, by) =>
        sick
          ? { ok: false, check: 'unknown-ca', detail: 'nobody', alert: 'unknown_ca' }
          : admitKnownPeer(presented, by);
      return {
        pair: new Pair(merge(CERTIFICATES, { server: { limits: TIGHT }, admitPeer })),
        heal: () => (sick = false),
      };
    },
  ],
  [
    'a signature that does not verify',
    () => {
      let sick = true;
      const compute: PairOptions['compute'] = (task) =>
        sick && task.kind === 'verify' ? { kind: 'verified', valid: false } : computeNow(task);
      return {
        pair: new Pair(merge(CERTIFICATES, { server: { limits: TIGHT }, compute })),
        heal: () => (sick = false),
      };
    },
  ],
  [
    'a Finished that never comes',
    () => {
      const network: Network = (datagram, from) =>
        from === 'client' && readRecord(datagram, 0)?.epoch === 1 ? [] : [1];
      const pair = new Pair(merge(RAW_KEYS, { server: { limits: TIGHT }, shared: { mtu: 90 }, network }));
      return { pair, heal: () => undefined };
    },
  ],
  [
    'a key that the server does not know',
    () => {
      const keys: { [identity: string]: Uint8Array } = {};
      const heal = (): void => {
        keys[IDENTITY.toString()] = KEY;
      };
      return { pair: new Pair({ keys, server: { limits: TIGHT } }), heal };
    },
  ],
];

describe.each(FAILURES)('a handshake that failed for %s', (_, make) => {
  it('spoils none that come later (as CVE-2020-27222)', () => {
    const { pair, heal } = make();
    pair.client.connect(0);
    pair.run(LONG_MS);
    expect(established(pair.serverEffects)).toBe(0);
    heal();
    expect(recovers(pair)).toBe(true);
  });

  it('counts in no limit any more, however many fail (as CVE-2022-39368)', () => {
    const { pair, heal } = make();
    for (let i = 0; i < 10 * TIGHT.halfOpen; i++) {
      pair.clientAddress = addressKey(`192.0.2.1:${i}`);
      pair.client.connect(pair.now);
      pair.run(pair.now + LONG_MS);
    }
    expect(established(pair.serverEffects)).toBe(0);
    expect(effectsOf(pair.serverEffects, 'refused').filter(({ check }) => check === 'limit')).toEqual([]);
    expect(leftovers(pair)).toEqual([]);
    heal();
    expect(recovers(pair)).toBe(true);
  });
});

describe('a ServerKeyExchange without a signature', () => {
  it.each(['left out', 'empty'])('is not believed when it is %s (as CVE-2021-34433)', (how) => {
    const pair = new Pair(CERTIFICATES);
    const honest = Handshake.prototype.compose;
    // The server's transcript has the same change, so that its Finished fits.
    Handshake.prototype.compose = function (this: Handshake, kind, body, epoch) {
      const { content } = body as { readonly content: Uint8Array };
      if (kind !== 'server-key-exchange') return honest.call(this, kind, body, epoch);
      const read = readServerKeyExchange('ecdhe-ecdsa', content);
      if (!read.ok) throw new Error('the ServerKeyExchange can not be read');
      const unsigned = encodeServerKeyExchange('ecdhe-ecdsa', { ...read.value, signature: NOTHING });
      return honest.call(
        this,
        kind,
        { content: how === 'empty' ? unsigned : unsigned.subarray(0, -4) } as typeof body,
        epoch,
      );
    } as typeof honest;
    try {
      pair.client.connect(0);
      pair.run(LONG_MS);
    } finally {
      Handshake.prototype.compose = honest;
    }
    expect(effectsOf(pair.clientEffects, 'refused')).toHaveLength(1);
    expect(established(pair.clientEffects) + established(pair.serverEffects)).toBe(0);
  });
});

describe('a ClientHello without a good cookie', () => {
  const resumable = MODES.find(({ name }) => name === 'certificates resumed with Connection IDs');

  it('gets a HelloVerifyRequest of its own size at most, and nothing else, when it resumes (as CVE-2022-2576)', () => {
    if (resumable === undefined) throw new Error('there is no such mode');
    const pair = pairOf(resumable);
    let hello: Uint8Array = NOTHING;
    pair.network = (datagram) => {
      hello = datagram;
      return [];
    };
    pair.client.connect(pair.now);
    pair.flush();
    const body = decodeBody('client-hello', hello.subarray(25));
    if (!body.ok || body.message.kind !== 'client-hello') throw new Error('no ClientHello');
    expect(body.message.body.sessionId).toHaveLength(32);
    // The same session, an unknown one, and one with other suites than it had: from an address that may be forged.
    const victim = addressKey('203.0.113.7:5683');
    const mismatched = [{}, { sessionId: Buffer.alloc(32, 9) }, { cipherSuites: [0xc0a8, 0xc02b] }, { extensions: [] }];
    for (const change of mismatched) {
      const asked = clientHello({ ...body.message.body, ...change });
      pair.server.receive(victim, asked, pair.now);
      const effects = pair.server.drain();
      expect(effects).toMatchObject([{ kind: 'send', address: victim }]);
      const [answer] = effectsOf(effects, 'send');
      expect(answer?.datagram.length).toBeLessThanOrEqual(asked.length);
      expect(handshakeKind(answer?.datagram[13] ?? 0)).toBe('hello-verify-request');
    }
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, lookups: 0, jobs: 0 });
  });

  it('never begins a handshake, whatever else is wrong with it (as tinydtls #74)', () => {
    const server = new DtlsServer({ random: replayableRandom('server') });
    const cookies = [NOTHING, Buffer.alloc(1), Buffer.alloc(31), Buffer.alloc(32), Buffer.alloc(33), Buffer.alloc(255)];
    const changes = [{}, { version: 0 }, { version: 0xffff }, { cipherSuites: [0] }, { compressionMethods: [7] }];
    for (const cookie of cookies) {
      for (const change of changes) {
        const whole = clientHello({ ...change, cookie });
        for (let length = 0; length <= whole.length; length++) {
          const cut = Buffer.from(whole.subarray(0, length));
          // With the lengths of the record and the message as they should be.
          if (length >= 25) {
            cut.writeUInt16BE(length - 13, 11);
            cut.writeUIntBE(length - 25, 14, 3);
            cut.writeUIntBE(length - 25, 22, 3);
          }
          server.receive(CLIENT_ADDRESS, cut, 0);
          const sent = effectsOf(server.drain(), 'send').map(({ datagram }) => handshakeKind(datagram[13] ?? 0));
          expect(sent.filter((kind) => kind !== 'hello-verify-request')).toEqual([]);
        }
      }
    }
    expect(server.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0 });
  });
});

describe('a ChangeCipherSpec', () => {
  const ccs = plaintextRecord(ContentType.CHANGE_CIPHER_SPEC, 0, Uint8Array.of(1));

  it('does nothing where nobody waits for it (as CVE-2017-7243)', () => {
    const { server } = new Pair();
    for (const bytes of [NOTHING, Uint8Array.of(1), Uint8Array.of(0), Uint8Array.of(1, 1)]) {
      server.receive(CLIENT_ADDRESS, plaintextRecord(ContentType.CHANGE_CIPHER_SPEC, 0, bytes), 0);
    }
    expect(server.drain()).toEqual([]);
    expect(server.sizes()).toMatchObject({ halfOpen: 0, sessions: 0 });
  });

  it.each(MODES)('at any moment keeps no handshake with $name from its end, nor harms the session', (mode) => {
    const pair = pairOf(mode, { computeMs: 2, lookupMs: 2 });
    pair.client.connect(pair.now);
    for (const end = pair.now + 60; pair.now < end; ) {
      pair.client.receive(SERVER_ADDRESS, ccs, pair.now);
      pair.server.receive(CLIENT_ADDRESS, ccs, pair.now);
      pair.run(pair.now + 0.5);
    }
    // What anybody can send early makes the keys count early: then the peer's own messages wait for a retransmission.
    pair.run(pair.now + LONG_MS);
    expect(leftovers(pair)).toEqual([]);
    if (established(pair.clientEffects) + established(pair.serverEffects) === 2) expect(converses(pair)).toBe(true);
    expect(recovers(pair)).toBe(true);
  });

  it.each<[string, readonly Move[]]>([
    ['before the key exchange', ['change-cipher-spec', 'finished', 'client-key-exchange']],
    [
      'before the key exchange, and after it',
      ['change-cipher-spec', 'finished', 'client-key-exchange', 'change-cipher-spec'],
    ],
    ['and nothing else', ['change-cipher-spec', 'finished']],
    ['twice', ['change-cipher-spec', 'change-cipher-spec', 'finished']],
  ])('%s leads to no keys that anybody could guess (as in many stacks)', (_, moves) => {
    const server = new DtlsServer({ random: replayableRandom('server') });
    const insider = new Insider(server, PLAIN);
    insider.greet();
    for (const move of moves) insider.make(move);
    expect(insider.established).toBe(false);
  });

  it('twice does not set the record numbers back', () => {
    const pair = attempt({});
    expect(converses(pair)).toBe(true);
    const [before] = effectsOf(pair.serverEffects, 'received');
    pair.server.receive(CLIENT_ADDRESS, ccs, pair.now);
    pair.client.receive(SERVER_ADDRESS, ccs, pair.now);
    expect([...pair.server.drain(), ...pair.client.drain()]).toEqual([]);
    expect(before?.record).toBe(1);
  });
});

describe('a Finished', () => {
  it('in plaintext is not taken, though it is right', () => {
    for (const moves of [
      ['client-key-exchange', 'change-cipher-spec', 'finished in plaintext'],
      ['client-key-exchange', 'finished in plaintext', 'change-cipher-spec'],
    ] as const) {
      const server = new DtlsServer({ random: replayableRandom('server') });
      const insider = new Insider(server, PLAIN);
      insider.greet();
      for (const move of moves) insider.make(move);
      expect(insider.established, moves.join()).toBe(false);
    }
  });

  it('is not mixed with pieces in plaintext that somebody sent before', () => {
    const pair = new Pair({ lookupMs: 100 });
    pair.client.connect(0);
    pair.run(50);
    const piece = writeFragment({ type: 20, messageSequence: 3, body: Buffer.alloc(12) }, 0, 6);
    pair.server.receive(CLIENT_ADDRESS, plaintextRecord(ContentType.HANDSHAKE, 9, piece), pair.now);
    expect(pair.server.sizes().reassemblyBytes).toBe(12);
    pair.run(1_000);
    expect(established(pair.serverEffects)).toBe(1);
  });

  it('that comes before what it is about is kept or dropped, never taken (as in many stacks)', () => {
    for (const moves of [
      ['finished'],
      ['finished', 'client-key-exchange', 'change-cipher-spec'],
      ['client-key-exchange', 'finished'],
    ] as const) {
      const server = new DtlsServer({ random: replayableRandom('server') });
      const insider = new Insider(server, PLAIN);
      insider.greet();
      for (const move of moves) insider.make(move);
      expect(insider.established, moves.join()).toBe(false);
    }
  });
});
