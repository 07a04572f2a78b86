import { describe, expect, it } from 'vitest';
import { formatDistance, formatSpan, parseDistance, parseDuration } from './units.ts';

describe('quantities', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('reads the duration %s', (text, value) => {
    expect(parseDuration(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['500m', 500],
    ['5km', 5_000],
    ['0.5km', 500],
  ])('reads the distance %s', (text, value) => {
    expect(parseDistance(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['15 minutes', '15m'],
    ['15min', '15m'],
    ['24 h', '24h'],
    ['24H', '24h'],
    ['3 days', '3d'],
    ['15', undefined],
    ['-5m', undefined],
    ['1e3s', undefined],
    ['5constructor', undefined],
    ['m', undefined],
    ['', undefined],
  ])('refuses the duration %j and suggests %j', (text, nearest) => {
    expect(parseDuration(text)).toEqual(nearest === undefined ? { ok: false } : { ok: false, nearest });
  });

  it.each([
    [0, '0 s'],
    [999, '1 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [9_000_000, '2 h 30 min'],
  ])('says a span of %d ms', (span, text) => {
    expect(formatSpan(span)).toBe(text);
  });

  it.each([
    [0.4, '0 m'],
    [999.4, '999 m'],
    [999.6, '1 km'],
    [16_291, '16.3 km'],
    [3_579_408, '3579 km'],
  ])('says a distance of %d m', (length, text) => {
    expect(formatDistance(length)).toBe(text);
  });
});
