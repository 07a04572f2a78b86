import type { Millis } from '../units.ts';

/** What a rule holds of a device. A breach outlasts blindness: only the cause's end clears it. */
export type Verdict =
  | { readonly kind: 'unknown'; readonly since: Millis }
  | { readonly kind: 'ok'; readonly since: Millis }
  /** Violations are being counted; `since` is when the first was measured. */
  | { readonly kind: 'pending'; readonly since: Millis; readonly count: number }
  /** `first` is when the first violation was measured, `clearing` counts compliant readings in a row. */
  | {
      readonly kind: 'breached';
      readonly since: Millis;
      readonly first: Millis;
      readonly count: number;
      readonly clearing: number;
    };

/** What a reading says, or `due`: time has passed without one. */
export type VerdictEvent = 'violating' | 'unsure' | 'complying' | 'due';

type Action = 'stay' | 'accuse' | 'convict' | 'acquit' | 'persist' | 'absolve';

const VERDICT_TABLE: Record<Verdict['kind'], Record<VerdictEvent, Action>> = {
  unknown: { violating: 'accuse', unsure: 'stay', complying: 'acquit', due: 'stay' },
  ok: { violating: 'accuse', unsure: 'stay', complying: 'stay', due: 'stay' },
  pending: { violating: 'accuse', unsure: 'stay', complying: 'acquit', due: 'convict' },
  breached: { violating: 'persist', unsure: 'stay', complying: 'absolve', due: 'stay' },
};

/** What it takes to breach and to clear a rule. */
export interface Burden {
  /** Violating readings in a row. */
  readonly count: number;
  /** From the first of them. */
  readonly duration: Millis;
  /** Compliant readings in a row that end a breach. */
  readonly clear: number;
}

/** When the reading was measured, and when it is judged. */
export interface Moment {
  readonly at: Millis;
  readonly now: Millis;
}

/** The verdict after an event. */
export function nextVerdict(from: Verdict, event: VerdictEvent, burden: Burden, moment: Moment): Verdict {
  return ACTIONS[VERDICT_TABLE[from.kind][event]](from, burden, moment);
}

const ACTIONS: Record<Action, (from: Verdict, burden: Burden, moment: Moment) => Verdict> = {
  stay: (from) => from,
  accuse: (from, burden, { at, now }) => {
    const [since, count] = from.kind === 'pending' ? [from.since, from.count + 1] : [at, 1];
    return weigh({ kind: 'pending', since, count }, burden, now);
  },
  convict: (from, burden, { now }) => weigh(from, burden, now),
  acquit: (_from, _burden, { now }) => ({ kind: 'ok', since: now }),
  persist: (from) => (from.kind === 'breached' && from.clearing > 0 ? { ...from, clearing: 0 } : from),
  absolve: (from, burden, { now }) => {
    if (from.kind !== 'breached' || from.clearing + 1 >= burden.clear) return { kind: 'ok', since: now };
    return { ...from, clearing: from.clearing + 1 };
  },
};

/** Turns an accusation into a breach once there is enough of it. */
function weigh(from: Verdict, burden: Burden, now: Millis): Verdict {
  if (from.kind !== 'pending' || from.count < burden.count || now - from.since < burden.duration) return from;
  return { kind: 'breached', since: now, first: from.since, count: from.count, clearing: 0 };
}
