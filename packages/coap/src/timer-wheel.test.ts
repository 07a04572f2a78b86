import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerWheel, WheelEntry } from './timer-wheel.ts';

class Entry extends WheelEntry<Entry> {
  readonly name: number;
  constructor(name: number) {
    super();
    this.name = name;
  }
}

describe('timer wheel', () => {
  it('fires what is due, once, and says when to come again', () => {
    const wheel = new TimerWheel<Entry>();
    const [a, b] = [new Entry(1), new Entry(2)];
    const fired: number[] = [];
    expect(wheel.nextAt()).toBeUndefined();
    wheel.schedule(a, 1_000, 0);
    wheel.schedule(b, 1_010, 0);
    expect(wheel.nextAt()).toBe(1_000);
    wheel.advance(999, ({ name }) => fired.push(name));
    expect(fired).toEqual([]);
    wheel.advance(1_000, ({ name }) => fired.push(name));
    expect(fired).toEqual([1]);
    expect(wheel.nextAt()).toBe(1_010);
    wheel.cancel(b);
    wheel.advance(5_000, ({ name }) => fired.push(name));
    expect(fired).toEqual([1]);
    expect(wheel.nextAt()).toBeUndefined();
  });

  it('does not wake for what was cancelled', () => {
    const wheel = new TimerWheel<Entry>();
    const [a, b] = [new Entry(1), new Entry(2)];
    wheel.schedule(a, 1_000, 0);
    wheel.schedule(b, 5_000, 0);
    wheel.cancel(a);
    expect(wheel.nextAt()).toBe(5_000);
  });

  it('leaves alone what an earlier one cancelled or moved in the same turn', () => {
    const wheel = new TimerWheel<Entry>();
    const entries = [new Entry(0), new Entry(1), new Entry(2)] as const;
    for (const entry of entries) wheel.schedule(entry, 100, 0);
    const fired: number[] = [];
    wheel.advance(200, (entry) => {
      fired.push(entry.name);
      for (const other of entries) if (other !== entry) wheel.cancel(other);
      wheel.schedule(entry, 150, 200);
    });
    expect(fired).toHaveLength(1);
    wheel.advance(201, (entry) => fired.push(entry.name));
    expect(fired).toHaveLength(2);
  });

  it('agrees with a sorted list, however far the times lie', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({
          op: fc.constant('set' as const),
          name: fc.nat(9),
          delay: fc.oneof(fc.nat(200), fc.nat(40_000), fc.nat(300_000)),
        }),
        fc.record({ op: fc.constant('cancel' as const), name: fc.nat(9) }),
        fc.record({ op: fc.constant('advance' as const), by: fc.oneof(fc.nat(100), fc.nat(50_000)) }),
        fc.record({ op: fc.constant('wake' as const) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.nat(1_000_000), (plan, start) => {
        const wheel = new TimerWheel<Entry>();
        const entries = Array.from({ length: 10 }, (_, name) => new Entry(name));
        const model = new Map<number, number>();
        let now = start;
        for (const step of plan) {
          if (step.op === 'set') {
            wheel.schedule(entries[step.name]!, now + step.delay, now);
            model.set(step.name, now + step.delay);
          } else if (step.op === 'cancel') {
            wheel.cancel(entries[step.name]!);
            model.delete(step.name);
          } else {
            now = step.op === 'wake' ? Math.max(now, wheel.nextAt() ?? now) : now + step.by;
            const fired: number[] = [];
            wheel.advance(now, ({ name }) => fired.push(name));
            const due = [...model].filter(([, at]) => at <= now).map(([name]) => name);
            for (const name of due) model.delete(name);
            expect(fired.toSorted()).toEqual(due.toSorted());
          }
          expect(wheel.size).toBe(model.size);
          const earliest = model.size === 0 ? undefined : Math.min(...model.values());
          const next = wheel.nextAt();
          if (earliest === undefined) expect(next).toBeUndefined();
          else expect(next).toBeLessThanOrEqual(earliest);
          // It may be early, but not so that nothing is gained by waiting.
          if (earliest !== undefined && earliest > now) expect(next).toBeGreaterThan(now);
        }
      }),
    );
  });
});
