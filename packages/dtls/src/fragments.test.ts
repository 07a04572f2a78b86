import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reassembly, readFragments, unfragmented, type WholeMessage, writeFragment } from './fragments.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const MESSAGE: WholeMessage = { type: 16, messageSequence: 2, body: Uint8Array.of(1, 2, 3) };

describe('fragments', () => {
  it('have the header of the specification', () => {
    expect(Buffer.from(unfragmented(MESSAGE)).toString('hex')).toBe('100000030002000000000003010203');
    expect(writeFragment(MESSAGE, 1, 2).toString('hex')).toBe('1000000300020000010000020203');
    expect(readFragments(writeFragment(MESSAGE, 1, 2))).toEqual([
      { type: 16, length: 3, messageSequence: 2, offset: 1, bytes: Buffer.from([2, 3]) },
    ]);
  });

  it('are none when they are cut anywhere, or reach beyond their message', () => {
    const bytes = unfragmented(MESSAGE);
    for (let length = 0; length < bytes.length; length++)
      expect(readFragments(bytes.subarray(0, length))).toBeUndefined();
    const beyond = Buffer.from(writeFragment(MESSAGE, 1, 2));
    beyond[8] = 2;
    expect(readFragments(beyond)).toBeUndefined();
  });

  it('SE-9: give every message once and in order, however they are cut, mixed and repeated', () => {
    const message = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 4 }));
    const messages = fc.array(message, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.nat(1_000)), (inputs, order) => {
        const whole = inputs.map(([body], i): WholeMessage => ({ type: 16, messageSequence: i, body }));
        const pieces = inputs.flatMap(([body, cuts], i) => {
          const edges = [...new Set([0, ...cuts.filter((cut) => cut < body.length), body.length])].sort(
            (a, b) => a - b,
          );
          const starts = edges.length > 1 ? edges.slice(0, -1) : [0];
          const one = whole[i] ?? MESSAGE;
          return starts.map((start, n) => writeFragment(one, start, (edges[n + 1] ?? start) - start));
        });
        const twice = [...pieces, ...pieces].map((piece) => ({ piece, at: order.next().value ?? 0 }));
        const reassembly = new Reassembly(DEFAULT_LIMITS, 0);
        const taken: WholeMessage[] = [];
        for (const { piece } of twice.sort((a, b) => a.at - b.at)) {
          for (const fragment of readFragments(piece) ?? []) reassembly.add(fragment);
          for (let next = reassembly.peek(); next !== undefined; next = reassembly.peek()) {
            taken.push(next);
            reassembly.advance();
          }
        }
        expect(taken).toEqual(whole);
        expect(reassembly.bytes).toBe(0);
      }),
    );
  });

  it('that contradict each other do not mix', () => {
    const reassembly = new Reassembly(DEFAULT_LIMITS, 2);
    const add = (message: WholeMessage, offset: number, length: number): void => {
      for (const fragment of readFragments(writeFragment(message, offset, length)) ?? []) reassembly.add(fragment);
    };
    add(MESSAGE, 0, 1);
    add({ ...MESSAGE, type: 20 }, 1, 2);
    add({ ...MESSAGE, body: Buffer.alloc(4) }, 1, 3);
    expect(reassembly.peek()).toBeUndefined();
    add(MESSAGE, 1, 2);
    expect(reassembly.peek()).toEqual(MESSAGE);
  });
});
