import { describe, expect, it } from 'vitest';
import { nextVerdict, type Verdict, type VerdictEvent } from './verdict.ts';

const BURDEN = { count: 2, duration: 0, clear: 2 };
const NOW = 1_000;

/** One verdict of each kind, and of those that count one that is about to change. */
const FROM = {
  unknown: { kind: 'unknown', since: 1 },
  ok: { kind: 'ok', since: 1 },
  pending: { kind: 'pending', since: 1, count: 1 },
  breached: { kind: 'breached', since: 2, first: 1, count: 2, clearing: 0 },
  clearing: { kind: 'breached', since: 2, first: 1, count: 2, clearing: 1 },
} as const satisfies Record<string, Verdict>;

const stays = (from: keyof typeof FROM): Verdict => FROM[from];
const accused: Verdict = { kind: 'pending', since: 900, count: 1 };
const ok: Verdict = { kind: 'ok', since: NOW };

/** Every cell of the machine: what follows from what. */
const EXPECTED: Record<keyof typeof FROM, Record<VerdictEvent, Verdict>> = {
  unknown: { violating: accused, unsure: stays('unknown'), complying: ok, due: stays('unknown') },
  ok: { violating: accused, unsure: stays('ok'), complying: stays('ok'), due: stays('ok') },
  pending: {
    violating: { kind: 'breached', since: NOW, first: 1, count: 2, clearing: 0 },
    unsure: stays('pending'),
    complying: ok,
    due: stays('pending'),
  },
  breached: {
    violating: stays('breached'),
    unsure: stays('breached'),
    complying: stays('clearing'),
    due: stays('breached'),
  },
  clearing: { violating: stays('breached'), unsure: stays('clearing'), complying: ok, due: stays('clearing') },
};

const cells = Object.entries(EXPECTED).flatMap(([from, events]) =>
  Object.entries(events).map(([event, to]) => ({ from, event, to })),
) as { from: keyof typeof FROM; event: VerdictEvent; to: Verdict }[];

describe('a verdict', () => {
  it.each(cells)('$from, on $event', ({ from, event, to }) => {
    expect(nextVerdict(FROM[from], event, BURDEN, { at: 900, now: NOW })).toEqual(to);
  });

  it('waits for its duration, with or without a further reading', () => {
    const burden = { count: 1, duration: 500, clear: 1 };
    const pending: Verdict = { kind: 'pending', since: 600, count: 1 };
    expect(nextVerdict(pending, 'due', burden, { at: 1_099, now: 1_099 })).toBe(pending);
    expect(nextVerdict(pending, 'due', burden, { at: 1_100, now: 1_100 })).toMatchObject({
      kind: 'breached',
      count: 1,
    });
    expect(nextVerdict(pending, 'violating', burden, { at: 1_100, now: 1_100 })).toMatchObject({
      kind: 'breached',
      count: 2,
    });
  });

  it('is reached at once when one reading is enough', () => {
    const burden = { count: 1, duration: 0, clear: 1 };
    expect(nextVerdict(FROM.ok, 'violating', burden, { at: 900, now: NOW })).toMatchObject({
      kind: 'breached',
      first: 900,
    });
    expect(nextVerdict(FROM.breached, 'complying', burden, { at: 900, now: NOW })).toEqual(ok);
  });
});
