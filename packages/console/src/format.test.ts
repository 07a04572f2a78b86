import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDistance,
  formatDuration,
  formatLabels,
  formatMoment,
  formatTick,
  formatValue,
} from './format.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const minute = 60_000;
const hour = 60 * minute;

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [minute, '1 min'],
    [hour - 1, '59 min'],
    [hour, '1 h'],
    [47 * hour, '47 h'],
    [48 * hour, '2 d'],
    [-5, '0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('ages', () => {
  it('calls the last three seconds and the future "just now"', () => {
    expect(formatAge(now, now - 2999)).toBe('just now');
    expect(formatAge(now, now + hour)).toBe('just now');
    expect(formatAge(now, now - 3000)).toBe('3 s ago');
  });

  it('looks both ways where both make sense', () => {
    expect(formatDistance(now, now + 90 * minute)).toBe('in 1 h');
    expect(formatDistance(now, now - 90 * minute)).toBe('1 h ago');
  });

  it('adds the date only to moments that are far away', () => {
    expect(formatMoment(now, now - hour)).not.toContain('2026');
    expect(formatMoment(now, now - 24 * hour)).toContain('2026');
  });
});

describe('marks of a time axis', () => {
  it('tell each other apart', () => {
    expect(formatTick(now, 1000)).toMatch(/^\d\d:\d\d:00$/);
    expect(formatTick(now, minute)).toMatch(/^\d\d:\d\d$/);
    expect(formatTick(now, 24 * hour)).toContain('23');
    expect(formatTick(now, 24 * hour)).not.toContain(':');
  });
});

describe('words', () => {
  it('counts in singular and plural', () => {
    expect(formatCount(1, 'device')).toBe('1 device');
    expect(formatCount(0, 'device')).toBe('0 devices');
    expect(formatCount(2, 'policy', 'policies')).toBe('2 policies');
  });

  it('sorts labels', () => {
    expect(formatLabels({ b: '2', a: '1' })).toEqual(['a=1', 'b=2']);
  });
});

describe('values', () => {
  it('have no more decimals than mean something', () => {
    expect(formatValue(39.44446998841746)).toBe('39.44447');
    expect(formatValue(-16055)).toBe('-16055');
    expect(formatValue('1.2.3')).toBe('1.2.3');
    expect(formatValue(true)).toBe('true');
  });
});

it('writes amounts of bytes with a unit', () => {
  expect([0, 999, 1000, 1_500_000, 2_000_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.5 MB',
    '2.0 GB',
  ]);
});
