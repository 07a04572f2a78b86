import type { CompiledRule, RuleKey } from '../policy.ts';
import type { Millis } from '../units.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import type { RuleState } from './state.ts';

/** A rule on a device changed in a way that people should know of. */
export interface Finding {
  readonly kind: 'breached' | 'cleared' | 'cannot-evaluate' | 'evaluable-again';
  readonly ruleId: string;
  readonly ruleKey: RuleKey;
  readonly at: Millis;
  /** The values, limits and times that it rests on, also in words. */
  readonly evidence: Evidence;
}

/** What a step from one state to the next has to tell. */
export function findingsOf(rule: CompiledRule, before: RuleState, after: RuleState, at: Millis): Finding[] {
  if (before === after) return [];
  const kinds: Finding['kind'][] = [];
  const couldNot = before.sight.kind === 'cannot-evaluate';
  const cannot = after.sight.kind === 'cannot-evaluate';
  if (couldNot !== cannot) kinds.push(cannot ? 'cannot-evaluate' : 'evaluable-again');
  const wasBreached = before.verdict.kind === 'breached';
  const breached = after.verdict.kind === 'breached';
  if (wasBreached !== breached) kinds.push(breached ? 'breached' : 'cleared');
  return kinds.map((kind) => ({
    kind,
    ruleId: rule.id,
    ruleKey: rule.key,
    at,
    evidence: evidenceOf(kind, rule, after, at),
  }));
}
