import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cell } from '../codec.ts';
import { headOf, newestOf } from '../history.ts';
import { storeLimits } from '../limits.ts';
import { Generation } from './generation.ts';
import type { JournalLog } from './journal.ts';
import type { GroupRequest, Range } from './protocol.ts';
import { behindShapes } from './redo.ts';
import { type RedoRow, readRow } from './redo-group.ts';
import { chunkNumber, chunksOf, encodeChunk, inOrder, type Wanted, within } from './series.ts';
import { deleteSql, patchSql, putSql } from './statements.ts';
import type { MayJoin, Pending, PendingRow, PendingSeries } from './unfold.ts';

/** What gathers before it is written: entries of so many devices, */
const DEVICES = 65_536;
/**
 * or so many cells, which bounds memory and what a start has to read, twice: 8 to 24 bytes each. The more gather, the more
 * of what is told again and again is written once; while devices tell 20 values each, half as many cost 4 µs a report more.
 */
const CELLS = 8_388_608;
/** or so many characters of the log, since values may be long, which bounds both. */
const LENGTH = 64 * 1024 * 1024;
/** Devices whose rows and series a group writes at least beside its own entries, while older ones are being written. */
const SLICE = 8;
/** What one transaction writes where everything is to be written: what has to fit in the cache and the log of SQLite. */
const SETTLED = 8_192;

/** What a transaction has added: a row of the log, if it has entries, and lines of the journal from the seq `first` on. */
interface Added {
  readonly row: RedoRow;
  readonly id: number;
  readonly length: number;
  readonly first: number;
  readonly lines: readonly string[];
}

const NO_ROW: RedoRow = [[], []];

/**
 * Writes rows behind: a group's entries are committed as one row of the log, gather in memory, where the newest change of
 * a row counts, and go to their tables in bulk, some with each later group. A row of the log goes when all that it holds
 * is in the tables; what a start finds there is written again, which changes nothing. Of the journal the index by device
 * is written behind, and its log is the journal itself.
 */
export class WriteBehind {
  readonly #db: DatabaseSync;
  readonly #journal: JournalLog;
  readonly #append: StatementSync;
  readonly #trim: StatementSync;
  readonly #mayJoin: MayJoin;
  readonly #addSeries: StatementSync;
  readonly #addChunk: StatementSync;
  readonly #prepared = new Map<string, StatementSync>();
  #gathering = new Generation();
  /** What is being written, and what of it is left to write. */
  #writing: Generation | undefined;
  #left: Iterator<readonly Pending[]> | undefined;
  /** Becomes true when this transaction has written all that was left. */
  #written = false;
  /** What this transaction has added. */
  #added: Added | undefined;
  /** After a transaction that failed the next one has to do with as little room as it can. */
  #resting = false;

  /** Reads what the log holds, and what of the journal is not in its index. */
  constructor(db: DatabaseSync, journal: JournalLog) {
    this.#db = db;
    this.#journal = journal;
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
    for (const [seq, line] of journal.unindexed()) this.#gathering.note(headOf(line).deviceId, seq, line.length);
  }

  /** Adds a group's entries to the log and its lines to the journal, but those of refused batches; then writes some older ones. */
  add({ redo, journal, mixed }: GroupRequest, refused: ReadonlySet<number>): void {
    const dropped = mixed.filter(({ batch }) => refused.has(batch));
    let [row, text] = [redo === '' ? NO_ROW : readRow(redo), redo];
    let lines = journal;
    if (dropped.length > 0) {
      const [forms, entries] = row;
      row = [
        forms,
        without(
          entries,
          dropped.map((batch) => batch.redo),
        ),
      ];
      text = JSON.stringify(row);
      lines = without(
        journal,
        dropped.map((batch) => batch.journal),
      );
    }
    const id = row[1].length > 0 ? Number(this.#append.run(text).lastInsertRowid) : 0;
    const first = this.#journal.append(lines);
    if (id > 0 || lines.length > 0) this.#added = { row, id, length: text.length, first, lines };
    if (!this.#resting) this.#write(this.#due());
  }

  /** How many devices are to be written with this group, so that all are when half as much has gathered again. */
  #due(): number {
    if (!this.#writing || !this.#added) return SLICE;
    const { row, length, lines } = this.#added;
    const cells = row[1].reduce((sum, entry) => sum + entry.length, lines.length);
    const characters = lines.reduce((sum, line) => sum + line.length, length);
    const part = Math.max((row[1].length + lines.length) / DEVICES, cells / CELLS, characters / LENGTH);
    return Math.max(SLICE, Math.ceil(2 * part * this.#writing.size));
  }

  /** The transaction is committed. */
  committed(): void {
    this.#resting = false;
    this.#journal.committed();
    if (this.#written) this.#finish();
    if (!this.#added) return;
    const { row, id, length: added, first, lines } = this.#added;
    this.#added = undefined;
    if (id > 0) this.#gathering.take(row, id, added);
    for (const [index, line] of lines.entries())
      this.#gathering.note(headOf(line).deviceId, first + index, line.length);
    const { size, cells, length } = this.#gathering;
    if ((size >= DEVICES || cells >= CELLS || length >= LENGTH) && !this.#writing) this.#begin();
  }

  /** The transaction was undone: what it has written is written again. */
  undone(): void {
    this.#resting = true;
    this.#added = undefined;
    this.#journal.undone();
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

  /** Entries of a device that are not in the index of the journal. */
  unindexed(deviceId: string): number[] {
    return [this.#writing, this.#gathering].flatMap((generation) => generation?.seqsOf(deviceId) ?? []);
  }

  /** Writes everything to the tables, in transactions of its own. */
  settle(): void {
    while (this.#writing || this.#gathering.last > 0 || this.#gathering.lastSeq > 0) {
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
    if (!this.#left || !this.#writing) return;
    const { last, lastSeq } = this.#writing;
    for (let device = 0, written = 0; device < devices && written < rows; device++) {
      const { value, done } = this.#left.next();
      if (done) {
        this.#trim.run(last);
        if (lastSeq > 0) this.#journal.setIndexed(lastSeq);
        this.#written = true;
        return;
      }
      for (const one of value) {
        if ('paths' in one) this.#writeSeries(one, last);
        else if ('seqs' in one) this.#journal.index(one.deviceId, one.seqs);
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

/** What is in none of the ranges. */
function without<T>(list: readonly T[], ranges: readonly Range[]): T[] {
  return list.filter((_, index) => !ranges.some(([first, end]) => index >= first && index < end));
}
