import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFresh, markReceived, newCounters, REPLAY_WINDOW } from './counters.ts';

describe('the replay window', () => {
  it('agrees with a set of all numbers seen, whatever comes in whatever order', () => {
    const steps = fc.array(
      fc.oneof(fc.nat(200), fc.integer({ min: 2 ** 32 - 80, max: 2 ** 32 + 80 }), fc.maxSafeNat()),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(steps, (sequences) => {
        const counters = newCounters();
        const seen = new Set<number>();
        let highest = -1;
        for (const sequence of sequences) {
          const expected = !seen.has(sequence) && sequence > highest - REPLAY_WINDOW;
          expect(isFresh(counters, sequence)).toBe(expected);
          if (!expected) continue;
          markReceived(counters, sequence);
          seen.add(sequence);
          highest = Math.max(highest, sequence);
          expect(counters.highest).toBe(highest);
        }
      }),
    );
  });

  it('slides as far as it must', () => {
    const counters = newCounters();
    markReceived(counters, 0);
    for (const step of [1, 31, 32, 33, 63, 64, 65, 1000, 2 ** 40]) {
      const next = counters.highest + step;
      expect(isFresh(counters, next)).toBe(true);
      markReceived(counters, next);
      expect(isFresh(counters, next)).toBe(false);
      expect(isFresh(counters, next - step)).toBe(false);
      if (step > 1 && step <= REPLAY_WINDOW) expect(isFresh(counters, next - 1)).toBe(true);
    }
  });
});
