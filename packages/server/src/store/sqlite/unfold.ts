import type { Cell } from '../codec.ts';
import type { SeriesSample } from '../history.ts';
import { behindShapes, type RedoEntry, RedoKind, valuesNumber } from './redo.ts';
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

/** A form, with its paths and types between spaces, and how often it was told. */
export interface TakenForm {
  readonly form: RedoForm;
  readonly paths: string;
  readonly types: string;
  uses: number;
}

/** Values of a form that was told so often are one series: seldom ones would make series without number. */
const TOGETHER = 8;

/** Where the cells of each table's key stand in its columns. */
const keyColumns = behindShapes.map(({ key, columns }) => key.map((column) => columns.indexOf(column)));

/** The key of the row that an entry changes. */
export function keyOf(entry: RedoEntry): Cell[] {
  const places = keyColumns[Number(entry[1])] ?? [];
  // None of these tables has columns of truth values.
  const cells = entry as Cell[];
  return entry[0] === RedoKind.put
    ? places.map((place) => cells[2 + place] ?? null)
    : cells.slice(2, 2 + places.length);
}

/** What is to become of a row once an entry has changed it, if `known` was to become of it before. */
export function patched(known: PendingRow | undefined, entry: RedoEntry): PendingRow {
  const table = Number(entry[1]);
  const cells = entry as Cell[];
  if (entry[0] === RedoKind.put) return { table, key: keyOf(entry), kind: 'put', cells: cells.slice(2) };
  if (entry[0] === RedoKind.delete) return { table, key: keyOf(entry), kind: 'delete', cells: [] };
  // There is no row to be patched.
  if (known?.kind === 'delete') return known;
  const pending: PendingRow = known ?? { table, key: keyOf(entry), kind: 'patch', cells: [] };
  for (let index = 2 + pending.key.length; index < cells.length; index += 2) {
    pending.cells[Number(cells[index])] = cells[index + 1];
  }
  return pending;
}

/** Samples of one device, and changes of its rows in `values`, in their order. */
export interface Told {
  readonly entries: readonly RedoEntry[];
  readonly forms: readonly TakenForm[];
}

/** What is to become of the rows of a device in `values`, by path. @yields a row, or where the sample of it stands */
function valuesOf({ entries, forms }: Told): Map<string, PendingRow | Place> {
  const values = new Map<string, PendingRow | Place>();
  for (const entry of entries) {
    if (entry[0] === RedoKind.samples || entry[0] === RedoKind.plain) {
      readSamples(entry, formOf(entry, forms)?.form, (path, _, __, current) => {
        if (current) values.set(path, current);
      });
      continue;
    }
    const path = String(keyOf(entry)[1]);
    const known = values.get(path);
    // From here on the row is changed as any other.
    values.set(path, patched(known && rowOf(known), entry));
  }
  return values;
}

function rowOf(known: PendingRow | Place): PendingRow {
  return 'entry' in known ? { table: valuesNumber, key: [], kind: 'put', cells: valuesRow(known) } : known;
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
    const known = series.get(paths) ?? { deviceId, paths, types, rows: [] };
    known.types = types;
    series.set(paths, known);
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
