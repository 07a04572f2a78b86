/** Bad input, replayable: typed outcomes only, bounded sizes, and no session without the key. */
import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { DtlsClient } from './client.ts';
import { type AddressKey, addressKey } from './effects.ts';
import { readFragments } from './fragments.ts';
import { DEFAULT_LIMITS, type DtlsLimits, type DtlsSizes } from './limits.ts';
import { decodeBody, encodeBody, HANDSHAKE_MESSAGES, type HandshakeKind } from './messages.ts';
import { readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { CLIENT_ADDRESS, effectsOf, FOUND, Pair, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';

const KINDS = Object.keys(HANDSHAKE_MESSAGES) as HandshakeKind[];

/** All datagrams of a good handshake and a little data, by who sends them. */
function goodDatagrams(mtu: number): { readonly client: Uint8Array[]; readonly server: Uint8Array[] } {
  const pair = new Pair({ shared: { mtu } });
  pair.client.connect(0);
  pair.run(100);
  for (const { session } of effectsOf(pair.clientEffects, 'established')) pair.client.send(session, Buffer.from('up'));
  for (const { session } of effectsOf(pair.serverEffects, 'established'))
    pair.server.send(session, Buffer.from('down'));
  pair.run(200);
  return {
    client: effectsOf(pair.clientEffects, 'send').map(({ datagram }) => datagram),
    server: effectsOf(pair.serverEffects, 'send').map(({ datagram }) => datagram),
  };
}

type Random = () => number;
const upTo = (random: Random, n: number): number => Math.floor(random() * n);

/** Changes that keep enough of the structure to get past the first checks. */
const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes) => bytes,
  (bytes, random) => {
    bytes[upTo(random, bytes.length)] = upTo(random, 256);
    return bytes;
  },
  // The handshake header: type, length, number, offset.
  (bytes, random) => {
    bytes[13 + upTo(random, 12)] = upTo(random, 256);
    return bytes;
  },
  // Epoch and content type.
  (bytes, random) => {
    bytes.writeUInt16BE(upTo(random, 3), 3);
    bytes[0] = 20 + upTo(random, 5);
    return bytes;
  },
  // The highest numbers there are, of record or message.
  (bytes, random) => (random() < 0.5 ? bytes.fill(0xff, 5, 11) : bytes.fill(0xff, 17, 19)),
  // Cut, with the record's length made to fit.
  (bytes, random) => {
    const cut = bytes.subarray(0, 13 + upTo(random, bytes.length - 12));
    cut.writeUInt16BE(cut.length - 13, 11);
    return cut;
  },
  // Longer than it says.
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(upTo(random, 30), upTo(random, 256))]),
];

function mutate(datagram: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(datagram);
  for (let i = upTo(random, 3); i >= 0; i--) {
    if (bytes.length > 25) bytes = MUTATIONS[upTo(random, MUTATIONS.length)]?.(bytes, random) ?? bytes;
  }
  return bytes;
}

const LIMITS: DtlsLimits = { ...DEFAULT_LIMITS, halfOpen: 20, sessions: 20, lookups: 10 };

function bounded(sizes: DtlsSizes): boolean {
  return (
    sizes.halfOpen <= LIMITS.halfOpen &&
    sizes.sessions <= LIMITS.sessions &&
    sizes.sessionsPerIdentity <= LIMITS.sessionsPerIdentity &&
    sizes.lookups <= LIMITS.lookups &&
    sizes.reassemblyBytes <= sizes.halfOpen * LIMITS.reassemblyBytes &&
    sizes.heldBytes <= sizes.halfOpen * LIMITS.heldBytes &&
    sizes.deadlines === sizes.halfOpen + sizes.lastFlights
  );
}

/** CI's runs take longer than a test usually may, in ms. */
const FUZZ_TIMEOUT_MS = 300_000;

describe('fuzzing', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('the record and handshake parsers', () => {
    const { seed, runs } = fuzzPlan('dtls parsers');
    const random = seededRandom(seed);
    const corpus = Object.values(goodDatagrams(80)).flat();
    for (let i = 0; i < runs; i++) {
      const bytes = mutate(corpus[i % corpus.length] ?? new Uint8Array(0), random);
      const record = readRecord(bytes, 0);
      for (const { bytes: body } of (record && readFragments(record.fragment)) ?? []) {
        const decoded = decodeBody(KINDS[upTo(random, KINDS.length)] ?? 'finished', body);
        if (decoded.ok) {
          // What was read is what stands there, but for empty extensions, which can be written in two ways.
          const { length } = encodeBody(decoded.message.kind, decoded.message.body);
          expect([body.length, body.length - 2]).toContain(length);
        } else {
          expect(['truncated', 'trailing', 'bounds']).toContain(decoded.error.kind);
          expect(decoded.error.offset).toBeLessThanOrEqual(body.length);
        }
      }
    }
  });

  it('a server and a client in the middle of it all', () => {
    const { seed, runs } = fuzzPlan('dtls endpoints');
    const random = seededRandom(seed);
    const corpora = [goodDatagrams(1232), goodDatagrams(80)];
    const fresh = (): { server: DtlsServer; client: DtlsClient } => ({
      server: new DtlsServer({ random: replayableRandom('server'), limits: LIMITS }),
      client: new DtlsClient({
        random: replayableRandom('client'),
        address: SERVER_ADDRESS,
        identity: PSK,
      }),
    });
    let { server, client } = fresh();
    let outcomes = { established: 0, refused: 0 };
    const tell = (): void => {
      const effects = [...server.drain(), ...client.drain()];
      outcomes.established += effectsOf(effects, 'established').length;
      outcomes.refused += effectsOf(effects, 'refused').length;
      for (const { lookup } of effectsOf(effects, 'findPsk'))
        server.pskFound(lookup, random() < 0.7 ? FOUND : undefined, now);
      for (const sizes of [server.sizes(), client.sizes()]) if (!bounded(sizes)) expect(sizes).toBe('within limits');
    };
    let now = 0;
    const total = { established: 0, refused: 0 };
    for (let i = 0; i < runs; ) {
      // Replayable randomness makes the recorded datagrams good ones for a new pair of endpoints.
      ({ server, client } = fresh());
      outcomes = { established: 0, refused: 0 };
      now = 0;
      client.connect(now);
      tell();
      const corpus = corpora[i % corpora.length] ?? { client: [], server: [] };
      const spoil = random() * 0.5;
      for (let step = 0; step < corpus.client.length + corpus.server.length; step++, i++) {
        const good = step >> 1;
        const next = (datagrams: readonly Uint8Array[]): Uint8Array => {
          const index = random() < spoil ? upTo(random, datagrams.length) : good;
          const datagram = datagrams[Math.min(index, datagrams.length - 1)] ?? new Uint8Array(0);
          return random() < spoil ? mutate(datagram, random) : datagram;
        };
        server.receive(address(random), next(corpus.client), now);
        tell();
        client.receive(SERVER_ADDRESS, next(corpus.server), now);
        tell();
        now += upTo(random, 100) < 5 ? 5_000 : 1;
        server.tick(now);
        client.tick(now);
        tell();
      }
      total.established += outcomes.established;
      total.refused += outcomes.refused;
    }
    // Both ways out were really taken.
    expect(total.established).toBeGreaterThan(0);
    expect(total.refused).toBeGreaterThan(0);
  });

  it('a server whose peer does not hold the key', () => {
    const { seed, runs } = fuzzPlan('dtls without the key');
    const random = seededRandom(seed);
    const corpus = goodDatagrams(80).client;
    const server = new DtlsServer({ random: replayableRandom('server'), limits: LIMITS });
    for (let i = 0; i < runs; i++) {
      const datagram = corpus[upTo(random, corpus.length)] ?? new Uint8Array(0);
      server.receive(address(random), mutate(datagram, random), i);
      server.tick(i);
      const effects = server.drain();
      for (const { lookup } of effectsOf(effects, 'findPsk'))
        server.pskFound(lookup, { ...FOUND, key: Buffer.alloc(16, 1) }, i);
      expect(effectsOf([...effects, ...server.drain()], 'established')).toEqual([]);
    }
  });
});

/** Mostly the address that the cookies of the recording were made for. */
function address(random: Random): AddressKey {
  return random() < 0.95 ? CLIENT_ADDRESS : addressKey(`192.0.2.${upTo(random, 100)}:1`);
}
