import { describe, expect, it } from 'vitest';
import { jsonValue } from './value.ts';

describe('jsonValue', () => {
  it.each([
    ['42', 'integer', 42],
    ['-9223372036854775808', 'integer', '-9223372036854775808'],
    ['42', 'string', '42'],
    ['true', 'string', 'true'],
    ['1', 'boolean', true],
    ['false', 'boolean', false],
    ['-1.5e3', 'float', -1500],
    ['1800000000', 'time', 1_800_000_000],
    ['2027-01-15T08:00:00Z', 'time', 1_800_000_000],
    ['66:0', 'objlnk', '66:0'],
    ['000102', 'opaque', 'AAEC'],
    ['42', undefined, 42],
    ['true', undefined, true],
    ['1e999', undefined, '1e999'],
    ['1.2.3', undefined, '1.2.3'],
  ])('%s as %s', (word, type, expected) => expect(jsonValue(word, type)).toBe(expected));

  it.each([
    ['abc', 'integer'],
    ['1.5', 'integer'],
    ['', 'integer'],
    ['yes', 'boolean'],
    ['1,5', 'float'],
    ['today', 'time'],
    ['AAEX', 'opaque'],
  ])('%s is no %s', (word, type) => expect(() => jsonValue(word, type)).toThrow(`"${word}" is no`));
});
