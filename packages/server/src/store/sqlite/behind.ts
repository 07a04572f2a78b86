import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cell } from '../codec.ts';
import { newestOf } from '../history.ts';
import { storeLimits } from '../limits.ts';
import { Generation } from './generation.ts';
import type { RedoRange } from './protocol.ts';
import { behindShapes } from './redo.ts';
import { type RedoRow, readRow } from './redo-group.ts';
import { chunkNumber, chunksOf, encodeChunk, inOrder, type Wanted, within } from './series.ts';
import { deleteSql, patchSql, putSql } from './statements.ts';
import type { MayJoin, PendingRow, PendingSeries } from './unfold.ts';

/** What gathers before it is written: entries of so many devices, */
const DEVICES = 65_536;
/** or so many cells, which bounds memory and what a start has to read, twice, */
const CELLS = 4_194_304;
/** or so many characters of the log, since values may be long, which bounds both. */
const LENGTH = 64 * 1024 * 1024;
/** Devices whose rows and series a group writes at least beside its own entries, while older ones are being written. */
const SLICE = 8;
/** What one transaction writes where everything is to be written: what has to fit in the cache and the log of SQLite. */
const SETTLED = 8_192;

/**
 * Writes rows behind: a group's entries are committed as one row of the log, gather in memory, where the newest change of
 * a row counts, and go to their tables in bulk, some with each later group. A row of the log goes when all that it holds
 * is in the tables; what a start finds there is written again, which changes nothing.
 */
export class WriteBehind {
  readonly #db: DatabaseSync;
  readonly #append: StatementSync;
  readonly #trim: StatementSync;
  readonly #mayJoin: MayJoin;
  readonly #addSeries: StatementSync;
  readonly #addChunk: StatementSync;
  readonly #prepared = new Map<string, StatementSync>();
  #gathering = new Generation();
  /** What is being written, and what of it is left to write. */
  #writing: Generation | undefined;
  #left: Iterator<readonly (PendingRow | PendingSeries)[]> | undefined;
  /** Becomes true when this transaction has written all that was left. */
  #written = false;
  /** What this transaction has added to the log. */
  #added: { readonly row: RedoRow; readonly id: number; readonly length: number } | undefined;
  /** After a transaction that failed the next one has to do with as little room as it can. */
  #resting = false;

  /** Reads what the log holds. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#append = db.prepare('INSERT INTO "redo" ("entries") VALUES (?)');
    this.#trim = db.prepare('DELETE FROM "redo" WHERE "id" <= ?');
    const joining =
      db.prepare(`SELECT 1 WHERE EXISTS (SELECT 1 FROM "series" WHERE "deviceId" = ?1 AND "path" = ?2) OR ?3 >
      (SELECT count(*) FROM "series" WHERE "deviceId" = ?1 AND instr("path", ' ') > 0)`);
    this.#mayJoin = (deviceId, paths, others) =>
      !paths.includes(' ') || joining.get(deviceId, paths, storeLimits.joinedSeries - others) !== undefined;
    this.#addSeries = db.prepare('INSERT INTO "series" ("deviceId", "path") VALUES (?, ?)');
    this.#addChunk = db.prepare(`INSERT OR REPLACE INTO "chunks" ("series", "last", "chunk", "type", "first", "samples")
      SELECT "series", ?3, ?4, ?5, ?6, ?7 FROM "series" WHERE "deviceId" = ?1 AND "path" = ?2`);
    for (const { id, entries } of db.prepare('SELECT "id", "entries" FROM "redo" ORDER BY "id"').iterate()) {
      const text = String(entries);
      this.#gathering.take(readRow(text), Number(id), text.length);
    }
  }

  /** Adds a group's entries to the log, but those of refused batches; then writes some older ones. */
  add(redo: string, refused: ReadonlySet<number>, mixed: readonly RedoRange[]): void {
    if (redo !== '') {
      let row = readRow(redo);
      let text = redo;
      const dropped = mixed.filter(({ batch }) => refused.has(batch));
      if (dropped.length > 0) {
        const [forms, entries] = row;
        row = [forms, entries.filter((_, index) => !dropped.some(({ first, end }) => index >= first && index < end))];
        text = JSON.stringify(row);
      }
      if (row[1].length > 0) {
        this.#added = { row, id: Number(this.#append.run(text).lastInsertRowid), length: text.length };
      }
    }
    if (!this.#resting) this.#write(this.#due());
  }

  /** How many devices are to be written with this group, so that all are when half as much has gathered again. */
  #due(): number {
    if (!this.#writing || !this.#added) return SLICE;
    const { row, length } = this.#added;
    const cells = row[1].reduce((sum, entry) => sum + entry.length, 0);
    const part = Math.max(row[1].length / DEVICES, cells / CELLS, length / LENGTH);
    return Math.max(SLICE, Math.ceil(2 * part * this.#writing.size));
  }

  /** The transaction is committed. */
  committed(): void {
    this.#resting = false;
    if (this.#written) this.#finish();
    if (!this.#added) return;
    this.#gathering.take(this.#added.row, this.#added.id, this.#added.length);
    this.#added = undefined;
    const { size, cells, length } = this.#gathering;
    if ((size >= DEVICES || cells >= CELLS || length >= LENGTH) && !this.#writing) this.#begin();
  }

  /** The transaction was undone: what it has written is written again. */
  undone(): void {
    this.#resting = true;
    this.#added = undefined;
    this.#written = false;
    this.#left = this.#writing?.contents(this.#mayJoin);
  }

  /** The samples of a series that are in no chunk yet, or just now: of each writing to come its number and the samples. */
  unwritten({ deviceId, path, ...stretch }: Wanted): Cell[][] {
    return [this.#writing, this.#gathering].flatMap((generation) => {
      const samples = newestOf(within(generation?.samplesOf(deviceId, path) ?? [], stretch), stretch.limit);
      return generation && samples.length > 0 ? [[chunkNumber(generation.last), encodeChunk(samples)]] : [];
    });
  }

  /** Writes everything to the tables, in transactions of its own. */
  settle(): void {
    while (this.#writing || this.#gathering.last > 0) {
      if (!this.#writing) this.#begin();
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        this.#write(Number.POSITIVE_INFINITY, SETTLED);
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        this.undone();
        throw error;
      }
      this.committed();
    }
  }

  #begin(): void {
    this.#writing = this.#gathering;
    this.#left = this.#writing.contents(this.#mayJoin);
    this.#gathering = new Generation();
  }

  #finish(): void {
    this.#written = false;
    this.#writing = undefined;
    this.#left = undefined;
  }

  /** Writes what is to become of so many devices, or somewhat more than so many rows and series. */
  #write(devices: number, rows = Number.POSITIVE_INFINITY): void {
    const { last } = this.#writing ?? {};
    if (!this.#left || last === undefined) return;
    for (let device = 0, written = 0; device < devices && written < rows; device++) {
      const { value, done } = this.#left.next();
      if (done) {
        this.#trim.run(last);
        this.#written = true;
        return;
      }
      for (const one of value) {
        if ('paths' in one) this.#writeSeries(one, last);
        else this.#writeRow(one);
      }
      written += value.length;
    }
  }

  #writeSeries({ deviceId, paths, types, rows }: PendingSeries, writing: number): void {
    let chunk = chunkNumber(writing);
    for (const { first, last, samples } of chunksOf(inOrder(rows))) {
      const cells = [deviceId, paths, last, chunk++, types, first, samples] as const;
      if (this.#addChunk.run(...cells).changes > 0) continue;
      this.#addSeries.run(deviceId, paths);
      this.#addChunk.run(...cells);
    }
  }

  #writeRow({ table, key, kind, cells }: PendingRow): void {
    const shape = behindShapes[table];
    if (!shape) return;
    if (kind === 'put') {
      this.#put(table, cells);
    } else if (kind === 'delete') {
      this.#statement(`delete ${table}`, () => deleteSql(shape)).run(...key);
    } else {
      const set = shape.columns.flatMap((column, index) => (cells[index] === undefined ? [] : [{ column, index }]));
      if (set.length === 0) return;
      const columns = set.map(({ column }) => column);
      const name = `patch ${table} ${set.map(({ index }) => index).join()}`;
      const values = set.map(({ index }) => cells[index] ?? null);
      this.#statement(name, () => patchSql(shape, columns, shape.key)).run(...values, ...key);
    }
  }

  #put(table: number, cells: readonly (Cell | undefined)[]): void {
    const shape = behindShapes[table];
    if (!shape) return;
    const row = shape.columns.map((_, index) => cells[index] ?? null);
    this.#statement(`put ${table}`, () => putSql(shape)).run(...row);
  }

  #statement(name: string, sql: () => string): StatementSync {
    let statement = this.#prepared.get(name);
    if (!statement) {
      statement = this.#db.prepare(sql());
      this.#prepared.set(name, statement);
    }
    return statement;
  }
}
