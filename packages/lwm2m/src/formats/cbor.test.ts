import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { hex, prefixes, unhex } from '../testing.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { attempt } from './content.ts';
import type { Item } from './item.ts';

const int = (value: number | bigint): Item => ({ kind: 'int', value });
const float = (value: number): Item => ({ kind: 'float', value });
const text = (value: string): Item => ({ kind: 'text', value });
const bytes = (value: string): Item => ({ kind: 'bytes', value: unhex(value) });
const array = (...items: Item[]): Item => ({ kind: 'array', items });

const decode = (encoded: string) => attempt(() => ({ item: decodeCbor(unhex(encoded)) }));

/** RFC 8949 Appendix A, as far as LwM2M needs it; in the form that our encoder writes. */
const VECTORS: readonly (readonly [encoded: string, item: Item])[] = [
  ['00', int(0)],
  ['17', int(23)],
  ['1818', int(24)],
  ['1903e8', int(1000)],
  ['1a000f4240', int(1_000_000)],
  ['1b000000e8d4a51000', int(1_000_000_000_000)],
  ['1bffffffffffffffff', int(2n ** 64n - 1n)],
  ['3bffffffffffffffff', int(-(2n ** 64n))],
  ['20', int(-1)],
  ['3863', int(-100)],
  ['3903e7', int(-1000)],
  ['fa47c35000', float(100_000)],
  ['fb3ff199999999999a', float(1.1)],
  ['f4', { kind: 'boolean', value: false }],
  ['f5', { kind: 'boolean', value: true }],
  ['f6', { kind: 'null' }],
  ['40', bytes('')],
  ['4401020304', bytes('01020304')],
  ['60', text('')],
  ['62c3bc', text('ü')],
  ['64f0908591', text('𐅑')],
  ['80', array()],
  ['8301820203820405', array(int(1), array(int(2), int(3)), array(int(4), int(5)))],
  ['a0', { kind: 'map', entries: [] }],
  [
    'a201020304',
    {
      kind: 'map',
      entries: [
        [int(1), int(2)],
        [int(3), int(4)],
      ],
    },
  ],
  ['c11a514b67b0', { kind: 'tag', tag: 1, item: int(1_363_896_240) }],
  ['c482211a514b67b0', { kind: 'tag', tag: 4, item: array(int(-2), int(1_363_896_240)) }],
];

/** Legal forms that our encoder does not write. */
const OTHER_FORMS: readonly (readonly [encoded: string, item: Item])[] = [
  ['1800', int(0)],
  ['f90000', float(0)],
  ['f98000', float(-0)],
  ['f93c00', float(1)],
  ['f97bff', float(65_504)],
  ['f90001', float(2 ** -24)],
  ['f90400', float(0.00006103515625)],
  ['f9c400', float(-4)],
  ['f97c00', float(Number.POSITIVE_INFINITY)],
  ['f97e00', float(Number.NaN)],
  ['5f42010243030405ff', bytes('0102030405')],
  ['7f657374726561646d696e67ff', text('streaming')],
  ['9fff', array()],
  ['9f018202039f0405ffff', array(int(1), array(int(2), int(3)), array(int(4), int(5)))],
  ['bf0102ff', { kind: 'map', entries: [[int(1), int(2)]] }],
];

const MUST_FAIL: readonly (readonly [name: string, encoded: string, kind: string])[] = [
  ['nothing', '', 'truncated'],
  ['bytes after the item', '0000', 'malformed'],
  ['reserved additional information', '1c', 'malformed'],
  ['an indefinite integer', '1f', 'malformed'],
  ['a break alone', 'ff', 'malformed'],
  ['undefined', 'f7', 'malformed'],
  ['a simple value in two bytes', 'f820', 'malformed'],
  ['an unknown tag', 'c240', 'unsupported'],
  ['text that is not UTF-8', '61ff', 'malformed'],
  ['a chunk of another kind', '5f6100ff', 'malformed'],
  ['an indefinite chunk', '5f5fffff', 'malformed'],
  ['a map with half an entry', 'bf01ff', 'malformed'],
  ['a huge declared array', '9affffffff', 'truncated'],
  ['a huge declared map', 'bbffffffffffffffff', 'truncated'],
  ['a huge declared string', '5bffffffffffffffff', 'truncated'],
  ['nesting beyond the limit', `${'81'.repeat(LIMITS.depth + 1)}00`, 'limit'],
  ['tags nested beyond the limit', `${'c1'.repeat(LIMITS.depth + 1)}00`, 'limit'],
  ['an endless nest', '9f'.repeat(100_000), 'limit'],
];

describe('CBOR', () => {
  it.each(VECTORS)('%s, both ways', (encoded, item) => {
    expect(decode(encoded)).toEqual({ ok: true, item });
    expect(hex(encodeCbor(item))).toBe(encoded);
  });

  it.each(OTHER_FORMS)('reads %s', (encoded, item) => expect(decode(encoded)).toEqual({ ok: true, item }));

  it.each(MUST_FAIL)('refuses %s', (_, encoded, kind) =>
    expect(decode(encoded)).toMatchObject({ ok: false, error: { kind } }),
  );

  it.each([...VECTORS, ...OTHER_FORMS])('%s, cut anywhere, is truncated', (encoded) => {
    for (const prefix of prefixes(unhex(encoded))) {
      expect(decode(hex(prefix))).toMatchObject({ ok: false, error: { kind: 'truncated' } });
    }
  });

  it('LC-6: bounds the number of items', () => {
    const count = LIMITS.items.toString(16).padStart(8, '0');
    expect(decode(`9a${count}${'00'.repeat(LIMITS.items)}`)).toMatchObject({ error: { kind: 'limit' } });
    expect(decode(`5f${'40'.repeat(LIMITS.items)}ff`)).toMatchObject({ error: { kind: 'limit' } });
  });
});
