import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WakeQueue } from './wake-queue.ts';

it('wakes each item at its earliest plan, once, in order', () => {
  const plans = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 100 })), { maxLength: 60 });
  fc.assert(
    fc.property(plans, (planned) => {
      const queue = new WakeQueue<number>();
      const earliest = new Map<number, number>();
      for (const [item, at] of planned) {
        queue.plan(item, at);
        earliest.set(item, Math.min(at, earliest.get(item) ?? at));
      }
      const woken: [number, number][] = [];
      for (let now = 0; now <= 100; now++) {
        for (let item = queue.pop(now); item !== undefined; item = queue.pop(now)) woken.push([item, now]);
      }
      expect(new Map(woken)).toEqual(earliest);
      expect(woken).toHaveLength(earliest.size);
      expect(queue.nextAt()).toBeUndefined();
    }),
  );
});
