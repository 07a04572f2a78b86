import type { Cell } from '../codec.ts';
import type { SeriesSample } from '../history.ts';
import { behindShapes, type RedoEntry, RedoKind, valuesNumber } from './redo.ts';
import { type Place, type RedoForm, readSamples, valuesRow } from './redo-samples.ts';

/** What is to become of a row. Of a patch, a cell that is not there stays as it is. */
export interface PendingRow {
  readonly table: number;
  readonly key: readonly Cell[];
  readonly kind: 'put' | 'patch' | 'delete';
  readonly cells: (Cell | undefined)[];
}

/** What is to become of a series, and of its newest value if that is a new one. */
export interface PendingSeries {
  readonly deviceId: string;
  readonly path: string;
  type: string;
  readonly samples: SeriesSample[];
  newest: Place | undefined;
}

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

/** What is to become of the values of a device and of their history, by path. */
export interface Unfolded {
  readonly values: Map<string, PendingRow>;
  readonly series: Map<string, PendingSeries>;
}

/** @param told samples of one device, and changes of its rows in `values`, in their order */
export function unfold(told: readonly RedoEntry[], forms: readonly RedoForm[]): Unfolded {
  const values = new Map<string, PendingRow>();
  const series = new Map<string, PendingSeries>();
  for (const entry of told) {
    if (entry[0] !== RedoKind.samples && entry[0] !== RedoKind.plain) {
      changeValue(entry, { values, series });
      continue;
    }
    const form = entry[0] === RedoKind.plain ? forms[Number(entry[3])] : undefined;
    readSamples(entry, form, (path, type, sample, current) => {
      let one = series.get(path);
      if (!one) {
        one = { deviceId: String(entry[1]), path, type, samples: [], newest: undefined };
        series.set(path, one);
      }
      one.type = type;
      one.samples.push(sample);
      if (!current) return;
      one.newest = current;
      values.delete(path);
    });
  }
  return { values, series };
}

function changeValue(entry: RedoEntry, { values, series }: Unfolded): void {
  const key = keyOf(entry);
  const path = String(key[1]);
  const one = series.get(path);
  let known = values.get(path);
  if (one?.newest) {
    // From here on the row is changed as any other.
    known = { table: valuesNumber, key, kind: 'put', cells: valuesRow(one.newest) };
    one.newest = undefined;
  }
  values.set(path, patched(known, entry));
}
