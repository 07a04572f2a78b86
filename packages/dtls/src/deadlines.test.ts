import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines, type Sleeper } from './deadlines.ts';

describe('deadlines', () => {
  it('come up in order, each sleeper once, wherever its deadline has been moved to', () => {
    const step = fc.record({ sleeper: fc.nat(15), at: fc.option(fc.nat(100)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.nat(100), (steps, now) => {
        const deadlines = new Deadlines<Sleeper>();
        const sleepers = Array.from({ length: 16 }, (): Sleeper => ({ wakeAt: 0, queueIndex: -1 }));
        const expected = new Map<Sleeper, number>();
        for (const { sleeper, at } of steps) {
          const one = sleepers[sleeper];
          if (one === undefined) continue;
          if (at === null) {
            deadlines.cancel(one);
            expected.delete(one);
          } else {
            deadlines.arm(one, at);
            expected.set(one, at);
          }
          expect(deadlines.size).toBe(expected.size);
          expect(deadlines.next()).toBe(expected.size > 0 ? Math.min(...expected.values()) : undefined);
        }
        const due = [...expected.values()].filter((at) => at <= now).sort((a, b) => a - b);
        const popped: number[] = [];
        for (let one = deadlines.pop(now); one !== undefined; one = deadlines.pop(now)) popped.push(one.wakeAt);
        expect(popped).toEqual(due);
        expect(deadlines.size).toBe(expected.size - due.length);
      }),
    );
  });
});
