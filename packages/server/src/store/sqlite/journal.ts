import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cell } from '../codec.ts';
import { headOf } from '../history.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import type { JournalQuery } from '../port.ts';

/** Characters of the entries in a row, unless it is one entry: what has to be read for each of them. */
const ROW_LENGTH = 4096;
/** Entries in a row of the index by device. */
const INDEX_ROW = 1000;
const NEWEST = Number.MAX_SAFE_INTEGER;

/** An entry of the journal as it is stored. */
type Line = readonly [seq: number, line: string];

/** Lines of a row of the journal. */
export function linesOf(entries: unknown): string[] {
  return String(entries).split('\n');
}

/** Lines as a row of the journal. */
export function rowOf(lines: readonly string[]): string {
  return lines.join('\n');
}

/**
 * The journal in the file. Entries that are committed together are a row of several, and which of them are of a device is
 * written behind, in bulk: up to the seq `indexedSeq` of the table `meta`. A seq may be in the index twice, since what a
 * crash left half written is written again, and may be of an entry that was pruned.
 */
export class JournalLog {
  readonly #append: StatementSync;
  readonly #after: StatementSync;
  readonly #before: StatementSync;
  readonly #at: StatementSync;
  readonly #indexedSeq: StatementSync;
  readonly #setIndexed: StatementSync;
  readonly #addToIndex: StatementSync;
  readonly #indexAfter: StatementSync;
  readonly #indexBefore: StatementSync;
  /** Newest seq that was given, and newest that is committed. */
  #newest: number;
  #committed: number;

  constructor(db: DatabaseSync) {
    const newest = db.prepare(`SELECT "seq" FROM sqlite_sequence WHERE "name" = 'journal'`).get()?.seq;
    this.#newest = Number(newest ?? 0);
    this.#committed = this.#newest;
    this.#append = db.prepare('INSERT INTO "journal" ("last", "entries") VALUES (?, ?)');
    const rows = 'SELECT "last", "entries" FROM "journal" WHERE "last"';
    this.#after = db.prepare(`${rows} > ? ORDER BY "last"`);
    this.#before =
      db.prepare(`${rows} <= coalesce((SELECT "last" FROM "journal" WHERE "last" >= ?1 ORDER BY "last" LIMIT 1), ?1)
      ORDER BY "last" DESC`);
    this.#at = db.prepare(`${rows} >= ? ORDER BY "last" LIMIT 1`);
    this.#indexedSeq = db.prepare(`SELECT "value" FROM "meta" WHERE "name" = 'indexedSeq'`);
    this.#setIndexed = db.prepare(`INSERT OR REPLACE INTO "meta" VALUES ('indexedSeq', ?)`);
    this.#addToIndex = db.prepare(
      'INSERT OR REPLACE INTO "deviceEntries" ("deviceId", "last", "seqs") VALUES (?, ?, ?)',
    );
    const seqs = 'SELECT "seqs" FROM "deviceEntries" WHERE "deviceId" = ?1 AND "last" <= ?2';
    this.#indexAfter = db.prepare(`${seqs} AND "last" > ?3 ORDER BY "last"`);
    // From the row on that may have the one with this seq: a page far back needs none of the newer ones.
    const newestRow =
      'SELECT "last" FROM "deviceEntries" WHERE "deviceId" = ?1 AND "last" >= ?3 ORDER BY "last" LIMIT 1';
    this.#indexBefore = db.prepare(`${seqs} AND "last" <= coalesce((${newestRow}), ?2) ORDER BY "last" DESC`);
  }

  /** The newest seq. */
  get newest(): number {
    return this.#committed;
  }

  /** Appends lines, and gives back the seq of the first one. */
  append(lines: readonly string[]): number {
    const first = this.#newest + 1;
    let start = 0;
    let length = 0;
    for (let end = 1; end <= lines.length; end++) {
      length += lines[end - 1]?.length ?? 0;
      if (length < ROW_LENGTH && end < lines.length) continue;
      this.#newest += end - start;
      this.#append.run(this.#newest, rowOf(lines.slice(start, end)));
      start = end;
      length = 0;
    }
    return first;
  }

  /** The transaction is committed. */
  committed(): void {
    this.#committed = this.#newest;
  }

  /** The transaction was undone: the seqs that it gave are given again. */
  undone(): void {
    this.#newest = this.#committed;
  }

  /** Adds entries of a device, in their order, to the index. */
  index(deviceId: string, seqs: readonly number[]): void {
    for (let start = 0; start < seqs.length; start += INDEX_ROW) {
      const row = seqs.slice(start, start + INDEX_ROW);
      this.#addToIndex.run(deviceId, row.at(-1) ?? 0, JSON.stringify(row));
    }
  }

  /** All entries up to that one are in the index. */
  setIndexed(seq: number): void {
    this.#setIndexed.run(seq);
  }

  /** Entries that are not in the index. */
  unindexed(): Iterable<Line> {
    return this.#lines(this.#indexed(), NEWEST, false);
  }

  /** @param recent entries of the device of the query that are not in the index */
  read(query: JournalQuery, recent: readonly number[]): Cell[][] {
    const { deviceId, newestFirst = false } = query;
    const after: number = query.after ?? 0;
    const before: number = query.before ?? NEWEST;
    const limit = boundedLimit(query.limit, storeLimits.journalDefault, storeLimits.journalRows);
    const types = query.types && new Set<string>(query.types);
    const lines =
      deviceId === undefined
        ? this.#lines(after, before, newestFirst)
        : this.#linesAt(
            newestFirst ? this.#seqsBefore(deviceId, before, recent) : this.#seqsAfter(deviceId, after, recent),
            after,
            before,
            newestFirst,
          );
    const found: Cell[][] = [];
    for (const [seq, line] of lines) {
      if (found.length >= limit) break;
      if (!types || types.has(headOf(line).type)) found.push([seq, line]);
    }
    return found;
  }

  *#lines(after: number, before: number, newestFirst: boolean): Generator<Line> {
    for (const { last, entries } of newestFirst ? this.#before.iterate(before - 1) : this.#after.iterate(after)) {
      const lines = linesOf(entries);
      const first = Number(last) - lines.length + 1;
      for (let count = 0; count < lines.length; count++) {
        const index = newestFirst ? lines.length - 1 - count : count;
        const seq = first + index;
        if (newestFirst ? seq <= after : seq >= before) return;
        if (seq > after && seq < before) yield [seq, lines[index] ?? ''];
      }
    }
  }

  *#linesAt(seqs: Iterable<number>, after: number, before: number, newestFirst: boolean): Generator<Line> {
    let first = 0;
    let lines: readonly string[] = [];
    for (const seq of seqs) {
      if (newestFirst ? seq <= after : seq >= before) return;
      if (seq <= after || seq >= before) continue;
      if (seq < first || seq >= first + lines.length) {
        const { last, entries } = this.#at.get(seq) ?? {};
        lines = linesOf(entries ?? '');
        first = Number(last ?? 0) - lines.length + 1;
      }
      const line = lines[seq - first];
      if (line) yield [seq, line];
    }
  }

  /** Seqs of a device's entries, each once, ascending, from some before `after` on. */
  *#seqsAfter(deviceId: string, after: number, recent: readonly number[]): Generator<number> {
    let previous = 0;
    for (const row of this.#indexAfter.iterate(deviceId, this.#indexed(), after)) {
      for (const seq of seqsIn(row)) {
        if (seq <= previous) continue;
        previous = seq;
        yield seq;
      }
    }
    yield* recent;
  }

  /** The same, descending, from some after `before` on. */
  *#seqsBefore(deviceId: string, before: number, recent: readonly number[]): Generator<number> {
    yield* recent.toReversed();
    let previous = NEWEST;
    for (const row of this.#indexBefore.iterate(deviceId, this.#indexed(), before - 1)) {
      for (const seq of seqsIn(row).reverse()) {
        if (seq >= previous) continue;
        previous = seq;
        yield seq;
      }
    }
  }

  #indexed(): number {
    return Number(this.#indexedSeq.get()?.value ?? 0);
  }
}

function seqsIn({ seqs }: Readonly<Record<string, unknown>>): number[] {
  return JSON.parse(String(seqs));
}
