import { expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../../tooling/testing/fuzz.ts';
import { encodeMessage } from '../codec.ts';
import { CoapEndpoint } from '../endpoint.ts';
import { ObservationScope, PeerKey } from '../ids.ts';
import { DEFAULT_BODY_LIMITS, DEFAULT_LIMITS } from '../limits.ts';
import { MessageType } from '../message.ts';
import { hex, predictableRandom } from '../testing/harness.ts';
import { FrameReader, frameOf } from './frames.ts';

const LIMITS = { ...DEFAULT_LIMITS, peers: 5, streams: 4, streamMessageBytes: 300, exchangesPerPeer: 4 };
const BODY_LIMITS = { ...DEFAULT_BODY_LIMITS, bodiesPerPeer: 3, bodies: 5, bodyBytes: 900, allBodyBytes: 2_000 };
const CODES = [0, 1, 2, 3, 4, 5, 65, 69, 95, 129, 136, 192, 0xe1, 0xe2, 0xe2, 0xe3, 0xe3, 0xe4, 0xe9];
/** A peer that says nothing of itself, one that takes parts, and one that takes short messages and parts. */
const SETTINGS = ['00e1', '10e140', '30e121c820'].map(hex);
const NO_BYTES = new Uint8Array(0);
const NUMBERS = [1, 2, 3, 4, 6, 11, 12, 23, 27, 60, 252, 258];

it('meets whatever comes over connections with bounded state and messages of its own that are sound', () => {
  const { seed, runs } = fuzzPlan('coap over connections');
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const bytes = (n: number) => Uint8Array.from({ length: n }, () => below(256));
  const pick = <T>(list: readonly T[], fallback: T): T => list[below(list.length)] ?? fallback;
  const endpoint = new CoapEndpoint({ random: predictableRandom(), limits: LIMITS, bodyLimits: BODY_LIMITS });
  const peers = Array.from({ length: 6 }, (_, n) => PeerKey(`connection ${n}`));
  const connected = new Set<PeerKey>();
  let now = 0;

  const message = () => {
    const options = Array.from({ length: below(4) }, () => ({ number: pick(NUMBERS, 11), value: bytes(below(5)) }));
    const payload = bytes(below(3) === 0 ? 2 ** below(9) : 0);
    const { NonConfirmable: type } = MessageType;
    return frameOf(
      encodeMessage({ type, code: pick(CODES, 1), messageId: 0, token: bytes(below(3)), options, payload }),
    );
  };
  const stream = () => {
    const frame = message();
    if (below(12) === 0) frame[below(frame.length)] = below(256);
    return below(6) === 0 ? frame.subarray(0, below(frame.length)) : frame;
  };

  for (let run = 0; run < runs; run++) {
    const peer = pick(peers, PeerKey('connection 0'));
    if (below(20) === 0) now += 20_000;
    switch (below(10)) {
      case 0:
        endpoint.forgetPeer(peer, now);
        if (endpoint.connected(peer, now)) connected.add(peer);
        else connected.delete(peer);
        // Most peers begin as they should, so that there is something to disturb.
        if (below(5) > 0) endpoint.receive(peer, pick(SETTINGS, NO_BYTES), now);
        if (below(2) === 0) endpoint.bindScope(peer, ObservationScope('s'), now);
        break;
      case 1:
        endpoint.request(peer, { code: 1 + below(5), payload: bytes(below(600)) }, now);
        break;
      case 2:
        endpoint.ping(peer, now);
        break;
      case 3:
        endpoint.forgetPeer(peer, now);
        connected.delete(peer);
        break;
      default:
        endpoint.receive(peer, stream(), now);
    }
    endpoint.tick(now);
    for (let effects = endpoint.drain(); effects.length > 0; effects = endpoint.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') {
          const [frame, ...more] = new FrameReader(100_000).take(effect.datagram);
          if (!connected.has(effect.peer)) continue;
          if (frame?.kind !== 'message' || more.length > 0) expect('what was written').toBe('one message');
        } else if (effect.kind === 'disconnect') connected.delete(effect.peer);
        if (effect.kind === 'request' && below(3) > 0) {
          endpoint.respond(effect.exchange, { code: 69, payload: bytes(below(700)), observe: below(2) === 0 }, now);
        }
      }
    }
    const sizes = endpoint.sizes();
    for (const [limit, most] of Object.entries({ ...LIMITS, ...BODY_LIMITS })) {
      const size = sizes[limit as keyof typeof sizes];
      if (size > most) expect(`${limit} ${size}`).toBe('within limits');
    }
  }
});
