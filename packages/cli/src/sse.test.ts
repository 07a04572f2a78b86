import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser, readEvents, type ServerSentEvent } from './sse.ts';

const parse = (...pieces: string[]): ServerSentEvent[] => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('EventParser', () => {
  it('reads events, their names and ids', () => {
    expect(parse('id: 7\nevent: journal\ndata: {"a":1}\n\n:\n\ndata:x\n\n')).toEqual([
      { event: 'journal', data: '{"a":1}', id: '7' },
      { event: 'message', data: 'x', id: '7' },
    ]);
  });

  it('joins lines of data, and takes away one space only', () => {
    expect(parse('data: a\ndata:  b\ndata\n\n')).toEqual([{ event: 'message', data: 'a\n b\n', id: '' }]);
  });

  it('keeps a position that came without data, and tells no event without data', () => {
    expect(parse('id: 9\n\nevent: x\n\ndata: y\n\n')).toEqual([{ event: 'message', data: 'y', id: '9' }]);
  });

  it('ignores comments and unknown fields, and drops an event that is cut off', () => {
    expect(parse('retry: 2000\n: hi\nother: 1\ndata: cut')).toEqual([]);
  });

  it('gives the same events wherever the pieces end, and for all line ends', () => {
    const text = 'id: 1\r\nevent: trace\r\ndata: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n';
    const whole = parse(`${text}:\n`);
    expect(whole.map(({ data }) => data)).toEqual(['a\nb', 'c', 'd']);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 6 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), text.length];
        const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
        expect(parse(...pieces, ':\n')).toEqual(whole);
      }),
    );
  });

  it('does not gather an event without end', () => {
    const parser = new EventParser();
    const flood = () => {
      for (let count = 0; count < 20; count++) parser.push(`data: ${'x'.repeat(100_000)}\n`);
    };
    expect(flood).toThrow(RangeError);
    expect(() => new EventParser().push('x'.repeat(2_000_000))).toThrow(RangeError);
  });
});

it('reads a body whose characters are cut in two', async () => {
  const bytes = new TextEncoder().encode('data: ü → 🚚\n\n');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const { data } of readEvents(body)) events.push(data);
  expect(events).toEqual(['ü → 🚚']);
});
