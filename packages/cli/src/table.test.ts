import { describe, expect, it } from 'vitest';
import { clean, layOut } from './table.ts';

const joined = (rows: readonly (readonly string[])[], width?: number) => layOut(rows, width).map((row) => row.join(''));

describe('layOut', () => {
  it('aligns columns and leaves nothing after the last text', () => {
    expect(
      joined([
        ['A', 'LONG', 'C'],
        ['aaa', 'b', 'c'],
        ['a', '', ''],
      ]),
    ).toEqual(['A    LONG  C', 'aaa  b     c', 'a']);
  });

  it('cuts the widest column to the width, and says so', () => {
    const rows = joined([['endpoint-1', 'a very long reason that does not fit at all']], 30);
    expect(rows).toEqual(['endpoint-1  a very long reaso…']);
    expect(rows[0]).toHaveLength(30);
  });

  it('does not cut below what can be read, nor without a width', () => {
    const row = ['12345678', '12345678', 'x'.repeat(200)];
    expect(joined([row], 10)).toEqual(['12345678  12345678  xxxxxxx…']);
    expect(joined([row])[0]).toHaveLength(220);
  });

  it('lays out nothing', () => expect(layOut([])).toEqual([]));
});

describe('clean', () => {
  it('lets no text from outside move the cursor or colour the screen', () => {
    expect(clean('a\u001b[31mb\nc\u0007\u009bd\te')).toBe('a\ufffd[31mb\ufffdc\ufffd\ufffdd\ufffde');
    expect(clean('Zürich → 東京 🚚')).toBe('Zürich → 東京 🚚');
  });
});
