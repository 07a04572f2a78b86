/**
 * Structure-aware fuzzing of every kind of handshake: somebody on the way who changes records, fragments, messages and
 * extensions, and a peer who holds a good key and sends messages that are wrong.
 */
import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { Handshake } from './handshake.ts';
import { DEFAULT_LIMITS, type DtlsLimits, type DtlsSizes } from './limits.ts';
import { decodeBody } from './messages.ts';
import { effectsOf, type Network, type Pair } from './testing.ts';
import { MODES, type Mode, pairOf } from './testing-modes.ts';
import { below, mutateBody, mutateDatagram, type Random } from './testing-mutations.ts';

/** CI's runs take longer than a test usually may, in ms. */
const FUZZ_TIMEOUT_MS = 600_000;
/** Inputs, datagrams or messages, that one handshake takes about. */
const INPUTS_PER_HANDSHAKE = 10;
/** All retransmissions of both sides fit, in ms. */
const LONG_MS = 200_000;
const LIMITS: DtlsLimits = { ...DEFAULT_LIMITS, halfOpen: 20, sessions: 20, activeSessions: 20, lookups: 10 };

function hold(sizes: DtlsSizes): void {
  const { halfOpen, sessions, activeSessions, sessionsPerIdentity, lookups, reassemblyBytes, heldBytes } = sizes;
  const within =
    halfOpen <= LIMITS.halfOpen &&
    sessions <= LIMITS.sessions &&
    activeSessions <= LIMITS.activeSessions &&
    sessionsPerIdentity <= LIMITS.sessionsPerIdentity &&
    lookups <= LIMITS.lookups &&
    reassemblyBytes <= halfOpen * LIMITS.reassemblyBytes &&
    heldBytes <= halfOpen * LIMITS.heldBytes;
  if (!within) expect(sizes).toBe('within limits');
}

/** What both sides agreed on; undefined unless both are established. */
function agreement(pair: Pair) {
  const [client, server] = [pair.clientEffects, pair.serverEffects].map((all) => effectsOf(all, 'established').at(-1));
  return client && server && { client, server };
}

/** What an undisturbed handshake comes to. */
function calmly(mode: Mode) {
  const pair = pairOf(mode);
  pair.client.connect(pair.now);
  pair.run(pair.now + 1_000);
  const agreed = agreement(pair);
  if (agreed === undefined) throw new Error(`${mode.name} does not work`);
  return agreed.server;
}

describe.each(MODES)('$name', { timeout: FUZZ_TIMEOUT_MS }, (mode) => {
  const calm = calmly(mode);

  it('whoever changes messages on the way keeps both sides from agreeing, or changes nothing', () => {
    const { seed, runs } = fuzzPlan(`dtls changed on the way: ${mode.name}`);
    const random = seededRandom(seed);
    let established = 0;
    for (let input = 0; input < runs; input += INPUTS_PER_HANDSHAKE * MODES.length) {
      const pair = pairOf(mode, { shared: { limits: LIMITS } });
      const eagerness = random() * 0.4;
      disturb(pair, random, eagerness);
      pair.client.connect(pair.now);
      for (let step = 0; step < 20; step++) {
        pair.run(pair.now + LONG_MS / 20);
        hold(pair.client.sizes());
        hold(pair.server.sizes());
      }
      const agreed = agreement(pair);
      if (agreed === undefined) continue;
      established++;
      const { client, server } = agreed;
      expect(server).toMatchObject({ identity: calm.identity, suite: calm.suite, resumed: calm.resumed });
      expect(server.extendedMasterSecret).toBe(calm.extendedMasterSecret);
      expect(client.suite).toBe(server.suite);
      expect(client.resumed).toBe(server.resumed);
      const sent = pair.client.send(client.session, Buffer.from('up'));
      pair.run(pair.now + 10);
      const received = effectsOf(pair.serverEffects, 'received').at(-1);
      // The last flight of one side may have been lost for good: then there is nobody to hear it.
      if (sent === 'sent' && received) expect(Buffer.from(received.data).toString()).toBe('up');
    }
    expect(established).toBeGreaterThan(0);
  });

  it('a peer with a good key that sends wrong messages is itself or nobody', () => {
    const { seed, runs } = fuzzPlan(`dtls wrong messages: ${mode.name}`);
    const random = seededRandom(seed);
    let refused = 0;
    for (let input = 0; input < runs; input += INPUTS_PER_HANDSHAKE * MODES.length) {
      const pair = pairOf(mode, { shared: { limits: LIMITS } });
      const evil = random() < 0.5 ? 'client' : 'server';
      lying(evil, random, random() * 0.5, () => {
        pair.client.connect(pair.now);
        pair.run(pair.now + LONG_MS);
      });
      hold(pair.client.sizes());
      hold(pair.server.sizes());
      for (const { identity } of effectsOf(pair.serverEffects, 'established')) {
        // What was wrong did not matter, or the client is somebody else whom the server knows.
        expect(identity).toBe(calm.identity);
      }
      refused += effectsOf([...pair.serverEffects, ...pair.clientEffects], 'refused').length;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

/** Somebody on the way, who also sends what came by earlier. */
function disturb(pair: Pair, random: Random, eagerness: number): void {
  const heard: { datagram: Uint8Array; from: 'client' | 'server' }[] = [];
  const { client, server } = pair;
  const [toClient, toServer] = [client.receive.bind(client), server.receive.bind(server)];
  const through =
    (deliver: typeof toClient): typeof toClient =>
    (address, datagram, now) => {
      if (random() >= eagerness) return deliver(address, datagram, now);
      for (const changed of mutateDatagram(datagram, random)) deliver(address, changed, now);
      const old = heard[below(random, heard.length)];
      if (old !== undefined && random() < 0.3) deliver(address, old.datagram, now);
    };
  client.receive = through(toClient);
  server.receive = through(toServer);
  const network: Network = (datagram, from) => {
    if (heard.length < 20) heard.push({ datagram: Uint8Array.from(datagram), from });
    return random() < eagerness / 3 ? [] : [1];
  };
  pair.network = network;
}

/** Lets one side change what it says, before it counts in its own transcript: its Finished fits what it sent. */
function lying(evil: 'client' | 'server', random: Random, eagerness: number, run: () => void): void {
  const honest = Handshake.prototype.compose;
  Handshake.prototype.compose = function (this: Handshake, kind, body, epoch) {
    if (this.role !== evil || random() >= eagerness) return honest.call(this, kind, body, epoch);
    const decoded = decodeBody(kind, mutateBody(kind, body, random));
    return honest.call(this, kind, decoded.ok ? (decoded.message.body as typeof body) : body, epoch);
  } as typeof honest;
  try {
    run();
  } finally {
    Handshake.prototype.compose = honest;
  }
}
