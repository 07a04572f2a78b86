import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toBase64Url } from './base64.ts';
import { plainDecimal } from './decimal.ts';
import { anyValue, utf8 } from './testing.ts';
import {
  coerce,
  equalValues,
  formatValue,
  int,
  integerValue,
  NONE,
  parseObjectLink,
  type Value,
  valueFromJson,
  valueToJson,
} from './value.ts';

const BIG = 2n ** 63n - 1n;

describe('int', () => {
  it('has one form for each number', () => {
    expect(int(5n)).toBe(5);
    expect(int(-0)).toBe(0);
    expect(int(2 ** 53)).toBe(2n ** 53n);
    expect(int(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(int(-(2n ** 63n))).toBe(-(2n ** 63n));
  });

  it('becomes unsigned only where integer can not hold it', () => {
    expect(integerValue(BIG)).toEqual({ type: 'integer', value: BIG });
    expect(integerValue(BIG + 1n)).toEqual({ type: 'unsigned', value: BIG + 1n });
    expect(integerValue(2n ** 64n)).toBeUndefined();
    expect(integerValue(-(2n ** 63n) - 1n)).toBeUndefined();
  });
});

describe('coerce', () => {
  const cases: readonly [Value, Value['type'], Value | undefined][] = [
    [{ type: 'float', value: 20 }, 'integer', { type: 'integer', value: 20 }],
    [{ type: 'float', value: 20.5 }, 'integer', undefined],
    [{ type: 'integer', value: 1 }, 'float', { type: 'float', value: 1 }],
    [{ type: 'integer', value: -1 }, 'unsigned', undefined],
    [{ type: 'unsigned', value: 2n ** 63n }, 'integer', undefined],
    [{ type: 'integer', value: 1_367_491_215 }, 'time', { type: 'time', value: 1_367_491_215 }],
    [{ type: 'integer', value: BIG }, 'time', undefined],
    [{ type: 'string', value: '67:0' }, 'objlnk', { type: 'objlnk', value: { objectId: 67, instanceId: 0 } }],
    [{ type: 'string', value: 'x' }, 'objlnk', undefined],
    [{ type: 'string', value: '</3>' }, 'corelnk', { type: 'corelnk', value: '</3>' }],
    [{ type: 'string', value: '1' }, 'integer', undefined],
    [{ type: 'integer', value: 1 }, 'boolean', undefined],
    [{ type: 'boolean', value: true }, 'integer', undefined],
    [NONE, 'string', undefined],
  ];
  it.each(cases)('P18: %o as %s', (value, type, expected) => expect(coerce(value, type)).toEqual(expected));
});

describe('object links', () => {
  it('DT-1: reads the null link in both of its forms, and a stray NUL', () => {
    expect(parseObjectLink('65535:65535')).toEqual({ objectId: 65_535, instanceId: 65_535 });
    expect(parseObjectLink('FFFF:FFFF')).toEqual({ objectId: 65_535, instanceId: 65_535 });
    expect(parseObjectLink('0:0\0')).toEqual({ objectId: 0, instanceId: 0 });
  });
  it.each(['', ':', '1', '65536:0', '0:65536', '1:2:3', '-1:0', 'FFFF:0'])('refuses %j', (text) =>
    expect(parseObjectLink(text)).toBeUndefined(),
  );
});

describe('values as JSON', () => {
  it('come back from JSON text and from a structured clone', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        if (Object.is(value.value, -0)) return;
        const json: unknown = JSON.parse(JSON.stringify(valueToJson(value)));
        const back = valueFromJson(value.type, json);
        expect(back !== undefined && equalValues(back, value)).toBe(true);
        expect(equalValues(structuredClone(value), value)).toBe(true);
      }),
    );
  });

  it('keep integers beyond 2^53 as text', () => {
    expect(valueToJson({ type: 'integer', value: BIG })).toBe('9223372036854775807');
    expect(valueFromJson('integer', '9223372036854775807')).toEqual({ type: 'integer', value: BIG });
    expect(valueFromJson('integer', '9223372036854775808')).toBeUndefined();
  });

  it.each([
    ['integer', 1.5],
    ['integer', 'x'],
    ['integer', ''],
    ['unsigned', -1],
    ['float', Number.NaN],
    ['boolean', 1],
    ['string', 1],
    ['opaque', '*'],
    ['objlnk', '1'],
    ['time', null],
    ['none', 0],
  ] as const)('refuse %s %s', (type, json) => expect(valueFromJson(type, json)).toBeUndefined());
});

describe('formatValue', () => {
  it('speaks to people', () => {
    expect(formatValue({ type: 'time', value: 0 })).toBe('1970-01-01T00:00:00.000Z');
    expect(formatValue({ type: 'time', value: 9e15 })).toBe('9000000000000000 s');
    expect(formatValue({ type: 'opaque', value: Uint8Array.of(1, 255) })).toBe('01ff (2 bytes)');
    expect(formatValue({ type: 'objlnk', value: { objectId: 66, instanceId: 1 } })).toBe('66:1');
    expect(formatValue({ type: 'boolean', value: true })).toBe('true');
    expect(formatValue(NONE)).toBe('empty');
  });
});

describe('base64', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as RFC 4648 §10 does', (text, encoded) => {
    expect(toBase64(utf8(text))).toBe(encoded);
    expect(fromBase64(encoded)).toEqual(utf8(text));
  });

  it('reads both alphabets, with and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64Url(bytes))).toEqual(bytes);
        expect(fromBase64(toBase64(bytes).replaceAll('=', ''))).toEqual(bytes);
      }),
    );
  });

  it.each(['A', 'A===', '=', 'AA=', 'AA=A', 'Zm 9', 'é', 'AAAAA'])('refuses %j', (text) =>
    expect(fromBase64(text)).toBeUndefined(),
  );
});

describe('plainDecimal', () => {
  it.each([
    [6.667e-11, '0.00000000006667'],
    [1e21, '1000000000000000000000'],
    [1.5e22, '15000000000000000000000'],
    [-1.25e-7, '-0.000000125'],
    [42.2, '42.2'],
    [-0, '-0'],
  ])('writes %d as %s', (value, text) => expect(plainDecimal(value)).toBe(text));

  it('never loses a digit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = plainDecimal(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Object.is(Number(text), value)).toBe(true);
      }),
    );
  });
});
