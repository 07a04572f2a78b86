import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { frameLimits } from './limits.ts';
import { FrameRate } from './rate.ts';

const { burst, perHour, perSecond } = frameLimits;
const START = 1_800_000_000_000;
const [device, other] = [newId.device(), newId.device()];

describe('the frames of a device', () => {
  it('are admitted up to a burst, then as time goes on', () => {
    const rate = new FrameRate();
    for (let frame = 0; frame < burst; frame++) expect(rate.admit(device, START)).toBe(true);
    expect(rate.admit(device, START)).toBe(false);
    expect(rate.admit(other, START)).toBe(true);
    const next = START + 3_600_000 / perHour;
    expect(rate.admit(device, next - 1)).toBe(false);
    expect(rate.admit(device, next)).toBe(true);
    expect(rate.admit(device, next)).toBe(false);
    const later = next + 1000 * 3_600_000;
    for (let frame = 0; frame < burst; frame++) expect(rate.admit(device, later)).toBe(true);
    expect(rate.admit(device, later)).toBe(false);
  });

  it('are too few for guessing a tag', () => {
    // Five numbers may be meant by a frame, of 2^32 tags: an even chance takes centuries of nothing else.
    const chancePerYear = (perHour * 24 * 365.25 * 5) / 2 ** 32;
    expect(0.5 / chancePerYear).toBeGreaterThan(500);
  });

  it('count anew once the device is forgotten, and need no clock that only goes on', () => {
    const rate = new FrameRate();
    for (let frame = 0; frame < burst; frame++) rate.admit(device, START);
    expect(rate.admit(device, START - 10_000_000)).toBe(false);
    rate.forget(device);
    expect(rate.admit(device, START)).toBe(true);
  });
});

describe('all frames together', () => {
  it('are admitted up to so many a second', () => {
    const rate = new FrameRate();
    for (let frame = 0; frame < perSecond; frame++) expect(rate.admitAny(START)).toBe(true);
    expect(rate.admitAny(START)).toBe(false);
    expect(rate.admitAny(START + 1000 / perSecond)).toBe(true);
  });
});
