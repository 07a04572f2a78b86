import { judgeTime, type SampleValue } from '@reeve/policy';
import type { Decision } from '../decision.ts';
import type { Refused } from '../handshakes/failed.ts';
import type { Millis } from '../ids.ts';
import { asRecords, type LinkColumns, type LinkTold } from '../link/columns.ts';
import type { LinkBody, LinkRecord } from '../link/port.ts';
import type { RuleEngine, RuleInput } from '../policies/engine.ts';
import type { Device } from '../registry/fleet.ts';
import type { Batch, Reading, Sample } from '../store/port.ts';
import type { StoredValue } from '../store/tables.ts';
import { type Held, MAX_TEXT_PER_DEVICE, MAX_VALUES_PER_DEVICE, textLength, valuesOf } from './values.ts';

/** What a device reported, and how much it is worth. */
export interface Report {
  /**
   * The path that was observed or read: one report of it is one sample for the rules. `/` for what a device sends of its
   * own accord: there each object is a sample, and what it leaves out says nothing.
   */
  readonly path: string;
  readonly body: LinkTold;
  /** False: older than something seen already; kept as history, and the current value only of what had none. */
  readonly fresh: boolean;
  readonly receivedAt: Millis;
}

/** Turns reports into values, history and evaluated rules: one decision, one commit. */
export class Ingest {
  readonly #engine: RuleEngine;
  readonly #refuse: (refused: Refused) => void;

  /** @param refuse told of what is not kept */
  constructor(engine: RuleEngine, refuse: (refused: Refused) => void) {
    this.#refuse = refuse;
    this.#engine = engine;
  }

  take(device: Device, report: Report): Decision {
    const { body: told, receivedAt } = report;
    const reading = told.kind === 'columns' ? readingOf(device, told, report) : undefined;
    if (reading) {
      return this.#judged(device, report, { readings: [reading] }, () => valuesOf(device).takeReading(reading));
    }
    const body = asRecords(told);
    if (body.kind !== 'records') {
      const reason = body.kind === 'empty' ? 'missing' : 'unreadable';
      const inputs = report.fresh ? [blind(report.path, reason)] : [];
      return this.#engine.feed(device, inputs, receivedAt) ?? { batch: {} };
    }
    const { samples, left } = judge(device, body, report);
    if (left > 0) this.#refuse(tooMany(device, left, receivedAt));
    return this.#judged(device, report, { samples }, () => valuesOf(device).take(samples));
  }

  /** What is kept of a report, with what the device's rules make of it. */
  #judged(device: Device, { path, body, fresh, receivedAt }: Report, kept: Batch, keep: () => void): Decision {
    const ruled = fresh && this.#engine.of(device.row.deviceId).length > 0;
    const told = ruled ? asRecords(body) : undefined;
    const evaluated =
      told?.kind === 'records' ? this.#engine.feed(device, inputsOf(path, told, receivedAt), receivedAt) : undefined;
    if (!evaluated) return { batch: kept, apply: keep };
    return {
      batch: { ...evaluated.batch, ...kept },
      apply: () => {
        keep();
        evaluated.apply?.();
      },
    };
  }
}

/**
 * A report as a reading: that of each of its values it need not be judged on its own whether it is current, and whether
 * there is room for it. Undefined if it must be.
 */
function readingOf(device: Device, { form, values }: LinkColumns, report: Report): Reading | undefined {
  const { receivedAt, fresh } = report;
  if (!fresh || form.objectIds.includes(LOCATION_OBJECT)) return undefined;
  const { organisationId, deviceId } = device.row;
  const { values: held } = device;
  let room = MAX_VALUES_PER_DEVICE - (held?.all.length ?? 0);
  let spare = MAX_TEXT_PER_DEVICE - (held?.characters ?? 0);
  let place = -1;
  for (let index = 0; index < values.length; index++) {
    place = held?.place(form.paths[index] ?? '', place) ?? -1;
    const known = held?.at(place);
    if (!known) room -= 1;
    else if (measuredAt(known) > receivedAt) return undefined;
    spare -= textLength(values[index]) - textLength(known?.value);
    if (room < 0 || spare < 0) return undefined;
  }
  return { organisationId, deviceId, receivedAt, form, values };
}

/** What of a report is kept, what of it is current then, and how many values there is no room for. */
function judge(device: Device, body: Records, { fresh, receivedAt }: Report) {
  const { organisationId, deviceId } = device.row;
  const truncated = body.truncated ? 1 : 0;
  /** One for all values of which the device says no time. */
  const untimed = { organisationId, clock: 'none', truncated } as const;
  const { values } = device;
  /** What was told of a path before, where a report may have several values of one. */
  const told = values?.isInOrder(body.records) ? undefined : new Map<string, Told>();
  const samples: Sample[] = [];
  let room = MAX_VALUES_PER_DEVICE - (values?.all.length ?? 0);
  let spare = MAX_TEXT_PER_DEVICE - (values?.characters ?? 0);
  let left = 0;
  let place = -1;
  for (const record of body.records) {
    const { path, stored } = record;
    place = values?.place(path, place) ?? -1;
    const known = values?.at(place);
    const before = told?.get(path);
    if (!known && !before) {
      if (room === 0) {
        left += 1;
        continue;
      }
      room -= 1;
    }
    const observedAt = storable(record.time ?? timestampOf(record, body.records));
    const { at: judged, clock } = judgeTime({ observedAt, receivedAt });
    // History names a sample by its times: of a device whose clock is not believed, a series keeps its order.
    const at = before?.judged === judged ? before.at + 1 : judged;
    const since = before?.current ?? (known && measuredAt(known));
    // What is older and has no value yet gets one: a history of its own counts among the resources of the device.
    if ((!fresh && known) || (since !== undefined && since > at)) {
      samples.push({ deviceId, path, at, receivedAt, stored });
      told?.set(path, { judged, at, current: before?.current, length: before?.length });
      continue;
    }
    const length = textLength(stored.value);
    const grown = length - (before?.length ?? textLength(known?.value));
    if (grown > 0 && grown > spare) {
      left += 1;
      continue;
    }
    spare -= grown;
    const current = observedAt === undefined ? untimed : { organisationId, observedAt, clock, truncated };
    samples.push({ deviceId, path, at, receivedAt, stored, current });
    told?.set(path, { judged, at, current: measuredAt({ clock, observedAt, receivedAt }), length });
  }
  return { samples, left };
}

type Records = Extract<LinkBody, { kind: 'records' }>;

/** What a report has told of a path so far: when by the device, when in its history, and of what became its value. */
interface Told {
  readonly judged: Millis;
  readonly at: Millis;
  /** When it was measured. */
  readonly current: Millis | undefined;
  /** Characters of it. */
  readonly length: number | undefined;
}

/** What a report says of one moment. */
interface Moment {
  readonly path: string;
  readonly time: Millis | undefined;
  readonly values: Record<string, SampleValue>;
}

/** One input per moment that the report tells of, oldest first; a truncated report is never evaluated. */
function inputsOf(path: string, body: Records, receivedAt: Millis): RuleInput[] {
  if (body.truncated) return [blind(path, 'truncated')];
  const moments = new Map<string, Moment>();
  for (const { path: at, stored, time } of body.records) {
    const value = sampleValue(stored);
    if (value === undefined) continue;
    const of = path === '/' ? at.slice(0, at.indexOf('/', 1)) : path;
    const key = `${time} ${of}`;
    const moment = moments.get(key) ?? { path: of, time, values: {} };
    moment.values[at] = value;
    moments.set(key, moment);
  }
  return [...moments.values()]
    .sort((a, b) => (a.time ?? receivedAt) - (b.time ?? receivedAt))
    .map(({ time, ...sample }) => ({
      ...{ kind: 'sample', ...sample, receivedAt },
      ...(time === undefined ? {} : { observedAt: time }),
    }));
}

/** When the value is taken to have been measured. */
function measuredAt({ clock, observedAt, receivedAt }: Pick<Held, 'clock' | 'observedAt' | 'receivedAt'>): Millis {
  return clock === 'good' ? (observedAt ?? receivedAt) : receivedAt;
}

function blind(path: string, reason: 'missing' | 'unreadable' | 'truncated'): RuleInput {
  return { kind: 'blind', path, reason };
}

/** Integers beyond 2^53 are kept as text; rules compare them as numbers all the same. */
function sampleValue({ type, value }: StoredValue): SampleValue | undefined {
  if (value === null) return undefined;
  if ((type === 'integer' || type === 'unsigned') && typeof value === 'string') return BigInt(value);
  return value;
}

/** A moment beyond all calendars (ECMA-262 §21.4.1.1) is cut to their end: no clock is believed there anyway. */
export function storable(moment: Millis | undefined): Millis | undefined {
  return moment === undefined ? undefined : Math.min(Math.max(moment, -8.64e15), 8.64e15);
}

const LOCATION_OBJECT = 6;

/** The moment of a location fix is in the fix itself: /6/x/5 (LwM2M object 6). */
function timestampOf(record: LinkRecord, records: readonly LinkRecord[]): Millis | undefined {
  if (!record.path.startsWith(`/${LOCATION_OBJECT}/`)) return undefined;
  const [, , instance] = record.path.split('/');
  const timestamp = records.find(({ path }) => path === `/${LOCATION_OBJECT}/${instance}/5`)?.stored.value;
  return typeof timestamp === 'number' ? timestamp * 1000 : undefined;
}

/** What a device tells beyond what is kept of it, as a line for the operator. */
function tooMany({ row, session, registration }: Device, left: number, at: Millis): Refused {
  return {
    at,
    address: session?.address ?? registration?.address ?? '',
    ...(session === undefined ? {} : { ingress: session.ingress }),
    ...(registration?.identity === undefined ? {} : { identity: registration.identity }),
    endpoint: row.endpoint,
    check: 'limit',
    detail: `${left} values beyond the ${MAX_VALUES_PER_DEVICE} resources and ${MAX_TEXT_PER_DEVICE} characters that are kept of a device`,
  };
}
