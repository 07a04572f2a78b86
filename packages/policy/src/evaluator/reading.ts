import { DECIMAL } from '../decimal.ts';
import type { SetLimit, ThresholdLimit } from '../document/policy-schema.ts';
import { LIMITS } from '../limits.ts';
import type { CompiledRule, RegionRule, SetRule, ThresholdRule } from '../policy.ts';
import { type Answer, locate } from '../regions/locate.ts';
import { type ClockQuality, judgeTime } from '../time.ts';
import type { Metres, Millis } from '../units.ts';
import type { Sample, SampleValue } from './input.ts';
import type { Verdict, VerdictEvent } from './verdict.ts';

/** Error of a fix whose device does not report one (Location, resource 3). */
const DEFAULT_RADIUS: Metres = 50;

/** Resources of the Location object (OMA LwM2M TS Appendix E.7). */
const LOCATION = { latitude: 0, longitude: 1, radius: 3, timestamp: 5 } as const;

/** The furthest a date lies from 1970 (ECMA-262 §21.4.1.1), which JSON can carry. */
const FURTHEST_TIME: Millis = 8.64e15;

interface Timed {
  /** When it was measured, as far as that can be believed. */
  readonly at: Millis;
  /** As the device said, believed or not: it tells one fix from the next. */
  readonly observedAt?: Millis;
  readonly receivedAt: Millis;
  readonly clock: ClockQuality;
}

interface Fix extends Timed {
  readonly kind: 'region';
  readonly lat: number;
  readonly lon: number;
  readonly radius: Metres;
  /** From the border: negative inside, positive outside. */
  readonly distance: Metres;
  readonly answer: Answer;
}

interface Measurement extends Timed {
  readonly kind: 'threshold';
  readonly value: number;
  /** Beyond the limit, well within it, or in the band where a breach stays but none begins. */
  readonly side: 'beyond' | 'between' | 'within';
}

interface Text extends Timed {
  readonly kind: 'set';
  /** The value as text, cut to `LIMITS.keptText`. */
  readonly value: string;
  readonly allowed: boolean;
}

/** What a rule makes of one sample; the newest one is kept as evidence. */
export type Reading = Fix | Measurement | Text;

/** A rule that is fed with samples. */
export type SampledRule = Exclude<CompiledRule, { kind: 'silence' }>;

/** `irrelevant`: the sample is about something else. `unusable`: it should have held the value, but does not. */
export function readSample(rule: SampledRule, sample: Sample): Reading | 'irrelevant' | 'unusable' {
  if (!covers(sample.path, rule.limit.path)) return 'irrelevant';
  const reading = readRule(rule, sample);
  if (reading === 'absent') return sample.path === rule.limit.path ? 'unusable' : 'irrelevant';
  return reading;
}

/** The same fix or value, told twice. */
export function isRepeated(reading: Reading, last: Reading): boolean {
  if ((reading.observedAt ?? reading.receivedAt) !== (last.observedAt ?? last.receivedAt)) return false;
  if (reading.kind === 'region') return last.kind === 'region' && reading.lat === last.lat && reading.lon === last.lon;
  return reading.kind === last.kind && reading.value === last.value;
}

/** What a reading says about its rule; hysteresis makes that depend on whether the rule is breached. */
export function judgeReading(reading: Reading, verdict: Verdict): VerdictEvent {
  switch (reading.kind) {
    case 'region':
      return REGION_EVENTS[reading.answer];
    case 'threshold':
      if (reading.side === 'between') return verdict.kind === 'breached' ? 'unsure' : 'complying';
      return reading.side === 'beyond' ? 'violating' : 'complying';
    case 'set':
      return reading.allowed ? 'complying' : 'violating';
  }
}

const REGION_EVENTS: Record<Answer, VerdictEvent> = { inside: 'complying', outside: 'violating', unsure: 'unsure' };

function readRule(rule: SampledRule, sample: Sample): Reading | 'absent' | 'unusable' {
  switch (rule.kind) {
    case 'region':
      return readFix(rule, sample);
    case 'threshold':
      return readMeasurement(rule, sample);
    case 'set':
      return readText(rule, sample);
  }
}

function readFix({ limit, shapes }: RegionRule, sample: Sample): Fix | 'absent' | 'unusable' {
  const resource = (id: number) => toNumber(sample.values[`${limit.path}/${id}`]);
  const lat = resource(LOCATION.latitude);
  const lon = resource(LOCATION.longitude);
  if (lat === undefined && lon === undefined) return 'absent';
  if (!isWithin(lat, 90) || !isWithin(lon, 180)) return 'unusable';
  const reported = resource(LOCATION.radius);
  const radius = reported !== undefined && reported >= 0 ? reported : DEFAULT_RADIUS;
  const timestamp = resource(LOCATION.timestamp);
  const observedAt = timestamp === undefined ? sample.observedAt : fromSeconds(timestamp);
  return { kind: 'region', lat, lon, radius, ...locate({ lat, lon }, radius, shapes), ...timed(sample, observedAt) };
}

function readMeasurement({ limit }: ThresholdRule, sample: Sample): Measurement | 'absent' | 'unusable' {
  const written = sample.values[limit.path];
  if (written === undefined) return 'absent';
  const value = toNumber(written);
  if (value === undefined) return 'unusable';
  const side = isBeyond(limit, value) ? 'beyond' : isClear(limit, value) ? 'within' : 'between';
  return { kind: 'threshold', value, side, ...timed(sample, sample.observedAt) };
}

function readText({ limit }: SetRule, sample: Sample): Text | 'absent' {
  const value = sample.values[limit.path];
  if (value === undefined) return 'absent';
  const kept = String(value).slice(0, LIMITS.keptText);
  return { kind: 'set', value: kept, allowed: isAllowed(limit, value), ...timed(sample, sample.observedAt) };
}

function timed({ receivedAt }: Sample, observedAt: Millis | undefined): Timed {
  const judged = judgeTime({ observedAt, receivedAt });
  return observedAt === undefined ? { ...judged, receivedAt } : { ...judged, observedAt, receivedAt };
}

/** Unix seconds to milliseconds, within what a date can be; what lies outside is doubtful either way. */
function fromSeconds(seconds: number): Millis {
  return Math.round(Math.max(-FURTHEST_TIME, Math.min(FURTHEST_TIME, seconds * 1_000)));
}

/** Whether a message about `reported` holds all of `wanted`. */
function covers(reported: string, wanted: string): boolean {
  return reported === wanted || reported === '/' || wanted.startsWith(`${reported}/`);
}

/** Also a number in text: a device's plain text is just that where the resource is not a known one. */
function toNumber(value: SampleValue | undefined): number | undefined {
  if (typeof value === 'boolean' || value === undefined) return undefined;
  if (typeof value === 'string' && !DECIMAL.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function isWithin(value: number | undefined, bound: number): value is number {
  return value !== undefined && Math.abs(value) <= bound;
}

function isBeyond({ below, above }: ThresholdLimit, value: number): boolean {
  return below !== undefined ? value < below : above !== undefined && value > above;
}

function isClear({ clearAbove, clearBelow }: ThresholdLimit, value: number): boolean {
  return (clearAbove === undefined || value > clearAbove) && (clearBelow === undefined || value < clearBelow);
}

/** Texts compare as they are written; a device's number compares as a number, so that 3 is 3.0. */
function isAllowed(limit: SetLimit, value: SampleValue): boolean {
  const listed = (limit.in ?? limit.notIn ?? []).some(
    (text) => text === String(value) || (typeof value === 'number' && text.trim() !== '' && Number(text) === value),
  );
  return limit.in === undefined ? !listed : listed;
}
