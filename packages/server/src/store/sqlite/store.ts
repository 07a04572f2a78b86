import type { DeviceId, Millis, Seq } from '../../ids.ts';
import type { JournalEntry } from '../../journal/entries.ts';
import { Announcements, type Listener } from '../announcements.ts';
import { type Cell, decodeRow, encodeKey } from '../codec.ts';
import { columnsOf, committedEntry, decodeEntry } from '../history.ts';
import type {
  Batch,
  ColumnBatch,
  Committed,
  DurableStore,
  JournalQuery,
  ListQuery,
  StoreFigures,
  StoreHealth,
} from '../port.ts';
import type { Key, Row, TableName } from '../tables.ts';
import type { CommitGate } from './gate.ts';
import { pruneJournal, pruneSamples } from './prune.ts';
import { countSql, getSql, listSql, type Sql } from './queries.ts';
import { isBehind } from './redo.ts';
import { scanSeries, type Wanted } from './series.ts';
import { type Encoded, Statements } from './statements.ts';
import { StoreThread } from './thread.ts';

export interface SqliteOptions {
  /** Path of the database file; created (readable by its owner only) if absent. */
  readonly file: string;
  /** For tests that must see the loss of durability: `NORMAL` does not wait for the disk. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** For tests: holds back every commit's sync while shut. */
  readonly gate?: CommitGate;
}

/**
 * Opens the embedded store: one SQLite file, written by a thread of its own, write-ahead log, an fsync for each group of
 * batches. One process at a time: the file is locked while it is open.
 *
 * @throws StoreError `failing` if the file can't be opened, is in use, or was made by a newer release
 */
export async function openSqliteStore(options: SqliteOptions): Promise<DurableStore> {
  const statements = new Statements();
  const announcements = new Announcements();
  const thread = await StoreThread.start(
    {
      file: options.file,
      synchronous: options.synchronous ?? 'FULL',
      ...(options.gate ? { gate: options.gate.memory } : {}),
    },
    () => statements.takeFresh(),
    () => announcements.publish(),
  );
  return new SqliteStore(thread, statements, announcements);
}

const noSeqs: Committed = { seqs: [] };

class SqliteStore implements DurableStore {
  readonly #thread: StoreThread;
  readonly #statements: Statements;
  readonly #announcements: Announcements;

  constructor(thread: StoreThread, statements: Statements, announcements: Announcements) {
    this.#thread = thread;
    this.#statements = statements;
    this.#announcements = announcements;
  }

  commit(batch: Batch): Promise<Committed> {
    const drafts = batch.journal ?? [];
    return new Promise((resolve, refused) => {
      const done = (firstSeq: number) => {
        if (drafts.length === 0) return resolve(noSeqs);
        const entries = drafts.map((draft, index) => committedEntry(draft, (firstSeq + index) as Seq));
        for (const entry of entries) this.#announcements.add(entry);
        resolve({ seqs: entries.map(({ seq }) => seq) });
      };
      this.#thread.commit((group) => this.#statements.encode(batch, group), {
        entries: drafts.length,
        done,
        refused,
      });
    });
  }

  async get<T extends TableName>(table: T, key: Key<T>): Promise<Row<T> | undefined> {
    const [row] = await this.#query(getSql(table, encodeKey(table, key)), isBehind(table));
    return row && decodeRow(table, row);
  }

  async list<T extends TableName>(table: T, query: ListQuery<T> = {}): Promise<Row<T>[]> {
    const rows = await this.#query(listSql(table, query), isBehind(table));
    return rows.map((row) => decodeRow(table, row));
  }

  async count<T extends TableName>(table: T, where: Partial<Row<T>> = {}): Promise<number> {
    const [row] = await this.#query(countSql(table, where), isBehind(table));
    return Number(row?.[0] ?? 0);
  }

  async journal(query: JournalQuery): Promise<JournalEntry[]> {
    const rows = await this.#thread.query({ journal: query });
    return rows.map(([seq, line]) => decodeEntry(Number(seq), String(line)));
  }

  async scan(
    series: { readonly deviceId: DeviceId; readonly path: string },
    range: { readonly from?: Millis; readonly to?: Millis; readonly limit?: number },
  ): Promise<ColumnBatch> {
    const access = {
      query: (sql: Sql) => this.#query(sql),
      unwritten: (unwritten: Wanted) => this.#thread.query({ unwritten }),
    };
    return columnsOf(await scanSeries(access, series, range));
  }

  async prune(before: { readonly journal?: Millis; readonly samples?: Millis }) {
    const access = {
      query: (sql: Sql, settle: boolean) => this.#query(sql, settle),
      write: (statements: readonly Sql[]) => this.#write(statements),
    };
    return {
      journal: before.journal === undefined ? 0 : await pruneJournal(access, before.journal),
      samples: before.samples === undefined ? 0 : await pruneSamples(access, before.samples),
    };
  }

  subscribe(listener: Listener): () => void {
    return this.#announcements.subscribe(listener);
  }

  health(): StoreHealth {
    return this.#thread.health();
  }

  figures(): StoreFigures {
    return this.#thread.figures();
  }

  async backup(file: string): Promise<void> {
    await this.#thread.backup(file);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  /** @param settle whether it is of a table that is written behind, or of chunks that are to be complete */
  #query({ sql, cells }: Sql, settle = false): Promise<Cell[][]> {
    return this.#thread.query({ statement: this.#statements.number(sql, cells.length), cells }, settle);
  }

  #write(statements: readonly Sql[]): Promise<void> {
    return new Promise((resolve, refused) => {
      const encode = ({ script, cells }: Encoded) => {
        script.push(statements.length);
        for (const statement of statements) {
          script.push(this.#statements.number(statement.sql, statement.cells.length));
          cells.push(...statement.cells);
        }
      };
      this.#thread.commit(encode, { entries: 0, done: () => resolve(), refused });
    });
  }
}
