import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { decodeMessage } from './codec.ts';
import { Code } from './codes.ts';
import { CoapCore } from './core.ts';
import { type ExchangeId, ObservationScope, PeerKey, type RequestId } from './ids.ts';
import type { CoapLimits } from './limits.ts';
import { Option, option } from './options.ts';
import { datagram, predictableRandom } from './testing/harness.ts';

const LIMITS: CoapLimits = {
  peers: 6,
  exchangesPerPeer: 8,
  requestsPerPeer: 4,
  observationsPerScope: 3,
  observations: 5,
  observersPerPeer: 3,
  cachedAnswerBytes: 16,
  messageBytes: 128,
  streams: 3,
  streamMessageBytes: 200,
};
const CODES = [0, 1, 2, 3, 4, 5, 31, 32, 65, 68, 69, 132, 163, 192, 225];
const NUMBERS = [6, 6, 6, 11, 12, 17, 23, 27, 35, 258, 65000, 65001];

describe('the core', () => {
  it('meets whatever peers and applications do with bounded state and messages of its own that are sound', () => {
    const { seed, runs } = fuzzPlan('coap core');
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(random() * n);
    const pick = <T>(list: readonly T[], fallback: T): T => list[below(list.length)] ?? fallback;
    const core = new CoapCore({ random: predictableRandom(), limits: LIMITS, restoreGraceMs: 50 });
    const peers = Array.from({ length: 9 }, (_, n) => PeerKey(`peer ${n}`));
    const scopes = ['a', 'b', 'c'].map(ObservationScope);
    const exchanges: ExchangeId[] = [];
    const requests: RequestId[] = [];
    let started = 0;
    let ended = 0;
    let now = 0;
    let worst = 0;

    const token = () => Uint8Array.of(below(4));
    const message = () => {
      const bytes = datagram({
        type: pick([0, 1, 2, 3] as const, 0),
        code: pick(CODES, 1),
        messageId: below(12),
        token: `0${below(4)}`,
        options: Array.from({ length: below(3) }, () => ({
          number: pick(NUMBERS, 6),
          value: new Uint8Array(below(4)).fill(below(3)),
        })),
        payload: 'x'.repeat(below(10) === 0 ? 200 : below(4)),
      });
      if (below(4) === 0) bytes[below(bytes.length)] = below(256);
      return below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
    };
    const inputs: ((peer: PeerKey) => void)[] = [
      ...Array.from({ length: 8 }, () => (peer: PeerKey) => core.receive(peer, message(), now)),
      (peer) => {
        const observe = pick(['register', 'deregister', undefined] as const, undefined);
        const confirmable = below(2) === 0;
        requests.push(
          core.request(peer, { code: Code.Get, token: token(), confirmable, ...(observe && { observe }) }, now),
        );
        started++;
      },
      (peer) => {
        requests.push(core.ping(peer, now));
        started++;
      },
      (peer) => requests.length > 0 && core.cancel(peer, pick(requests, requests[0]!), now),
      () => {
        const exchange = exchanges.shift();
        if (exchange === undefined) return;
        const payload = new Uint8Array(below(30));
        const options = [option(Option.MaxAge, 5)];
        const actions = [
          () => core.respond(exchange, { code: pick([69, 132], 69), options, payload, observe: below(2) === 0 }, now),
          () => core.acknowledge(exchange) && exchanges.push(exchange),
          () => core.accept(exchange),
          () => core.reject(exchange),
        ];
        pick(actions, () => false)();
      },
      (peer) => core.notify(peer, token(), { code: pick([69, 132], 69), confirmable: below(2) === 0 }, now),
      (peer) => core.bindScope(peer, pick(scopes, ObservationScope('a')), now),
      (peer) => below(10) === 0 && core.forgetPeer(peer, now),
      (peer) => below(10) === 0 && core.removeObservers(peer, now),
      () => core.cancelObservation(pick(scopes, ObservationScope('a')), token()),
      () => below(10) === 0 && core.forgetScope(pick(scopes, ObservationScope('a'))),
      () =>
        below(10) === 0 && core.restoreObservation({ scope: pick(scopes, ObservationScope('a')), token: token() }, now),
      () => {
        now += below(20) === 0 ? below(200_000) : below(1_500);
        core.tick(now);
      },
    ];

    for (let run = 0; run < runs; run++) {
      pick(inputs, () => undefined)(pick(peers, PeerKey('peer')));
      const effects = core.drain();
      worst = Math.max(worst, effects.length);
      for (const effect of effects) {
        if (effect.kind === 'send') {
          if (!decodeMessage(effect.datagram).ok) expect.fail(`run ${run}: sent garbage`);
        } else if (effect.kind === 'outcome') ended++;
        else if (effect.kind === 'request') exchanges.push(effect.exchange);
        else if (effect.kind === 'notification' && effect.confirmable) exchanges.push(effect.exchange);
      }
      if (run % 50 > 0) continue;
      const sizes = core.sizes();
      for (const [key, size] of Object.entries(sizes)) {
        if (size > LIMITS[key as keyof CoapLimits]) expect.fail(`run ${run}: ${key} is ${size}`);
      }
    }
    expect(worst).toBeLessThan(100);

    // Every request has exactly one outcome.
    for (const peer of peers) core.forgetPeer(peer, now);
    for (const effect of core.drain()) if (effect.kind === 'outcome') ended++;
    expect(ended).toBe(started);
    expect(core.nextWakeAt()).toBeUndefined();
    expect(core.sizes().peers).toBe(0);
  });
});
