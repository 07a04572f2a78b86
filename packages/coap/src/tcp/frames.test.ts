import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { Option, option } from '../options.ts';
import { hex, toHex } from '../testing/harness.ts';
import { FrameReader, frameOf, readFrame } from './frames.ts';

const LIMIT = 200_000;

function datagram(parts: Partial<CoapMessage>): Uint8Array {
  const type = MessageType.NonConfirmable;
  const nothing = new Uint8Array(0);
  return encodeMessage({ type, code: 0, messageId: 0, token: nothing, options: [], payload: nothing, ...parts });
}

/** A payload that makes options, marker and payload so many bytes long. */
const filling = (length: number) => ({ code: Code.Content, payload: new Uint8Array(length - 1) });

const VECTORS: readonly [name: string, message: Partial<CoapMessage>, frame: string][] = [
  ['an empty message (RFC 8323 §3.4)', {}, '0000'],
  ['2.03 with a token (RFC 8323 §3.2)', { code: Code.Valid, token: hex('7f') }, '01 43 7f'],
  [
    'a GET with a path',
    { code: Code.Get, token: hex('c0a9'), options: [option(Option.UriPath, 'rd')] },
    '32 01 c0a9 b27264',
  ],
];

/** What each length is written with: nibble and extension (RFC 8323 §3.2). */
const LENGTHS: readonly [length: number, head: string][] = [
  [12, 'c0'],
  [13, 'd000'],
  [268, 'd0ff'],
  [269, 'e00000'],
  [65_804, 'e0ffff'],
  [65_805, 'f000000000'],
  [131_342, 'f000010001'],
];

describe('messages of a stream', () => {
  it.each(VECTORS)('TC-1: %s, both ways', (_name, message, frame) => {
    expect(toHex(frameOf(datagram(message)))).toBe(frame.replaceAll(' ', ''));
    expect(readFrame(hex(frame), LIMIT)).toEqual({
      kind: 'message',
      datagram: datagram(message),
      length: hex(frame).length,
    });
  });

  it.each(LENGTHS)('TC-1: %i bytes of options and payload begin with %s, both ways', (length, head) => {
    const frame = frameOf(datagram(filling(length)));
    expect(toHex(frame.subarray(0, head.length / 2 + 1))).toBe(`${head}45`);
    expect(frame).toHaveLength(head.length / 2 + 1 + length);
    expect(readFrame(frame, LIMIT)).toEqual({
      kind: 'message',
      datagram: datagram(filling(length)),
      length: frame.length,
    });
  });

  it('are not there before their last byte is', () => {
    for (const length of [1, 12, 13, 300]) {
      const frame = frameOf(datagram({ ...filling(length), token: hex('0102030405060708') }));
      for (let end = 0; end < frame.length; end++) {
        expect(readFrame(frame.subarray(0, end), LIMIT)).toMatchObject({ kind: 'incomplete' });
      }
    }
  });

  it.each([9, 10, 11, 12, 13, 14, 15])('have no token of %i bytes', (tokenLength) => {
    expect(readFrame(Uint8Array.of(tokenLength, 1), LIMIT)).toMatchObject({ kind: 'malformed' });
  });

  it('are refused for their length before they are here', () => {
    const frame = frameOf(datagram(filling(300)));
    expect(readFrame(frame.subarray(0, 3), frame.length)).toEqual({ kind: 'incomplete', length: frame.length });
    expect(readFrame(frame.subarray(0, 3), frame.length - 1)).toMatchObject({ kind: 'malformed' });
    expect(readFrame(hex('f0ffffffff'), LIMIT)).toMatchObject({ kind: 'malformed' });
  });

  it('come out the same in whatever pieces they go in, and nothing of them is held in the end', () => {
    const message = fc.record({
      token: fc.uint8Array({ maxLength: 8 }),
      payload: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (all, sizes) => {
          const datagrams = all.map(({ token, payload }) => datagram({ code: Code.Post, token, payload }));
          const stream = Buffer.concat(datagrams.map(frameOf));
          const reader = new FrameReader(LIMIT);
          const found = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value ?? 1;
            found.push(...reader.take(stream.subarray(at, at + size)));
            at += size;
          }
          expect(found.map((frame) => frame.kind === 'message' && frame.datagram)).toEqual(datagrams);
          expect(reader.partial).toBe(0);
        },
      ),
    );
  });
});
