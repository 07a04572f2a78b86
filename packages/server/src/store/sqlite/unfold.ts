import type { Cell } from '../codec.ts';
import type { SeriesSample } from '../history.ts';
import { behindShapes, type RedoCell, type RedoEntry, RedoKind, valuesNumber } from './redo.ts';
import { type Place, type RedoForm, readSamples, rowOfPlain, valuesRow } from './redo-samples.ts';
import type { ChunkRow } from './series.ts';

/** What is to become of a row. Of a patch, a cell that is not there stays as it is. */
export interface PendingRow {
  readonly table: number;
  readonly key: readonly Cell[];
  readonly kind: 'put' | 'patch' | 'delete';
  readonly cells: (Cell | undefined)[];
}

/** What is to become of a series: values that are told together, as their paths and types between spaces. */
export interface PendingSeries {
  readonly deviceId: string;
  readonly paths: string;
  types: string;
  readonly rows: ChunkRow[];
}

/** Entries of the journal that go to its index. */
interface PendingSeqs {
  readonly deviceId: string;
  readonly seqs: readonly number[];
}

export type Pending = PendingRow | PendingSeries | PendingSeqs;

/** A form, with its paths and types between spaces, and how often it was told. */
export interface TakenForm {
  readonly form: RedoForm;
  readonly paths: string;
  readonly types: string;
  uses: number;
}

/** Values of a form that was told so often are one series: seldom ones would make series without number. */
const TOGETHER = 8;

/** Kind and table, before the cells of an entry. */
const HEAD = 2;
/** Where the cells of each table's key stand in its columns. */
const keyPlaces = behindShapes.map(({ key, columns }) => key.map((column) => columns.indexOf(column)));

/** A cell of the key of the row that an entry changes; undefined if the key has fewer. */
export function keyCell(entry: RedoEntry, index: number): RedoCell | undefined {
  const place = keyPlaces[Number(entry[1])]?.[index];
  if (place === undefined) return undefined;
  return entry[HEAD + (entry[0] === RedoKind.put ? place : index)];
}

/** What `entry` makes of the row of which `known` said what is to become: the entry that says so now. */
export function merged(known: RedoEntry | undefined, entry: RedoEntry): RedoEntry {
  if (!known || entry[0] !== RedoKind.patch) return entry;
  // There is no row to be patched.
  if (known[0] === RedoKind.delete) return known;
  const pairs = HEAD + (keyPlaces[Number(entry[1])]?.length ?? 0);
  for (let index = pairs; index < entry.length; index += 2) {
    const place = Number(entry[index]);
    const cell = entry[index + 1] ?? null;
    if (known[0] === RedoKind.put) known[HEAD + place] = cell;
    else setPair(known, pairs, place, cell);
  }
  return known;
}

function setPair(patch: RedoEntry, pairs: number, place: number, cell: RedoCell): void {
  let index = pairs;
  while (index < patch.length && patch[index] !== place) index += 2;
  patch[index] = place;
  patch[index + 1] = cell;
}

/** What an entry says of a row. */
export function pendingRow(entry: RedoEntry): PendingRow {
  const table = Number(entry[1]);
  const places = keyPlaces[table] ?? [];
  // None of these tables has columns of truth values.
  const key = places.map((_, index) => (keyCell(entry, index) ?? null) as Cell);
  if (entry[0] === RedoKind.put) return { table, key, kind: 'put', cells: entry.slice(HEAD) as Cell[] };
  if (entry[0] === RedoKind.delete) return { table, key, kind: 'delete', cells: [] };
  const cells: Cell[] = [];
  for (let index = HEAD + key.length; index < entry.length; index += 2) {
    cells[Number(entry[index])] = entry[index + 1] as Cell;
  }
  return { table, key, kind: 'patch', cells };
}

/** Samples of one device, and changes of its rows in `values`, in their order. */
export interface Told {
  readonly entries: readonly RedoEntry[];
  readonly forms: readonly TakenForm[];
}

/** What is to become of the rows of a device in `values`, by path: an entry that says it, or where the sample of it stands. */
function valuesOf({ entries, forms }: Told): Map<string, RedoEntry | Place> {
  // What a form told is over when it is told again.
  const newest = new Map<unknown, RedoEntry>();
  for (const entry of entries) if (entry[0] === RedoKind.plain) newest.set(entry[3], entry);
  const values = new Map<string, RedoEntry | Place>();
  for (const entry of entries) {
    if (entry[0] === RedoKind.samples || entry[0] === RedoKind.plain) {
      if (entry[0] === RedoKind.plain && newest.get(entry[3]) !== entry) continue;
      readSamples(entry, formOf(entry, forms)?.form, (path, _, __, current) => {
        if (current) values.set(path, current);
      });
      continue;
    }
    const path = String(keyCell(entry, 1));
    const known = values.get(path);
    // From here on the row is changed as any other.
    values.set(path, merged(known && entryOf(known), entry));
  }
  return values;
}

function entryOf(known: RedoEntry | Place): RedoEntry {
  // None of these tables holds bytes.
  return Array.isArray(known) ? known : [RedoKind.put, valuesNumber, ...(valuesRow(known) as RedoCell[])];
}

function rowOf(known: RedoEntry | Place): PendingRow {
  if (Array.isArray(known)) return pendingRow(known);
  return { table: valuesNumber, key: [], kind: 'put', cells: valuesRow(known) };
}

function formOf(entry: RedoEntry, forms: readonly TakenForm[]): TakenForm | undefined {
  return entry[0] === RedoKind.plain ? forms[Number(entry[3])] : undefined;
}

/** Whether samples of several paths may be a series, beside so many others of the device that are to be written. */
export type MayJoin = (deviceId: string, paths: string, others: number) => boolean;

/** What is to be written of what a device told. */
export function* unfold(deviceId: string, told: Told, mayJoin: MayJoin): Generator<PendingRow | PendingSeries> {
  for (const known of valuesOf(told).values()) yield rowOf(known);
  const { entries, forms } = told;
  const series = new Map<string, PendingSeries>();
  const of = (paths: string, types: string): PendingSeries => {
    let known = series.get(paths);
    if (!known) {
      known = { deviceId, paths, types, rows: [] };
      series.set(paths, known);
    }
    known.types = types;
    return known;
  };
  const apart = isAmbiguous(entries);
  const joined = new Map<string, boolean>();
  const isJoined = ({ paths, uses }: TakenForm): boolean => {
    if (apart || uses < TOGETHER) return false;
    const known = joined.get(paths) ?? mayJoin(deviceId, paths, joined.size);
    joined.set(paths, known);
    return known;
  };
  for (const entry of entries) {
    if (entry[0] !== RedoKind.samples && entry[0] !== RedoKind.plain) continue;
    const taken = formOf(entry, forms);
    if (taken && isJoined(taken)) of(taken.paths, taken.types).rows.push(rowOfPlain(entry));
    else readSamples(entry, taken?.form, (path, type, sample) => void of(path, type).rows.push(sample));
  }
  yield* series.values();
}

/** The samples of one path, in the order in which they were told. */
export function samplesOf(path: string, { entries, forms }: Told): SeriesSample[] {
  const samples: SeriesSample[] = [];
  for (const entry of entries) {
    if (entry[0] !== RedoKind.samples && entry[0] !== RedoKind.plain) continue;
    readSamples(entry, formOf(entry, forms)?.form, (of, _, sample) => {
      if (of === path) samples.push(sample);
    });
  }
  return samples;
}

/** Whether two entries are of one moment: which of two samples was written last is known within a series only. */
function isAmbiguous(entries: readonly RedoEntry[]): boolean {
  const moments = new Set<unknown>();
  let samples = 0;
  for (const entry of entries) {
    if (entry[0] !== RedoKind.samples && entry[0] !== RedoKind.plain) continue;
    moments.add(entry[2]);
    samples++;
  }
  return moments.size < samples;
}
