import { describe, expect, it } from 'vitest';
import { Code } from './codes.ts';
import { ObservationScope, PeerKey } from './ids.ts';
import { type CoapLimits, DEFAULT_LIMITS } from './limits.ts';
import { MessageType } from './message.ts';
import { Option, option } from './options.ts';
import { frameOf } from './tcp/frames.ts';
import { datagram, Harness, hex, PEER } from './testing/harness.ts';

const LIMITS: CoapLimits = {
  peers: 20,
  exchangesPerPeer: 8,
  requestsPerPeer: 6,
  observationsPerScope: 5,
  observations: 12,
  observersPerPeer: 4,
  cachedAnswerBytes: 32,
  messageBytes: 256,
  streams: 15,
  streamMessageBytes: 300,
};

const token = (n: number) => n.toString(16).padStart(4, '0');
const REQUEST = { code: Code.Get };

/** Receives a request and answers it. */
function serve(h: Harness, n: number, { peer = PEER, options = [], payload = 0 }: Partial<Served> = {}): void {
  h.receive(datagram({ code: Code.Get, messageId: n, token: token(n), options }), n, peer);
  for (const { exchange } of h.take('request')) {
    h.core.respond(exchange, { code: Code.Content, payload: new Uint8Array(payload), observe: options.length > 0 }, n);
  }
}
interface Served {
  peer: PeerKey;
  options: ReturnType<typeof option>[];
  payload: number;
}

/** Asks to observe and has the peer agree. */
function observe(h: Harness, n: number, scope: ObservationScope): void {
  h.core.bindScope(PEER, scope, n);
  h.core.request(PEER, { ...REQUEST, token: hex(token(n)), observe: 'register' }, n);
  for (const { datagram: sent } of h.take('send')) {
    const messageId = ((sent[2] ?? 0) << 8) | (sent[3] ?? 0);
    const options = [option(Option.Observe, 1)];
    h.receive(
      datagram({ type: MessageType.Acknowledgement, code: Code.Content, messageId, token: token(n), options }),
      n,
    );
  }
}

/** How a peer, or what it makes us do, drives each size; `n` counts up. */
const FLOODS: Record<keyof CoapLimits, (h: Harness, n: number) => void> = {
  peers: (h, n) => serve(h, n, { peer: PeerKey(`peer ${n}`) }),
  exchangesPerPeer: (h, n) => h.receive(datagram({ code: Code.Post, messageId: n }), n),
  requestsPerPeer: (h, n) => (n % 2 ? h.core.request(PEER, REQUEST, n) : h.core.ping(PEER, n)),
  observationsPerScope: (h, n) => observe(h, n, ObservationScope('one')),
  observations: (h, n) => observe(h, n, ObservationScope(`scope ${n % 7}`)),
  observersPerPeer: (h, n) => serve(h, n, { options: [option(Option.Observe, 0)] }),
  cachedAnswerBytes: (h, n) => serve(h, n, { payload: n }),
  messageBytes: (h, n) => {
    h.core.request(PeerKey(`peer ${n}`), { ...REQUEST, payload: new Uint8Array(n) }, n);
  },
  streams: (h, n) => h.core.connected(PeerKey(`peer ${n}`), n),
  // One connection after the other sends a message of which the last byte is missing, until it is too long to be taken.
  streamMessageBytes: (h, n) => {
    h.core.forgetPeer(PEER, n);
    h.core.connected(PEER, n);
    h.receive(frameOf(datagram({ code: Code.Post, payload: 'x'.repeat(n) })).subarray(0, -1), n);
  },
};

describe('limits', () => {
  it.each(Object.entries(FLOODS))('%s holds against ten times as much', (name, flood) => {
    const key = Object.keys(LIMITS).find((each): each is keyof CoapLimits => each === name) ?? 'peers';
    // The flood of message sizes uses many peers; they are not what it is about.
    const h = new Harness({ limits: { ...LIMITS, ...(key === 'messageBytes' && { peers: 10_000 }) } });
    let most = 0;
    for (let n = 1; n <= 10 * LIMITS[key]; n++) {
      flood(h, n);
      h.effects();
      most = Math.max(most, h.core.sizes()[key]);
      expect(most).toBeLessThanOrEqual(LIMITS[key]);
    }
    expect(most).toBe(LIMITS[key]);
  });

  it('hold for the sizes of all keys', () => {
    expect(Object.keys(new Harness().core.sizes()).toSorted()).toEqual(Object.keys(DEFAULT_LIMITS).toSorted());
  });

  it('keep a newcomer out when every peer is busy, and let the longest silent idle one go otherwise', () => {
    const h = new Harness({ limits: { peers: 3 } });
    const peers = ['a', 'b', 'c'].map(PeerKey);
    for (const [i, peer] of peers.entries()) serve(h, i + 1, { peer });
    serve(h, 9, { peer: PeerKey('a') });
    h.effects();
    serve(h, 10, { peer: PeerKey('d') });
    h.effects();
    const known = { a: 1, c: 3, d: 10 };
    for (const [peer, n] of Object.entries(known)) {
      h.receive(datagram({ code: Code.Get, messageId: n, token: token(n) }), 11, PeerKey(peer));
    }
    expect(h.take('send')).toHaveLength(3);
    expect(h.effects()).toEqual([]);
    for (const peer of ['a', 'c', 'd']) h.core.bindScope(PeerKey(peer), ObservationScope(peer), 20);
    h.receive(datagram({ code: Code.Get, messageId: 1 }), 21, PeerKey('e'));
    expect(h.effects()).toMatchObject([{ kind: 'refused', peer: 'e', reason: 'peers' }]);
    h.core.request(PeerKey('e'), REQUEST, 21);
    expect(h.only('outcome')).toMatchObject({ outcome: { kind: 'refused', reason: 'peers' } });
    expect(h.core.bindScope(PeerKey('e'), ObservationScope('e'), 21)).toBe(false);
  });

  it('has no room for a newcomer in the place of a bound peer, but for as long as its exchanges live', () => {
    const h = new Harness({ limits: { peers: 2 }, scopeOf: (peer) => ObservationScope(peer) });
    for (const [n, peer] of ['a', 'b'].entries()) serve(h, n, { peer: PeerKey(peer) });
    h.effects();
    h.receive(datagram({ code: Code.Get, messageId: 9 }), 2, PeerKey('c'));
    expect(h.only('refused')).toMatchObject({ peer: 'c', reason: 'peers' });
    while (h.core.sizes().peers > 0) h.core.tick(h.core.nextWakeAt() ?? 0);
    h.receive(datagram({ code: Code.Get, messageId: 9 }), 1_000_000, PeerKey('c'));
    expect(h.only('request').peer).toBe('c');
  });

  it('lets a newcomer in for an idle peer, however many peers that stay have been silent for longer', () => {
    const h = new Harness({ limits: { peers: 100 } });
    for (let n = 0; n < 90; n++) h.core.bindScope(PeerKey(`bound ${n}`), ObservationScope(`${n}`), n);
    for (let n = 90; n < 300; n++) serve(h, n, { peer: PeerKey(`stranger ${n}`) });
    expect(h.effects().filter(({ kind }) => kind === 'refused')).toEqual([]);
    expect(h.core.bindScope(PeerKey('newcomer'), ObservationScope('newcomer'), 300)).toBe(true);
    for (let n = 0; n < 90; n++) h.core.forgetPeer(PeerKey(`bound ${n}`), 301);
    expect(h.core.sizes().peers).toBe(10);
  });
});
