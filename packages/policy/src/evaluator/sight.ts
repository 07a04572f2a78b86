import type { Millis } from '../units.ts';

/** Why no value comes. `blind` is expected to pass by itself; `cannot-evaluate` is not. */
const REASONS = {
  'no-value-yet': { kind: 'blind', words: 'no value yet' },
  'new-registration': { kind: 'blind', words: 'the device registered again; observing again' },
  'new-session': { kind: 'blind', words: 'the device came back over a new session; observing again' },
  overdue: { kind: 'blind', words: 'the value is overdue; observing again' },
  missing: { kind: 'cannot-evaluate', words: 'the device does not have the resource' },
  refused: { kind: 'cannot-evaluate', words: 'the device refused the observation' },
  truncated: { kind: 'cannot-evaluate', words: 'the value is too long for one message and was cut off' },
  unreadable: { kind: 'cannot-evaluate', words: 'the value could not be decoded' },
  unusable: {
    kind: 'cannot-evaluate',
    words: 'the value is missing from the message, or not of the kind that the rule needs',
  },
  late: { kind: 'cannot-evaluate', words: 'the values come too late to say anything about now' },
  'no-value': { kind: 'cannot-evaluate', words: 'no value has ever come' },
  'too-old': { kind: 'cannot-evaluate', words: 'the last value is too old' },
} as const satisfies Record<string, { kind: 'blind' | 'cannot-evaluate'; words: string }>;

export type SightReason = keyof typeof REASONS;

/** The reasons that an observer of the device reports; the others the evaluator finds itself. */
export type LossReason = Extract<
  SightReason,
  'new-registration' | 'new-session' | 'overdue' | 'missing' | 'refused' | 'truncated' | 'unreadable'
>;

/** Whether a rule gets values at all. */
export type Sight =
  | { readonly kind: 'seeing' }
  | { readonly kind: 'blind'; readonly since: Millis; readonly reason: SightReason }
  | { readonly kind: 'cannot-evaluate'; readonly since: Millis; readonly reason: SightReason };

/** `lost` and `refused` are losses that do and do not pass by themselves; `expired` is a value grown too old. */
export type SightEvent = 'value' | 'late' | 'unusable' | 'lost' | 'refused' | 'expired';

/** Only a value ends `cannot-evaluate`: a mere new attempt to get one does not make it look better. */
const SIGHT_TABLE: Record<Sight['kind'], Record<SightEvent, Sight['kind'] | 'stay'>> = {
  seeing: {
    value: 'stay',
    late: 'stay',
    unusable: 'cannot-evaluate',
    lost: 'blind',
    refused: 'cannot-evaluate',
    expired: 'cannot-evaluate',
  },
  blind: {
    value: 'seeing',
    late: 'cannot-evaluate',
    unusable: 'cannot-evaluate',
    lost: 'stay',
    refused: 'cannot-evaluate',
    expired: 'cannot-evaluate',
  },
  'cannot-evaluate': {
    value: 'seeing',
    late: 'cannot-evaluate',
    unusable: 'cannot-evaluate',
    lost: 'stay',
    refused: 'cannot-evaluate',
    expired: 'stay',
  },
};

/** The sight after an event; `since` stays while the kind does. */
export function nextSight(from: Sight, event: SightEvent, reason: SightReason, now: Millis): Sight {
  const kind = SIGHT_TABLE[from.kind][event];
  if (kind === 'stay') return from;
  if (kind === 'seeing') return { kind };
  return { kind, since: from.kind === kind ? from.since : now, reason };
}

/** The event that a reported loss is. */
export function lossEvent(reason: LossReason): SightEvent {
  return REASONS[reason].kind === 'blind' ? 'lost' : 'refused';
}

/** A reason for people. */
export function describeReason(reason: SightReason): string {
  return REASONS[reason].words;
}
