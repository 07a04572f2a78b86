import type { CompiledRule, SilenceRule } from '../policy.ts';
import { LATE_AFTER } from '../time.ts';
import type { Millis } from '../units.ts';
import { type Finding, findingsOf } from './finding.ts';
import type { Input, Sample } from './input.ts';
import { isRepeated, judgeReading, type Reading, readSample, type SampledRule } from './reading.ts';
import { lossEvent, nextSight, type SightEvent, type SightReason } from './sight.ts';
import { freshState, type RuleState } from './state.ts';
import { type Burden, nextVerdict } from './verdict.ts';

/**
 * What became of a sample: evaluated; the same fix or value as the last one; too late to say anything about now;
 * without the value in the form that the rule needs; or about something else.
 */
export type SampleFate = 'evaluated' | 'repeated' | 'late' | 'unusable' | 'irrelevant';

export interface Evaluation {
  readonly state: RuleState;
  /** What changed, in order: sight before verdict. */
  readonly findings: readonly Finding[];
  /** When to evaluate a tick at the latest, if nothing comes before; later than now. */
  readonly wakeAt?: Millis;
  /** For a sample: what became of it. */
  readonly fate?: SampleFate;
}

/**
 * The one evaluator: the same inputs in the same order give the same states and findings, live, after a restart and
 * in a back-test. Inputs count in the order of their arrival. Never throws.
 *
 * @param state what `evaluate` gave back before; absent for a rule that is new to the device
 * @param now our clock; for a sample the time of its arrival
 */
export function evaluate(rule: CompiledRule, state: RuleState | undefined, input: Input, now: Millis): Evaluation {
  const before = state ?? freshState(rule, now);
  if (rule.kind === 'silence') {
    const after = evaluateSilence(rule, before, input, now);
    return conclude(rule, before, after, now, silenceWake(rule, after));
  }
  const { state: observed, fate } = observe(rule, before, input, now);
  const after = passTime(rule, observed, now);
  const evaluation = conclude(rule, before, after, now, sampleWake(rule, after));
  return fate === undefined ? evaluation : { ...evaluation, fate };
}

function conclude(
  rule: CompiledRule,
  before: RuleState,
  state: RuleState,
  now: Millis,
  wakeAt: Millis | undefined,
): Evaluation {
  const findings = findingsOf(rule, before, state, now);
  return wakeAt === undefined ? { state, findings } : { state, findings, wakeAt };
}

interface Observed {
  readonly state: RuleState;
  readonly fate?: SampleFate;
}

function observe(rule: SampledRule, state: RuleState, input: Input, now: Millis): Observed {
  switch (input.kind) {
    case 'sample':
      return takeSample(rule, state, input, now);
    case 'blind':
      return { state: see(state, lossEvent(input.reason), input.reason, now) };
    case 'contact':
    case 'tick':
      return { state };
  }
}

function takeSample(rule: SampledRule, state: RuleState, sample: Sample, now: Millis): Observed {
  const reading = readSample(rule, sample);
  if (reading === 'irrelevant') return { state, fate: reading };
  if (reading === 'unusable') return { state: see(state, 'unusable', 'unusable', now), fate: reading };
  if (state.last && isRepeated(reading, state.last)) {
    return { state: isExpired(rule, state, now) ? state : see(state, 'value', 'no-value', now), fate: 'repeated' };
  }
  if (isLate(reading, state.last)) return { state: see(state, 'late', 'late', now), fate: 'late' };
  const event = judgeReading(reading, state.verdict);
  const verdict = nextVerdict(state.verdict, event, burdenOf(rule), { at: measuredAt(reading), now });
  return { state: see({ ...state, verdict, last: reading }, 'value', 'no-value', now), fate: 'evaluated' };
}

function isLate(reading: Reading, last: Reading | undefined): boolean {
  if (reading.clock !== 'good') return false;
  return reading.receivedAt - reading.at > LATE_AFTER || (last !== undefined && reading.at < last.at);
}

/** Ages count from the measurement, but a clock that is ahead makes nothing younger than its arrival. */
function measuredAt(reading: Reading): Millis {
  return Math.min(reading.at, reading.receivedAt);
}

function see(state: RuleState, event: SightEvent, reason: SightReason, now: Millis): RuleState {
  const sight = nextSight(state.sight, event, reason, now);
  return sight === state.sight ? state : { ...state, sight };
}

/** What the mere passing of time does: values grow too old, durations are reached. */
function passTime(rule: SampledRule, state: RuleState, now: Millis): RuleState {
  if (isExpired(rule, state, now)) return see(state, 'expired', state.last ? 'too-old' : 'no-value', now);
  if (state.sight.kind !== 'seeing') return state;
  const verdict = nextVerdict(state.verdict, 'due', burdenOf(rule), { at: now, now });
  return verdict === state.verdict ? state : { ...state, verdict };
}

function isExpired(rule: SampledRule, state: RuleState, now: Millis): boolean {
  return now >= expiresAt(rule, state);
}

function expiresAt(rule: SampledRule, { last, since }: RuleState): Millis {
  return (last ? measuredAt(last) : since) + rule.limit.maxAge;
}

function sampleWake(rule: SampledRule, state: RuleState): Millis | undefined {
  const { sight, verdict } = state;
  if (sight.kind === 'cannot-evaluate') return undefined;
  const expiry = expiresAt(rule, state);
  const { count, duration } = burdenOf(rule);
  if (sight.kind !== 'seeing' || verdict.kind !== 'pending' || verdict.count < count) return expiry;
  return Math.min(expiry, verdict.since + duration);
}

function burdenOf(rule: SampledRule): Burden {
  if (rule.kind === 'region') return { count: rule.limit.fixes, duration: 0, clear: rule.limit.clearFixes };
  if (rule.kind === 'threshold') return { count: rule.limit.samples, duration: rule.limit.for, clear: 1 };
  return AT_ONCE;
}

const AT_ONCE: Burden = { count: 1, duration: 0, clear: 1 };

function evaluateSilence(rule: SilenceRule, before: RuleState, input: Input, now: Millis): RuleState {
  let state = before;
  if (input.kind === 'contact') {
    state = see({ ...state, heardAt: Math.max(input.at, state.heardAt ?? input.at) }, 'value', 'no-value', now);
  }
  const silent = now >= silentAt(rule, state);
  const event = silent ? 'violating' : state.heardAt === undefined ? 'unsure' : 'complying';
  const verdict = nextVerdict(state.verdict, event, AT_ONCE, { at: state.heardAt ?? state.since, now });
  return verdict === state.verdict ? state : { ...state, verdict };
}

function silentAt(rule: SilenceRule, { heardAt, since }: RuleState): Millis {
  return (heardAt ?? since) + rule.limit.after;
}

function silenceWake(rule: SilenceRule, state: RuleState): Millis | undefined {
  return state.verdict.kind === 'breached' ? undefined : silentAt(rule, state);
}
