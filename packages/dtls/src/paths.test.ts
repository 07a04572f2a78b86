import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressKey, addressKey } from './effects.ts';
import { affords, candidateAfter } from './paths.ts';
import type { Candidate } from './snapshot.ts';

const HOME = addressKey('192.0.2.1:40000');
const AWAY = addressKey('192.0.2.1:50000');
const ELSEWHERE = addressKey('203.0.113.9:666');

describe('a candidate address', () => {
  it('comes of the newest record only', () => {
    expect(candidateAfter(HOME, undefined, { from: AWAY, length: 50, newest: true })).toEqual({
      address: AWAY,
      budget: 150,
    });
    expect(candidateAfter(HOME, undefined, { from: AWAY, length: 50, newest: false })).toBeUndefined();
    const candidate = { address: AWAY, budget: 10 };
    expect(candidateAfter(HOME, candidate, { from: ELSEWHERE, length: 50, newest: false })).toBe(candidate);
    expect(candidateAfter(HOME, candidate, { from: ELSEWHERE, length: 50, newest: true })?.address).toBe(ELSEWHERE);
  });

  it('goes when the newest record comes from the proven address, not when an older one does', () => {
    const candidate = { address: AWAY, budget: 10 };
    expect(candidateAfter(HOME, candidate, { from: HOME, length: 50, newest: true })).toBeUndefined();
    expect(candidateAfter(HOME, candidate, { from: HOME, length: 50, newest: false })).toBe(candidate);
  });

  it('never gets more than three times what came from there', () => {
    const step = fc.oneof(
      fc.record({
        from: fc.constantFrom(HOME, AWAY, ELSEWHERE),
        length: fc.integer({ min: 13, max: 1_500 }),
        newest: fc.boolean(),
      }),
      fc.integer({ min: 1, max: 5_000 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const received = new Map<AddressKey, number>();
        const sent = new Map<AddressKey, number>();
        let candidate: Candidate | undefined;
        for (const one of steps) {
          if (typeof one !== 'number') {
            received.set(one.from, (received.get(one.from) ?? 0) + one.length);
            candidate = candidateAfter(HOME, candidate, one);
          } else if (affords(candidate, one)) {
            const { address, budget } = candidate;
            candidate = { address, budget: budget - one };
            sent.set(address, (sent.get(address) ?? 0) + one);
          }
          for (const [address, octets] of sent) expect(octets).toBeLessThanOrEqual(3 * (received.get(address) ?? 0));
        }
      }),
    );
  });
});
