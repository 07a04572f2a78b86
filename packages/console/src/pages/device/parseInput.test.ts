import { describe, expect, it } from 'vitest';
import { parseInput, rangeFault } from './parseInput.ts';

describe('typed values', () => {
  it.each([
    ['string', ' a b ', ' a b '],
    ['integer', ' -5 ', -5],
    ['unsigned', '7', 7],
    ['integer', '9007199254740993', '9007199254740993'],
    ['float', '-1.5e3', -1500],
    ['boolean', 'false', false],
    ['time', '1700000000', 1_700_000_000],
    ['opaque', 'AQI=', 'AQI='],
    ['opaque', '', ''],
    ['objlnk', '66:0', '66:0'],
    ['a type of tomorrow', '1', '1'],
  ])('takes %s %j as %j', (type, text, value) => {
    expect(parseInput(type, text)).toEqual({ ok: true, value });
  });

  it.each([
    ['integer', '1.5'],
    ['integer', ''],
    ['unsigned', '-1'],
    ['float', ''],
    ['float', '1,5'],
    ['float', 'Infinity'],
    ['boolean', 'yes'],
    ['opaque', 'AQI'],
    ['objlnk', '66'],
  ])('refuses %s %j with what it expected', (type, text) => {
    expect(parseInput(type, text)).toMatchObject({ ok: false, expected: expect.any(String) });
  });
});

describe('the range of a resource', () => {
  it('bounds numbers, and leaves lengths to the server', () => {
    const range = { least: 0, largest: 100 };
    expect(rangeFault({ range }, 100)).toBeUndefined();
    expect(rangeFault({ range }, 101)).toBe('Expected 0 to 100');
    expect(rangeFault({ range }, 'x'.repeat(101))).toBeUndefined();
    expect(rangeFault({}, -1)).toBeUndefined();
  });
});
