import { type Cell, encodeCells } from '../codec.ts';
import { checkMoment, checkSample, checkValue, type SeriesSample, samplesOf } from '../history.ts';
import type { Reading, ReadingForm, Sample } from '../port.ts';
import { behindShapes, type RedoCell, type RedoEntry, RedoKind, valuesNumber } from './redo.ts';
import type { ChunkRow } from './series.ts';

/**
 * Samples in the log: those that a device sent together are one entry.
 *
 * Plain ones, current values of which the device said no time: kind, device, receivedAt, number of their form, then the
 * values. Devices tell the same paths again and again: a form has them once for each row of the log, as organisation,
 * whether the values were truncated, then path and type of each.
 *
 * Any: kind, device, receivedAt, organisation, whether they were truncated, then of each path, type, value, at, the clock
 * of a current value or null, and when it was observed or null.
 */
export type RedoForm = RedoCell[];

const PLAIN_HEAD = 4;
const FORM_HEAD = 2;
const FORM_EACH = 2;
const HEAD = 5;
const EACH = 6;

/** The forms that entries name by their number, each once. */
export class Forms {
  readonly all: RedoForm[] = [];
  /** Characters of all of them, roughly. */
  size = 0;
  /** Numbers by the first path. */
  readonly #numbers = new Map<string, number[]>();
  /** Numbers of those that readings have. */
  readonly #ofReadings = new Map<ReadingForm, number>();

  /** The number of the form of the samples from `start` to before `end`. @throws StoreError `invalid` */
  of(samples: readonly Sample[], start: number, end: number): number {
    const path = samples[start]?.path ?? '';
    const numbers = this.#numbers.get(path) ?? [];
    for (const number of numbers) if (fits(this.all[number] ?? [], samples, start, end)) return number;
    this.#numbers.set(path, [...numbers, this.all.length]);
    const form = formOf(samples.slice(start, end));
    this.size += lengthOf(form);
    return this.all.push(form) - 1;
  }

  /** The number of the form of a reading. @throws StoreError `invalid` */
  ofReading(reading: Reading): number {
    const known = this.#ofReadings.get(reading.form);
    // It may be that of an organisation only.
    if (known !== undefined && this.all[known]?.[0] === reading.organisationId) return known;
    // What comes from another thread is another object each time, though it is the same.
    const samples = samplesOf(reading);
    const number = this.of(samples, 0, samples.length);
    this.#ofReadings.set(reading.form, number);
    return number;
  }
}

/** Characters of some cells, roughly. */
export function lengthOf(cells: readonly RedoCell[]): number {
  let length = 0;
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index];
    length += typeof cell === 'string' ? cell.length : 8;
  }
  return length;
}

function fits(form: RedoForm, samples: readonly Sample[], start: number, end: number): boolean {
  const { organisationId, truncated } = samples[start]?.current ?? {};
  if (form.length !== FORM_HEAD + (end - start) * FORM_EACH) return false;
  if (form[0] !== organisationId || form[1] !== truncated) return false;
  for (let index = start, at = FORM_HEAD; index < end; index++, at += FORM_EACH) {
    const sample = samples[index];
    if (sample?.path !== form[at] || sample?.stored.type !== form[at + 1]) return false;
  }
  return true;
}

function formOf(samples: readonly Sample[]): RedoForm {
  const { organisationId = null, truncated = 0 } = samples[0]?.current ?? {};
  const form: RedoForm = [organisationId, truncated];
  for (const sample of samples) {
    checkSample(sample);
    form.push(sample.path, sample.stored.type);
  }
  return form;
}

/** The entry of a reading. @throws StoreError `invalid` */
export function redoReading(reading: Reading, forms: Forms): RedoEntry {
  const { deviceId, receivedAt, values } = reading;
  checkMoment(deviceId, receivedAt);
  // Made as long as it gets.
  const entry = new Array<RedoCell>(PLAIN_HEAD + values.length);
  entry[0] = RedoKind.plain;
  entry[1] = deviceId;
  entry[2] = receivedAt;
  entry[3] = forms.ofReading(reading);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? null;
    checkValue(value);
    entry[PLAIN_HEAD + index] = value;
  }
  return entry;
}

/** Tells the entries of samples. @throws StoreError `invalid` */
export function redoSamples(samples: readonly Sample[], forms: Forms, add: (entry: RedoEntry) => void): void {
  for (let start = 0; start < samples.length; ) {
    const plain = endOf(samples, start, isPlain);
    const end = plain > start ? plain : endOf(samples, start, (sample) => !isPlain(sample));
    add(plain > start ? plainEntry(samples, start, end, forms) : anyEntry(samples, start, end));
    start = end;
  }
}

function isPlain({ current, at, receivedAt }: Sample): boolean {
  return current?.clock === 'none' && current.observedAt === undefined && at === receivedAt;
}

/** Before which sample the entry ends that begins at `start`. */
function endOf(samples: readonly Sample[], start: number, fit: (sample: Sample) => boolean): number {
  const first = samples[start];
  let end = start;
  for (; end < samples.length; end++) {
    const sample = samples[end];
    if (!first || !sample || !fit(sample)) break;
    if (sample.deviceId !== first.deviceId || sample.receivedAt !== first.receivedAt) break;
    const { current } = sample;
    // Most often one object for all that were sent together.
    if (current === first.current) continue;
    if (current?.organisationId !== first.current?.organisationId) break;
    if (current?.truncated !== first.current?.truncated) break;
  }
  return end;
}

function plainEntry(samples: readonly Sample[], start: number, end: number, forms: Forms): RedoEntry {
  const { deviceId = null, receivedAt = null } = samples[start] ?? {};
  if (samples[start]) checkSample(samples[start]);
  const entry: RedoEntry = [RedoKind.plain, deviceId, receivedAt, forms.of(samples, start, end)];
  for (let index = start; index < end; index++) {
    const value = samples[index]?.stored.value ?? null;
    checkValue(value);
    entry.push(value);
  }
  return entry;
}

function anyEntry(samples: readonly Sample[], start: number, end: number): RedoEntry {
  const { current, deviceId = null, receivedAt = null } = samples[start] ?? {};
  const { organisationId = null, truncated = 0 } = current ?? {};
  const entry: RedoEntry = [RedoKind.samples, deviceId, receivedAt, organisationId, truncated];
  for (const sample of samples.slice(start, end)) {
    checkSample(sample);
    const { path, stored, at, current } = sample;
    entry.push(path, stored.type, stored.value, at, current?.clock ?? null, current?.observedAt ?? null);
  }
  return entry;
}

/** Where a sample stands: in which entry, or form of it, and from which cell on. */
export interface Place {
  readonly entry: RedoEntry;
  readonly form: RedoForm | undefined;
  readonly index: number;
}

/** Paths and types of a form, each between spaces. */
export function namesOf(form: RedoForm): { readonly paths: string; readonly types: string } {
  const names = form.slice(FORM_HEAD);
  const every = (from: number) => names.filter((_, index) => index % FORM_EACH === from).join(' ');
  return { paths: every(0), types: every(1) };
}

/** The values of a plain entry as one row of a chunk. */
export function rowOfPlain(entry: RedoEntry): ChunkRow {
  const receivedAt = Number(entry[2]);
  return [receivedAt, receivedAt, ...entry.slice(PLAIN_HEAD)];
}

/** Tells each sample of an entry, with its place if it is the current value. */
export function readSamples(
  entry: RedoEntry,
  form: RedoForm | undefined,
  told: (path: string, type: string, sample: SeriesSample, current: Place | undefined) => void,
): void {
  const receivedAt = Number(entry[2]);
  if (form) {
    for (let index = PLAIN_HEAD, at = FORM_HEAD; index < entry.length; index++, at += FORM_EACH) {
      const sample: SeriesSample = [receivedAt, receivedAt, entry[index] ?? null];
      told(String(form[at]), String(form[at + 1]), sample, { entry, form, index });
    }
    return;
  }
  for (let index = HEAD; index < entry.length; index += EACH) {
    const sample: SeriesSample = [Number(entry[index + 3]), receivedAt, entry[index + 2] ?? null];
    const current = entry[index + 4] === null ? undefined : { entry, form, index };
    told(String(entry[index]), String(entry[index + 1]), sample, current);
  }
}

/** The row of `values` that a current sample makes, in the order of its columns. */
export function valuesRow({ entry, form, index }: Place): Cell[] {
  const [, deviceId, receivedAt] = entry;
  const at = FORM_HEAD + (index - PLAIN_HEAD) * FORM_EACH;
  const [organisationId, truncated] = form ?? [entry[3], entry[4]];
  const [path, type, value, clock, observedAt] = form
    ? [form[at], form[at + 1], entry[index], 'none', null]
    : [entry[index], entry[index + 1], entry[index + 2], entry[index + 4], entry[index + 5]];
  const row: Readonly<Record<string, unknown>> = {
    organisationId,
    deviceId,
    path,
    stored: { type, value },
    observedAt: observedAt ?? undefined,
    receivedAt,
    clock,
    truncated,
  };
  return encodeCells(behindShapes[valuesNumber]?.columns ?? [], row);
}
