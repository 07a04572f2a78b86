import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../codec.ts';
import { Code, formatCode } from '../codes.ts';
import { PeerKey } from '../ids.ts';
import type { BodyLimits } from '../limits.ts';
import { block1, block2, type CoapMessage, optionUint } from '../message.ts';
import { Option, option } from '../options.ts';
import { PEER, path } from '../testing/harness.ts';
import { ScriptedPeer } from '../testing/scripted-peer.ts';
import { block1Option, block2Option } from './blocks.ts';

const EMPTY = new Uint8Array(0);

const part = (seed: number, length = 64) => new Uint8Array(length).fill(seed);
const told = (message: CoapMessage) => [formatCode(message.code), block1(message)];

describe('parts of a request (RFC 7959 §2.5, §2.9)', () => {
  it('BL-2: are answered 2.31 with their Block1, the last one with the real code', () => {
    const peer = new ScriptedPeer();
    expect(told(peer.put(0, true, part(1)).last())).toEqual(['2.31', { num: 0, more: true, szx: 2 }]);
    expect(told(peer.put(1, true, part(2)).last())).toEqual(['2.31', { num: 1, more: true, szx: 2 }]);
    expect(peer.requests).toEqual([]);
    expect(told(peer.put(2, false, part(3, 5)).last())).toEqual(['2.04', { num: 2, more: false, szx: 2 }]);
    expect(peer.requests[0]?.payload).toEqual(Uint8Array.from([...part(1), ...part(2), ...part(3, 5)]));
    expect(peer.requests[0]?.options.map(({ number }) => number)).toEqual([11, 11, 11]);
  });

  it('may get smaller on the way', () => {
    const peer = new ScriptedPeer();
    peer.put(0, true, part(1, 128), { szx: 3 }).put(2, true, part(2, 64)).put(6, false, part(3, 9), { szx: 1 });
    expect(peer.requests[0]?.payload).toHaveLength(128 + 64 + 9);
  });

  it('that were answered already are answered again, and count once', () => {
    const peer = new ScriptedPeer()
      .put(0, true, part(1))
      .put(1, true, part(2))
      .put(1, true, part(2))
      .put(2, false, part(3));
    expect(peer.requests[0]?.payload).toHaveLength(192);
  });

  it('BL-3, P10: begin anew with number 0', () => {
    const peer = new ScriptedPeer()
      .put(0, true, part(1))
      .put(1, true, part(2))
      .put(0, true, part(9))
      .put(1, false, part(8, 1));
    expect(peer.requests[0]?.payload).toEqual(Uint8Array.from([...part(9), 8]));
  });

  it('BL-2, P10: get 4.08 when one is missing', () => {
    const peer = new ScriptedPeer().put(0, true, part(1)).put(2, true, part(3));
    expect(told(peer.last())[0]).toBe('4.08');
    expect(formatCode(new ScriptedPeer().put(3, false, part(3)).last().code)).toBe('4.08');
    expect(peer.refused).toEqual(['block-wise']);
  });

  it('get 4.00 when they are not as long as they say, or of the reserved size', () => {
    expect(formatCode(new ScriptedPeer().put(0, true, part(1, 63)).last().code)).toBe('4.00');
    const reserved = new ScriptedPeer().send(Code.Put, [option(Option.Block1, 7)]);
    expect(formatCode(reserved.last().code)).toBe('4.00');
  });

  it('get 4.13 with the limit in Size1 when there are too many', () => {
    const peer = new ScriptedPeer({ bodyBytes: 100 }).put(0, true, part(1)).put(1, true, part(2));
    expect(formatCode(peer.last().code)).toBe('4.13');
    expect(optionUint(peer.last(), Option.Size1)).toBe(100);
    expect(peer.endpoint.sizes().bodies).toBe(0);
  });

  it('P10: get 4.13 at once when their sum is said to be too much', () => {
    const size = (bytes: number) => ({ extra: [option(Option.Size1, bytes)] });
    const peer = new ScriptedPeer({ bodyBytes: 100 }).put(0, true, part(1), size(101));
    expect(formatCode(peer.last().code)).toBe('4.13');
    expect(peer.refused).toEqual(['bodyBytes']);
    expect(peer.details).toEqual(['the body of a request is longer than 100 bytes']);
    expect(peer.endpoint.sizes().bodies).toBe(0);
    expect(formatCode(peer.put(0, true, part(1), size(100)).last().code)).toBe('2.31');
  });

  it('EC-3: with different request tags, targets or peers are different bodies (RFC 9175 §3.3)', () => {
    const tag = (n: number) => ({ extra: [option(Option.RequestTag, Uint8Array.of(n))] });
    const peer = new ScriptedPeer()
      .put(0, true, part(1), tag(1))
      .put(0, true, part(2), tag(2))
      .put(1, false, part(3, 1), tag(1));
    expect(peer.requests[0]?.payload).toEqual(Uint8Array.from([...part(1), 3]));
    peer.put(1, false, part(3, 1), { key: PeerKey('other'), ...tag(2) });
    expect(formatCode(peer.last().code)).toBe('4.08');
  });
});

describe('what a server says to our parts (RFC 7959 §2.5, §3.2)', () => {
  const PUT = { code: Code.Put, options: path('/5/0/0'), payload: part(7, 2000) };

  it('P12: a smaller block in 2.31 is used from there on', () => {
    const peer = new ScriptedPeer();
    peer.endpoint.request(PEER, PUT, 0);
    expect(block1(peer.last())).toEqual({ num: 0, more: true, szx: 6 });
    expect(optionUint(peer.last(), Option.Size1)).toBe(2000);
    const next = peer.answer(Code.Continue, [block1Option({ num: 0, more: true, szx: 4 })]);
    expect(block1(next)).toEqual({ num: 4, more: true, szx: 4 });
    expect(next.payload).toHaveLength(256);
  });

  it('4.13 with a smaller block begins anew with that', () => {
    const peer = new ScriptedPeer();
    peer.endpoint.request(PEER, PUT, 0);
    const next = peer.answer(Code.RequestEntityTooLarge, [block1Option({ num: 0, more: false, szx: 5 })]);
    expect(block1(next)).toEqual({ num: 0, more: true, szx: 5 });
    peer.answer(Code.RequestEntityTooLarge, [block1Option({ num: 0, more: false, szx: 5 })]);
    expect(peer.outcomes).toMatchObject([
      { outcome: { kind: 'response', message: { code: Code.RequestEntityTooLarge } } },
    ]);
  });

  it('4.08 begins anew, three times at most', () => {
    const peer = new ScriptedPeer();
    peer.endpoint.request(PEER, PUT, 0);
    for (let i = 0; i < 3; i++) {
      const next = peer.answer(Code.Continue, [block1Option({ num: 0, more: true, szx: 6 })]);
      expect(block1(next)).toMatchObject({ num: 1 });
      expect(block1(peer.answer(Code.RequestEntityIncomplete))).toMatchObject({ num: 0 });
    }
    peer.answer(Code.RequestEntityIncomplete);
    expect(peer.outcomes).toHaveLength(1);
  });

  it('an error ends the transfer', () => {
    const peer = new ScriptedPeer();
    peer.endpoint.request(PEER, PUT, 0);
    peer.answer(Code.MethodNotAllowed);
    expect(peer.outcomes).toMatchObject([{ outcome: { kind: 'response', message: { code: Code.MethodNotAllowed } } }]);
  });
});

describe('parts of an answer (RFC 7959 §2.4)', () => {
  const GET = { code: Code.Get, options: path('/19/0') };
  const first = [option(Option.ETag, Uint8Array.of(1)), block2Option({ num: 0, more: true, szx: 2 })];

  it.each([
    ['of another tag begin anew', Code.Content, 2, 1, false, 64],
    ['that leave one out end it', Code.Content, 1, 2, false, 64],
    ['that are too short end it', Code.Content, 1, 1, true, 63],
    ['with an error end it', Code.NotFound, 1, 1, false, 0],
  ] as const)('%s', (what, code, tag, num, more, length) => {
    const peer = new ScriptedPeer();
    peer.endpoint.request(PEER, GET, 0);
    expect(block2(peer.answer(Code.Content, first, part(1)))).toEqual({ num: 1, more: false, szx: 2 });
    const options = [option(Option.ETag, Uint8Array.of(tag)), block2Option({ num, more, szx: 2 })];
    const next = peer.answer(code, options, part(2, length));
    if (what === 'of another tag begin anew') {
      expect(block2(next)).toEqual({ num: 0, more: false, szx: 2 });
      expect(peer.outcomes).toEqual([]);
    } else {
      expect(peer.outcomes).toMatchObject([{ outcome: { kind: 'response', truncated: true } }]);
      expect(peer.endpoint.sizes().bodies).toBe(0);
    }
  });
});

describe('limits', () => {
  const SMALL: BodyLimits = { bodiesPerPeer: 3, bodies: 8, bodyBytes: 256, allBodyBytes: 700 };
  const FLOODS: Record<keyof BodyLimits, (peer: ScriptedPeer, n: number) => void> = {
    bodiesPerPeer: (peer, n) => peer.put(0, true, part(1), { extra: [option(Option.UriQuery, `${n}`)] }),
    bodies: (peer, n) => peer.put(0, true, part(1, 16), { szx: 0, key: PeerKey(`peer ${n}`) }),
    bodyBytes: (peer, n) => peer.put(n, true, part(1)),
    allBodyBytes: (peer, n) => peer.put(n >> 2, true, part(1), { key: PeerKey(`peer ${n % 4}`) }),
  };

  it.each(Object.keys(SMALL) as (keyof BodyLimits)[])('BL-7: %s holds under a flood of ten times as much', (name) => {
    const peer = new ScriptedPeer(SMALL);
    for (let n = 0; n < 10 * SMALL[name]; n++) {
      FLOODS[name](peer, n);
      const sizes = peer.endpoint.sizes();
      for (const key of Object.keys(SMALL) as (keyof BodyLimits)[]) {
        expect(sizes[key]).toBeLessThanOrEqual(SMALL[key]);
      }
    }
    expect(peer.refused).toContain(name);
  });

  it('a body that nobody goes on with makes room in time', () => {
    const peer = new ScriptedPeer({ bodiesPerPeer: 1 }).put(0, true, part(1));
    peer.endpoint.receive(PEER, encodeMessage(later('a')), 200_000);
    expect(peer.endpoint.sizes().bodies).toBe(1);
    peer.endpoint.receive(PEER, encodeMessage(later('b')), 300_000);
    expect(formatCode(peer.last().code)).toBe('2.31');

    function later(query: string): CoapMessage {
      const options = [option(Option.UriQuery, query), block1Option({ num: 0, more: true, szx: 2 })];
      const [messageId] = Buffer.from(query);
      return { type: 0, code: Code.Put, messageId: messageId ?? 0, token: EMPTY, options, payload: part(1) };
    }
  });
});
