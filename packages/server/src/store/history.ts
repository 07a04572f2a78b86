import type { DeviceId, Millis, Seq } from '../ids.ts';
import { type JournalDraft, type JournalEntry, journalVersions } from '../journal/entries.ts';
import { encodeCell, shapeOf } from './codec.ts';
import { storeLimits } from './limits.ts';
import { type ColumnBatch, type Reading, type Sample, StoreError } from './port.ts';
import { integer, real, table, text } from './schema.ts';
import type { StoredValue } from './tables.ts';

/**
 * A draft as one line of text: JSON of type, device, version, time, organisation, actor, cause and payload. JSON has no
 * line breaks of its own, so that lines can be kept together.
 *
 * @throws StoreError `invalid` if it has no such form
 */
export function encodeDraft({ type, deviceId, at, organisationId, actor, cause, payload }: JournalDraft): string {
  if (!Number.isSafeInteger(at)) throw new StoreError('invalid', 'journal.at must be an integer within 2^53');
  try {
    return JSON.stringify([
      type,
      deviceId ?? null,
      journalVersions[type],
      at,
      organisationId,
      actor,
      cause ?? null,
      payload,
    ]);
  } catch (cause) {
    throw new StoreError('invalid', 'journal.payload has no JSON form', { cause });
  }
}

/** Where the type of a line begins: after `["`. */
const TYPE_START = 2;
/** From the end of the type to the name of the device: `","`. */
const BETWEEN = 3;

/** Type and device of a line, which need not be parsed for that: JSON escapes nothing in either. */
export function headOf(line: string): { readonly type: string; readonly deviceId: string | undefined } {
  const end = line.indexOf('"', TYPE_START);
  const start = end + BETWEEN;
  const deviceId = line[start - 1] === '"' ? line.slice(start, line.indexOf('"', start)) : undefined;
  return { type: line.slice(TYPE_START, end), deviceId };
}

/** The committed form of a draft. */
export function committedEntry(draft: JournalDraft, seq: Seq): JournalEntry {
  return { ...draft, seq, version: journalVersions[draft.type] };
}

/** The entry of a line that `encodeDraft` made. */
export function decodeEntry(seq: number, line: string): JournalEntry {
  const [type, deviceId, version, at, organisationId, actor, cause, payload] = JSON.parse(line);
  return {
    seq: seq as Seq,
    type,
    version,
    at,
    organisationId,
    ...(deviceId === null ? {} : { deviceId }),
    actor,
    ...(cause === null ? {} : { cause }),
    payload,
  };
}

const sample = shapeOf(
  'samples',
  table({ deviceId: text(), path: text(), type: text(), at: integer(), receivedAt: integer(), value: real() }, [
    'deviceId',
    'path',
  ]),
);
const sampleColumns = {
  deviceId: sample.column('deviceId'),
  path: sample.column('path'),
  type: sample.column('type'),
  at: sample.column('at'),
  receivedAt: sample.column('receivedAt'),
  value: sample.column('value'),
};

/** @throws StoreError `invalid` if a sample can't be stored */
export function checkSample({ deviceId, path, at, receivedAt, stored }: Sample): void {
  checkMoment(deviceId, receivedAt);
  encodeCell(sampleColumns.path, path);
  encodeCell(sampleColumns.type, stored.type);
  encodeCell(sampleColumns.at, at);
  checkValue(stored.value);
}

/** @throws StoreError `invalid` if it can't be stored who told samples, or when */
export function checkMoment(deviceId: DeviceId, receivedAt: Millis): void {
  encodeCell(sampleColumns.deviceId, deviceId);
  encodeCell(sampleColumns.receivedAt, receivedAt);
}

/** @throws StoreError `invalid` if a number can't be stored */
export function checkValue(value: StoredValue['value']): void {
  if (typeof value === 'number') encodeCell(sampleColumns.value, value);
}

/** What is said of a newest value of which the device said no time. */
export const UNTIMED = { clock: 'none', truncated: 0 } as const;

/** A reading as samples, for whoever looks at each value for itself. */
export function samplesOf({ organisationId, deviceId, receivedAt, form, values }: Reading): Sample[] {
  const current = { organisationId, ...UNTIMED };
  return form.paths.map((path, index) => {
    const stored = { type: form.types[index] ?? 'none', value: values[index] ?? null };
    return { deviceId, path, at: receivedAt, receivedAt, stored, current };
  });
}

/** One sample of a series: at, receivedAt, value. */
export type SeriesSample = readonly [at: Millis, receivedAt: Millis, value: StoredValue['value']];

/** The order of a series: that in which its values were observed, then that in which they came. */
export function byTime(a: Moment, b: Moment): number {
  return a[0] - b[0] || a[1] - b[1];
}

type Moment = readonly [at: Millis, receivedAt: Millis, ...unknown[]];

/** The newest of samples in their order: no more than `limit`, and no more text than one answer may hold. */
export function newestOf<S extends Told>(samples: readonly S[], limit: number): readonly S[] {
  let start = samples.length;
  for (let characters = 0; start > 0 && samples.length - start < limit; start--) {
    const value = samples[start - 1]?.[2];
    characters += typeof value === 'string' ? value.length : 0;
    if (characters > storeLimits.scanCharacters) break;
  }
  return samples.slice(start);
}

type Told = readonly [at: Millis, receivedAt: Millis, value: StoredValue['value'], ...more: unknown[]];

/** Samples, oldest first, as columns. */
export function columnsOf(samples: readonly SeriesSample[]): ColumnBatch {
  return {
    at: samples.map(([at]) => at),
    receivedAt: samples.map(([, receivedAt]) => receivedAt),
    value: samples.map(([, , value]) => value),
  };
}
