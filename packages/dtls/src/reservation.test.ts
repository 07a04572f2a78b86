import { describe, expect, it } from 'vitest';
import { ALL_SEQUENCES, newCounters } from './counters.ts';
import { grant, nextLimit } from './reservation.ts';

describe('a reservation of sequence numbers', () => {
  it('is asked for once half of the block is used, and not again before the answer', () => {
    const counters = { ...newCounters(), sendLimit: 64 };
    const reservation = { block: 64, asked: 64 };
    for (counters.sendNext = 0; counters.sendNext < 32; counters.sendNext++) {
      expect(nextLimit(counters, reservation)).toBeUndefined();
    }
    expect(nextLimit(counters, reservation)).toBe(192);
    expect(nextLimit(counters, { block: 128, asked: 192 })).toBeUndefined();
    grant(counters, 192);
    expect(nextLimit(counters, { block: 128, asked: 192 })).toBeUndefined();
    counters.sendNext = 128;
    expect(nextLimit(counters, { block: 128, asked: 192 })).toBe(448);
  });

  it('never goes beyond the last number, nor back', () => {
    const counters = { ...newCounters(), sendNext: ALL_SEQUENCES - 5, sendLimit: ALL_SEQUENCES - 4 };
    expect(nextLimit(counters, { block: 64, asked: 0 })).toBe(ALL_SEQUENCES);
    grant(counters, ALL_SEQUENCES + 99);
    expect(counters.sendLimit).toBe(ALL_SEQUENCES);
    expect(nextLimit(counters, { block: 64, asked: ALL_SEQUENCES })).toBeUndefined();
    grant(counters, 3);
    expect(counters.sendLimit).toBe(ALL_SEQUENCES);
  });

  it('grows with the traffic, up to 65536 numbers', () => {
    const counters = { ...newCounters(), sendLimit: 1 };
    let reservation = { block: 1, asked: 1 };
    const sizes: number[] = [];
    for (let i = 0; i < 20; i++) {
      counters.sendNext = counters.sendLimit;
      const asked = nextLimit(counters, reservation) ?? 0;
      sizes.push(asked - counters.sendLimit);
      reservation = { block: asked - counters.sendLimit, asked };
      grant(counters, asked);
    }
    expect(sizes.slice(0, 4)).toEqual([2, 4, 8, 16]);
    expect(Math.max(...sizes)).toBe(65_536);
  });
});
