import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { utf8 } from '../testing.ts';
import { attempt } from './content.ts';
import type { Item } from './item.ts';
import { decodeJson, encodeJson } from './json.ts';

const decode = (text: string) => attempt(() => ({ item: decodeJson(utf8(text)) }));
const encode = (item: Item) => new TextDecoder().decode(encodeJson(item));

/** The same data as `JSON.parse` gives, where that is exact. */
function plain(item: Item): unknown {
  switch (item.kind) {
    case 'array':
      return item.items.map(plain);
    case 'map':
      return Object.fromEntries(item.entries.map(([key, value]) => [plain(key), plain(value)]));
    case 'null':
      return null;
    case 'int':
      return Number(item.value);
    case 'tag':
      return undefined;
    default:
      return item.value;
  }
}

function itemOf(json: unknown): Item {
  if (json === null || json === undefined) return { kind: 'null' };
  if (typeof json === 'string') return { kind: 'text', value: json };
  if (typeof json === 'boolean') return { kind: 'boolean', value: json };
  if (typeof json === 'number') return { kind: 'float', value: json };
  if (Array.isArray(json)) return { kind: 'array', items: json.map(itemOf) };
  return { kind: 'map', entries: Object.entries(json).map(([key, value]) => [itemOf(key), itemOf(value)]) };
}

describe('JSON', () => {
  it.each([
    ['0', { kind: 'int', value: 0 }],
    ['-12', { kind: 'int', value: -12 }],
    ['9007199254740993', { kind: 'int', value: 9007199254740993n }],
    ['20.0', { kind: 'float', value: 20 }],
    ['-0.0', { kind: 'float', value: -0 }],
    ['1e+21', { kind: 'float', value: 1e21 }],
    ['"a\\nü"', { kind: 'text', value: 'a\nü' }],
    ['[true,false,null]', { kind: 'array', items: [itemOf(true), itemOf(false), itemOf(null)] }],
  ] as const)('%s, both ways', (text, item) => {
    expect(decode(text)).toEqual({ ok: true, item });
    expect(encode(item)).toBe(text);
  });

  it('agrees with JSON.parse on any document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'), (json, indent) => {
        const text = JSON.stringify(json, null, indent);
        const decoded = decode(text);
        expect(decoded.ok && plain(decoded.item)).toEqual(JSON.parse(text));
        expect(JSON.parse(encode(itemOf(json)))).toEqual(json);
      }),
    );
  });

  it.each([
    ['', 'truncated'],
    ['[1', 'truncated'],
    ['{"a"', 'truncated'],
    ['"a', 'truncated'],
    ['"a\\', 'truncated'],
    ['tru', 'truncated'],
    ['-', 'truncated'],
    ['[1,]', 'malformed'],
    ['{1:2}', 'malformed'],
    ['01', 'malformed'],
    ['+1', 'malformed'],
    ['1.', 'malformed'],
    ['.5', 'malformed'],
    ['NaN', 'malformed'],
    ["'a'", 'malformed'],
    ['"\u0001"', 'malformed'],
    ['"\\x"', 'malformed'],
    ['1 2', 'malformed'],
    ['\ufeff1', 'malformed'],
    ['9'.repeat(LIMITS.numberChars + 1), 'limit'],
    ['['.repeat(100_000), 'limit'],
  ])('refuses %j', (text, kind) => expect(decode(text)).toMatchObject({ ok: false, error: { kind } }));

  it('refuses bytes that are not UTF-8', () => {
    expect(attempt(() => ({ item: decodeJson(Uint8Array.of(0x22, 0xff, 0x22)) }))).toMatchObject({ ok: false });
  });

  it('bounds the number of values', () => {
    expect(decode(`[${'0,'.repeat(LIMITS.items)}0]`)).toMatchObject({ error: { kind: 'limit' } });
  });
});
