import type { Cell } from '../codec.ts';
import type { SeriesSample } from '../history.ts';
import { StoreError } from '../port.ts';
import { behindShapes, type RedoEntry, RedoKind, readSamples, valuesNumber, valuesRow } from './redo.ts';

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
  /** Where in its entry the newest value stands. */
  newest: { readonly entry: RedoEntry; readonly index: number } | undefined;
}

/** Things with two names. */
class Pairs<T> {
  readonly #all = new Map<Cell, Map<Cell, T>>();
  size = 0;

  get(first: Cell, second: Cell): T | undefined {
    return this.#all.get(first)?.get(second);
  }

  set(first: Cell, second: Cell, value: T): void {
    let those = this.#all.get(first);
    if (!those) {
      those = new Map();
      this.#all.set(first, those);
    }
    if (!those.has(second)) this.size++;
    those.set(second, value);
  }

  delete(first: Cell, second: Cell): void {
    if (this.#all.get(first)?.delete(second)) this.size--;
  }

  *values(): Generator<T> {
    for (const those of this.#all.values()) yield* those.values();
  }
}

/** Entries of the log up to one of its rows: each row of a table and each series once. */
export class Generation {
  readonly #rows = behindShapes.map(() => new Pairs<PendingRow>());
  readonly #series = new Pairs<PendingSeries>();
  /** Entries, each sample counted. */
  entries = 0;
  /** Characters of the log. */
  length = 0;
  /** Newest row of the log; 0 if there is none. */
  last = 0;

  /** Takes the entries of a row of the log. */
  take(entries: readonly RedoEntry[], id: number, length: number): void {
    for (const entry of entries) {
      if (entry[0] === RedoKind.samples) this.#samples(entry);
      else this.#change(entry);
    }
    this.last = id;
    this.length += length;
  }

  /** Rows and series. */
  get distinct(): number {
    let rows = this.#series.size;
    for (const { size } of this.#rows) rows += size;
    return rows;
  }

  /** What is to become of a series; undefined if nothing. */
  seriesOf(deviceId: string, path: string): PendingSeries | undefined {
    return this.#series.get(deviceId, path);
  }

  /** All that is to be written. */
  *contents(): Generator<PendingRow | PendingSeries> {
    for (const rows of this.#rows) yield* rows.values();
    yield* this.#series.values();
  }

  #change(entry: RedoEntry): void {
    this.entries++;
    const [kind, table] = entry;
    const shape = typeof table === 'number' ? behindShapes[table] : undefined;
    const rows = typeof table === 'number' ? this.#rows[table] : undefined;
    if (!shape || !rows || typeof table !== 'number') {
      throw new StoreError('failing', `the log speaks of a table ${table}`);
    }
    // None of these tables has columns of truth values.
    const cells = entry as Cell[];
    const end = 2 + shape.key.length;
    const put = kind === RedoKind.put;
    const key = put ? shape.key.map((column) => cells[2 + shape.columns.indexOf(column)] ?? null) : cells.slice(2, end);
    const [first = null, second = null] = key;
    const series = table === valuesNumber ? this.#series.get(first, second) : undefined;
    if (series?.newest) {
      // From here on the row is changed as any other.
      const { entry: told, index } = series.newest;
      rows.set(first, second, { table, key, kind: 'put', cells: valuesRow(told, index) });
      series.newest = undefined;
    }
    if (put) {
      rows.set(first, second, { table, key, kind: 'put', cells: cells.slice(2) });
    } else if (kind === RedoKind.delete) {
      rows.set(first, second, { table, key, kind: 'delete', cells: [] });
    } else {
      const known = rows.get(first, second);
      // There is no row to be patched.
      if (known?.kind === 'delete') return;
      const pending: PendingRow = known ?? { table, key, kind: 'patch', cells: [] };
      for (let index = end; index < cells.length; index += 2) pending.cells[Number(cells[index])] = cells[index + 1];
      if (!known) rows.set(first, second, pending);
    }
  }

  #samples(entry: RedoEntry): void {
    readSamples(entry, (deviceId, path, type, sample, current, index) => {
      this.entries++;
      let series = this.#series.get(deviceId, path);
      if (!series) {
        series = { deviceId, path, type, samples: [], newest: undefined };
        this.#series.set(deviceId, path, series);
      }
      series.type = type;
      series.samples.push(sample);
      if (!current) return;
      series.newest = { entry, index };
      this.#rows[valuesNumber]?.delete(deviceId, path);
    });
  }
}
