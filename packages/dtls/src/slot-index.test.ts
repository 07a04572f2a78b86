import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Slot } from './slabs.ts';
import { hashOf, SlotIndex } from './slot-index.ts';

/** Few hashes, at the ends of the range, so that probes run into each other and around the end. */
const hash = fc.constantFrom(0, 1, 2, 6, 7, 8, 14, 15, 2 ** 32 - 1, 2 ** 32 - 2);

describe('an index of slots', () => {
  it('agrees with a plain map, whatever is added and removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hash, fc.nat(60)), { maxLength: 300 }), (steps) => {
        const index = new SlotIndex();
        const model = new Map<number, number>();
        for (const [hash, number] of steps) {
          const slot = number as Slot;
          const held = model.get(number);
          if (held === undefined) {
            model.set(number, hash);
            index.add(hash, slot);
          } else {
            model.delete(number);
            index.remove(held, slot);
          }
          for (let candidate = 0; candidate <= 60; candidate++) {
            const at = model.get(candidate);
            if (at !== undefined) expect(index.find(at, (slot) => slot === candidate)).toBe(candidate);
          }
          const seen: number[] = [];
          index.find(hash, (slot) => {
            seen.push(slot);
            return false;
          });
          const expected = [...model].filter(([, other]) => other === hash).map(([slot]) => slot);
          expect(seen.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('forgets nothing when what it is told to remove is not there', () => {
    const index = new SlotIndex();
    index.add(5, 1 as Slot);
    index.remove(5, 2 as Slot);
    index.remove(6, 1 as Slot);
    expect(index.find(5, () => true)).toBe(1);
  });
});

describe('hashes', () => {
  it('depend on every octet and on the seed, and spread over the places', () => {
    const bytes = Buffer.from('192.0.2.1:40000');
    const hashes = new Set([hashOf(1, bytes), hashOf(2, bytes)]);
    for (let i = 0; i < bytes.length; i++) {
      const other = Buffer.from(bytes);
      other[i] = (other[i] ?? 0) ^ 1;
      hashes.add(hashOf(1, other));
    }
    expect(hashes.size).toBe(bytes.length + 2);
    const places = new Set(Array.from({ length: 1_000 }, (_, i) => hashOf(7, Buffer.from(`10.0.0.1:${i}`)) % 1_024));
    expect(places.size).toBeGreaterThan(550);
  });
});
