import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slabs, type Slot } from './slabs.ts';

describe('slabs', () => {
  it('keep what each slot holds, however slots come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 4_096 }), fc.constant(undefined))), (lengths) => {
        const slabs = new Slabs();
        const held = new Map<Slot, { length: number; mark: number }>();
        let mark = 0;
        for (const length of lengths) {
          if (length === undefined) {
            const [slot] = held.keys();
            if (slot === undefined) continue;
            slabs.release(slot);
            held.delete(slot);
          } else {
            const slot = slabs.allocate(length);
            expect(held.has(slot)).toBe(false);
            expect(slabs.at(slot).length).toBeGreaterThanOrEqual(length);
            expect(slabs.at(slot).every((octet) => octet === 0)).toBe(true);
            slabs.at(slot).fill(++mark);
            held.set(slot, { length, mark: mark & 255 });
          }
        }
        for (const [slot, { mark }] of held) expect(slabs.at(slot).every((octet) => octet === mark)).toBe(true);
      }),
    );
  });

  it('hold thousands of one size, and use released slots again', () => {
    const slabs = new Slabs();
    const slots = Array.from({ length: 5_000 }, (_, i) => {
      const slot = slabs.allocate(200);
      slabs.at(slot).writeUInt32LE(i);
      return slot;
    });
    expect(new Set(slots).size).toBe(5_000);
    expect(slots.every((slot, i) => slabs.at(slot).readUInt32LE() === i)).toBe(true);
    for (const slot of slots) slabs.release(slot);
    const again = slots.map(() => slabs.allocate(224));
    expect(new Set(again)).toEqual(new Set(slots));
  });

  it('have slots up to 4 KiB, and say when that is not enough', () => {
    const slabs = new Slabs();
    expect(slabs.at(slabs.allocate(4_096)).length).toBe(4_096);
    expect(() => slabs.allocate(4_097)).toThrow(RangeError);
    expect(() => slabs.at(99 as Slot)).toThrow(RangeError);
  });
});
