import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmallMap } from './small-map.ts';

describe('a small map', () => {
  it('does what a map does, however many entries it gets', () => {
    const key = fc.nat({ max: 20 }).map(String);
    const step = fc.record({ key, value: fc.option(fc.nat(), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const small = new SmallMap<number>();
        const map = new Map<string, number>();
        for (const { key, value } of steps) {
          if (value === undefined) expect(small.delete(key)).toBe(map.delete(key));
          else {
            small.set(key, value);
            map.set(key, value);
          }
          expect(small.get(key)).toBe(map.get(key));
          expect(small.size).toBe(map.size);
          expect([...small.values()]).toEqual([...map.values()]);
        }
      }),
    );
  });
});
