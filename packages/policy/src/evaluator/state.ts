import type { CompiledRule, RuleKey } from '../policy.ts';
import type { Millis } from '../units.ts';
import type { Reading } from './reading.ts';
import { describeReason, type Sight } from './sight.ts';
import type { Verdict } from './verdict.ts';

const STATE_VERSION = 1;

/** All that is kept of a rule on a device. Plain JSON of at most `LIMITS.stateBytes`. */
export interface RuleState {
  readonly v: typeof STATE_VERSION;
  readonly key: RuleKey;
  /** When the rule was first evaluated for the device. */
  readonly since: Millis;
  readonly verdict: Verdict;
  readonly sight: Sight;
  /** The newest sample that was evaluated. */
  readonly last?: Reading;
  /** The newest authenticated contact, for a rule on silence. */
  readonly heardAt?: Millis;
}

/** A rule of which nothing is known yet. */
export function freshState(rule: CompiledRule, now: Millis): RuleState {
  return {
    v: STATE_VERSION,
    key: rule.key,
    since: now,
    verdict: { kind: 'unknown', since: now },
    sight: { kind: 'blind', since: now, reason: 'no-value-yet' },
  };
}

/** A stored state, if it is this rule's and of this version; else the rule starts afresh. */
export function readState(rule: CompiledRule, stored: unknown): RuleState | undefined {
  if (typeof stored !== 'object' || stored === null || !('v' in stored) || !('key' in stored)) return undefined;
  // States are written by `evaluate` alone; version and key say that this one was.
  return stored.v === STATE_VERSION && stored.key === rule.key ? (stored as RuleState) : undefined;
}

/** How a rule stands on a device, in one word; `waiting` is blind for what should be a moment. */
export interface RuleStatus {
  readonly state: 'ok' | 'pending' | 'breached' | 'cannot-evaluate' | 'waiting';
  readonly since: Millis;
  /** Why no value is seen, or that the newest fix is unsure: also beside a breach, which outlasts both. */
  readonly reason?: string;
}

/** The gravest thing to say about a rule; never `ok` without a value that is new enough. */
export function statusOf({ verdict, sight, last }: RuleState): RuleStatus {
  const unsure = last?.kind === 'region' && last.answer === 'unsure' ? { reason: UNSURE } : {};
  const reason = sight.kind === 'seeing' ? unsure : { reason: describeReason(sight.reason) };
  if (verdict.kind === 'breached') return { state: 'breached', since: verdict.since, ...reason };
  if (sight.kind === 'cannot-evaluate') return { state: 'cannot-evaluate', since: sight.since, ...reason };
  if (sight.kind === 'blind') return { state: 'waiting', since: sight.since, ...reason };
  if (verdict.kind === 'unknown') return { state: 'cannot-evaluate', since: verdict.since, ...reason };
  return { state: verdict.kind, since: verdict.since, ...reason };
}

const UNSURE = 'the newest fix is too near the border to tell';
