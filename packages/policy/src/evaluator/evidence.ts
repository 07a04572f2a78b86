import { describeLimit, describeRule, formatPosition } from '../describe.ts';
import type { CompiledRule } from '../policy.ts';
import { formatDistance, formatSpan, type Millis } from '../units.ts';
import type { Finding } from './finding.ts';
import type { Reading } from './reading.ts';
import { describeReason } from './sight.ts';
import type { RuleState } from './state.ts';

/** One value that a finding rests on: measured, or a limit of the rule. */
export interface EvidenceValue {
  readonly label: string;
  readonly value: string | number | boolean;
  /** When the device says that it measured; absent when it did not say, or its clock is doubtful. */
  readonly observedAt?: Millis;
  readonly receivedAt?: Millis;
}

/** What a finding rests on. */
export interface Evidence {
  readonly at: Millis;
  /** One sentence for people. */
  readonly text: string;
  readonly values: readonly EvidenceValue[];
}

/** The evidence of a finding about the state that a rule has come to. */
export function evidenceOf(kind: Finding['kind'], rule: CompiledRule, state: RuleState, at: Millis): Evidence {
  const text = `${describeRule(rule)}; ${TEXTS[kind](rule, state, at)}`;
  return { at, text, values: [...limitValues(rule), ...stateValues(state, at)] };
}

type Teller = (rule: CompiledRule, state: RuleState, at: Millis) => string;

const TEXTS: Record<Finding['kind'], Teller> = {
  breached: (rule, state, at) => {
    const { verdict, last } = state;
    if (rule.kind === 'silence') return describeSilence(state, at);
    if (last === undefined || verdict.kind !== 'breached') return 'broken';
    const row = verdict.count > 1 ? `, ${verdict.count} ${rule.kind === 'region' ? 'fixes' : 'samples'} in a row` : '';
    const span = rule.kind === 'threshold' && rule.limit.for > 0 ? `, for ${formatSpan(at - verdict.first)}` : '';
    return `${describeReading(last)}${row}${span}${describeClock(last)}`;
  },
  cleared: (rule, { last }) => {
    if (rule.kind === 'silence') return 'it was heard again';
    return last === undefined ? 'whole again' : `${describeReading(last)} again${describeClock(last)}`;
  },
  'cannot-evaluate': (_rule, { sight }) =>
    `cannot be evaluated: ${sight.kind === 'seeing' ? 'no reason' : describeReason(sight.reason)}`,
  'evaluable-again': () => 'values are back',
};

function describeReading(reading: Reading): string {
  switch (reading.kind) {
    case 'region': {
      const side = reading.distance > 0 ? 'outside' : 'inside';
      return `at ${formatPosition(reading)} it was ${formatDistance(Math.abs(reading.distance))} ${side}`;
    }
    case 'threshold':
      return `it was ${reading.value}`;
    case 'set':
      return `it was ${JSON.stringify(reading.value)}`;
  }
}

function describeSilence({ heardAt, since }: RuleState, at: Millis): string {
  return heardAt === undefined
    ? `not heard from in the ${formatSpan(at - since)} that the rule has watched`
    : `last heard from ${formatSpan(at - heardAt)} ago`;
}

function describeClock({ clock }: Reading): string {
  return clock === 'doubtful' ? " (by the time of arrival: the device's clock is doubtful)" : '';
}

function limitValues(rule: CompiledRule): EvidenceValue[] {
  switch (rule.kind) {
    case 'region':
      return [
        { label: 'allowed', value: describeRule(rule) },
        { label: 'fixes needed', value: rule.limit.fixes },
      ];
    case 'threshold':
      return [{ label: 'limit', value: describeLimit(rule.limit) }];
    case 'set':
      return [{ label: 'limit', value: describeRule(rule) }];
    case 'silence':
      return [{ label: 'limit in seconds', value: rule.limit.after / 1_000 }];
  }
}

function stateValues({ last, heardAt, verdict }: RuleState, at: Millis): EvidenceValue[] {
  const values: EvidenceValue[] = [];
  if (heardAt !== undefined)
    values.push({ label: 'last heard from', value: formatSpan(at - heardAt), receivedAt: heardAt });
  if (last === undefined) return values;
  const times = { receivedAt: last.receivedAt, ...(last.clock === 'good' ? { observedAt: last.at } : {}) };
  if (last.kind === 'region') {
    values.push({ label: 'latitude', value: last.lat, ...times });
    values.push({ label: 'longitude', value: last.lon, ...times });
    values.push({ label: 'error radius in metres', value: last.radius, ...times });
    const side = last.distance > 0 ? 'outside' : 'inside';
    values.push({ label: `metres ${side} the border`, value: Math.round(Math.abs(last.distance)), ...times });
  } else {
    values.push({ label: 'value', value: last.value, ...times });
  }
  if (verdict.kind === 'breached') values.push({ label: 'in a row', value: verdict.count });
  return values;
}
