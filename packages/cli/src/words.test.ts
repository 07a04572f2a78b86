import { describe, expect, it } from 'vitest';
import { age, byPath, clockTime, counted, duration } from './words.ts';

describe('words for times', () => {
  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [12_345, '12 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [86_400_000 * 3, '3 d'],
  ])('%i ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

  it('tells the past, the present and the future apart', () => {
    expect(age(1_000, 13_500)).toBe('12 s ago');
    expect(age(1_000, 1_500)).toBe('now');
    expect(age(1_500, 1_000)).toBe('now');
    expect(age(241_000, 1_000)).toBe('in 4 min');
    expect(age(undefined, 1_000)).toBe('');
  });

  it('writes a time of day in fixed width', () => {
    expect(clockTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe('03:04:05.006');
  });

  it('counts', () =>
    expect([counted(0, 'error'), counted(1, 'error'), counted(2, 'error')]).toEqual([
      '0 errors',
      '1 error',
      '2 errors',
    ]));
});

it('orders paths by their numbers', () => {
  const given = ['/33000/0', '/3/0/16', '/3/0/1', '/3/0/11/0', '/3/0', '/3/0/9', '/d01/3/0/1', '/30/0'];
  const ordered = ['/3/0', '/3/0/1', '/3/0/9', '/3/0/11/0', '/3/0/16', '/30/0', '/33000/0', '/d01/3/0/1'];
  expect(byPath(given.map((path) => ({ path }))).map(({ path }) => path)).toEqual(ordered);
});
