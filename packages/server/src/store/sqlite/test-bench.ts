import { DatabaseSync } from 'node:sqlite';
import type { DeviceId } from '../../ids.ts';
import type { JournalEntry } from '../../journal/entries.ts';
import { decodeRow } from '../codec.ts';
import { decodeEntry } from '../history.ts';
import type { Batch, JournalQuery, Store } from '../port.ts';
import type { Row } from '../tables.ts';
import { Executor } from './executor.ts';
import { migrate } from './migrations.ts';
import type { GroupReply, Query } from './protocol.ts';
import { pruneJournal } from './prune.ts';
import { listSql, type Sql } from './queries.ts';
import { RedoGroup } from './redo-group.ts';
import { scanSeries, type Wanted } from './series.ts';
import { Statements } from './statements.ts';

const IOERR = 10;

/** The store's thread without the thread: it can die between two groups, and its disk can fail. */
export class Bench {
  readonly #db = new DatabaseSync(':memory:');
  #statements = new Statements();
  #executor: Executor;
  fails = false;

  /** Transactions that were committed. */
  commits = 0;

  constructor() {
    const exec = this.#db.exec.bind(this.#db);
    this.#db.exec = (sql) => {
      if (sql === 'COMMIT') this.commits++;
      exec(sql);
    };
    migrate(this.#db);
    this.#executor = this.#open();
  }

  #open(): Executor {
    return new Executor(this.#db, () => {
      if (this.fails) throw Object.assign(new Error('sync failed'), { errcode: IOERR });
    });
  }

  restart(): void {
    this.#statements = new Statements();
    this.#executor = this.#open();
  }

  commit(batches: readonly Batch[]): GroupReply {
    const redo = new RedoGroup();
    const group = { script: [], cells: [], redo, journal: [] as string[] };
    const mixed = batches.map((batch, index) => {
      const first = [redo.length, group.journal.length] as const;
      this.#statements.encode(batch, group);
      return {
        batch: index,
        redo: [first[0], redo.length],
        journal: [first[1], group.journal.length],
      } as const;
    });
    return this.#executor.run({
      ...group,
      texts: this.#statements.takeFresh(),
      redo: redo.text(),
      mixed,
      settle: false,
      queries: [],
    });
  }

  query({ sql, cells }: Sql, settle = true) {
    return this.#ask({ statement: this.#statements.number(sql, cells.length), cells }, settle);
  }

  #ask(query: Query, settle: boolean) {
    const texts = this.#statements.takeFresh();
    const request = { texts, script: [], cells: [], redo: '', journal: [], mixed: [], settle, queries: [query] };
    const [answer] = this.#executor.run(request).answers;
    if (!Array.isArray(answer)) throw new Error(answer?.message);
    return answer;
  }

  journal(query: JournalQuery): JournalEntry[] {
    return this.#ask({ journal: query }, false).map(([seq, line]) => decodeEntry(Number(seq), String(line)));
  }

  prune(before: number): Promise<number> {
    const write = async (statements: readonly Sql[]) => {
      const script = [statements.length];
      for (const { sql, cells } of statements) script.push(this.#statements.number(sql, cells.length));
      const cells = statements.flatMap((statement) => statement.cells);
      const texts = this.#statements.takeFresh();
      const request = { texts, script, cells, redo: '', journal: [], mixed: [], settle: false, queries: [] };
      const { failure, refused } = this.#executor.run(request);
      if (failure || refused.length > 0) throw new Error('A slice was not pruned');
    };
    return pruneJournal({ query: async (sql, settle) => this.query(sql, settle), write }, before);
  }

  scan(deviceId: DeviceId, range: Parameters<Store['scan']>[1] = {}, path = '/3/0/9') {
    const query = async (sql: Sql) => this.query(sql, false);
    const unwritten = async (wanted: Wanted) => this.#ask({ unwritten: wanted }, false);
    return scanSeries({ query, unwritten }, { deviceId, path }, range);
  }

  list<T extends 'contacts' | 'values' | 'observations' | 'people'>(table: T): Row<T>[] {
    return this.query(listSql(table, {})).map((row) => decodeRow(table, row));
  }
}
