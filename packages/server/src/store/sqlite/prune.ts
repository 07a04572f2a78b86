import type { Cell } from '../codec.ts';
import { decodeEntry, headOf } from '../history.ts';
import { storeLimits } from '../limits.ts';
import { linesOf, rowOf } from './journal.ts';
import type { Sql } from './queries.ts';
import { decodeChunk, encodeChunk } from './series.ts';

/** What pruning needs of the store: both run between the commits of others, in order with them. */
export interface PruneAccess {
  /** @param settle whether all that is written behind is to be written first */
  query(sql: Sql, settle: boolean): Promise<Cell[][]>;
  /** Runs the statements as one batch. */
  write(statements: readonly Sql[]): Promise<void>;
}

/**
 * Drops the journal's oldest entries up to the first one that is not older than `before`, so that what is left has no
 * holes. What is dropped has to be in the index by device, where it is dropped too; that all is written for that once is
 * enough, since nothing else changes what is oldest.
 */
export async function pruneJournal(store: PruneAccess, before: number): Promise<number> {
  const oldestRows: Sql = {
    sql: 'SELECT "last", "entries" FROM "journal" ORDER BY "last" LIMIT ?',
    cells: [storeLimits.pruneSlice],
  };
  for (let pruned = 0, settle = true; ; settle = false) {
    const oldest = await store.query(oldestRows, settle);
    const statements: Sql[] = [];
    const devices = new Set<string | undefined>();
    let dropped: Cell = 0;
    let isOver = oldest.length < storeLimits.pruneSlice;
    for (const [last = 0, entries] of oldest) {
      const lines = linesOf(entries);
      const found = lines.findIndex((line) => decodeEntry(0, line).at >= before);
      const kept = found < 0 ? [] : lines.slice(found);
      isOver ||= found >= 0;
      if (found === 0) break;
      if (found < 0) statements.push({ sql: 'DELETE FROM "journal" WHERE "last" = ?', cells: [last] });
      else statements.push({ sql: 'UPDATE "journal" SET "entries" = ? WHERE "last" = ?', cells: [rowOf(kept), last] });
      for (const line of lines.slice(0, lines.length - kept.length)) devices.add(headOf(line).deviceId);
      pruned += lines.length - kept.length;
      dropped = Number(last) - kept.length;
      if (found > 0) break;
    }
    if (statements.length > 0) {
      statements.push({ sql: unindexSql, cells: [JSON.stringify([...devices]), dropped] });
      await store.write(statements);
    }
    if (isOver) return pruned;
  }
}

const unindexSql = `DELETE FROM "deviceEntries" WHERE "deviceId" IN (SELECT "value" FROM json_each(?)) AND "last" <= ?`;

/** Drops the samples whose `at` is before `before`, and the series that have none left. */
export async function pruneSamples(store: PruneAccess, before: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const staleChunks: Sql = {
      sql: `SELECT "series", "last", "chunk", "samples" FROM "chunks" WHERE "first" < ? LIMIT ?`,
      cells: [before, storeLimits.pruneSlice],
    };
    // Each time: a chunk that is being written would be lost.
    const stale = await store.query(staleChunks, true);
    if (stale.length === 0) return pruned;
    const statements: Sql[] = [];
    for (const [series = 0, last = 0, chunk = 0, cell] of stale) {
      const rows = decodeChunk(cell);
      const kept = rows.filter(([at]) => at >= before);
      const [, , ...values] = rows[0] ?? [];
      pruned += (rows.length - kept.length) * values.length;
      const [oldest] = kept;
      const key = [series, last, chunk];
      if (oldest) statements.push({ sql: shortenSql, cells: [oldest[0], encodeChunk(kept), ...key] });
      else statements.push({ sql: dropSql, cells: key }, { sql: forgetSql, cells: [series] });
    }
    await store.write(statements);
  }
}

const chunkIs = '"series" = ? AND "last" = ? AND "chunk" = ?';
const shortenSql = `UPDATE "chunks" SET "first" = ?, "samples" = ? WHERE ${chunkIs}`;
const dropSql = `DELETE FROM "chunks" WHERE ${chunkIs}`;
const forgetSql =
  'DELETE FROM "series" WHERE "series" = ?1 AND NOT EXISTS (SELECT 1 FROM "chunks" WHERE "series" = ?1)';
