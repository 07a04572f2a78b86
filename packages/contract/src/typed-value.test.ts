import { describe, expect, it } from 'vitest';
import { parseTyped, typedText } from './typed-value.ts';

describe('typed values', () => {
  it.each([
    ['string', ' a b ', ' a b '],
    ['integer', ' -5 ', -5],
    ['unsigned', '7', 7],
    ['integer', '9007199254740993', '9007199254740993'],
    ['float', '-1.5e3', -1500],
    ['boolean', 'false', false],
    ['time', '1700000000', 1_700_000_000],
    ['time', '2023-11-14T22:13:20Z', 1_700_000_000],
    ['time', '2023-11-15T00:13:20.999+02:00', 1_700_000_000],
    ['opaque', '0102', 'AQI='],
    ['opaque', 'FFfe', '//4='],
    ['opaque', '', ''],
    ['objlnk', '66:0', '66:0'],
    ['a type of tomorrow', '1', '1'],
  ])('takes %s %j as %j', (type, text, value) => {
    expect(parseTyped(type, text)).toEqual({ ok: true, value });
  });

  it.each([
    ['integer', '1.5'],
    ['integer', ''],
    ['unsigned', '-1'],
    ['float', ''],
    ['float', '1,5'],
    ['float', 'Infinity'],
    ['boolean', 'yes'],
    ['float', '0x10'],
    ['time', '2023-11-14T22:13:20'],
    ['time', '2023-02-31'],
    ['time', 'soon'],
    ['opaque', 'AQI='],
    ['opaque', '010'],
    ['objlnk', '66'],
  ])('refuses %s %j with what it expected', (type, text) => {
    expect(parseTyped(type, text)).toMatchObject({ ok: false, expected: expect.any(String) });
  });

  it.each([
    ['string', 'a b', 'a b'],
    ['integer', '9007199254740993', '9007199254740993'],
    ['boolean', false, 'false'],
    ['time', 1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['time', 9e15, '9000000000000000'],
    ['opaque', 'AQI=', '0102'],
  ])('shows %s %j as %j, which it takes', (type, value, text) => {
    expect(typedText({ type, value })).toBe(text);
    expect(parseTyped(type, text)).toEqual({ ok: true, value });
  });
});
