import type { Cell } from '../codec.ts';
import { storeLimits } from '../limits.ts';
import type { Sql } from './queries.ts';
import { decodeChunk, encodeChunk } from './series.ts';

/** What pruning needs of the store: both run between the commits of others, in order with them. */
export interface PruneAccess {
  query(sql: Sql): Promise<Cell[][]>;
  /** Runs the statements as one batch. */
  write(statements: readonly Sql[]): Promise<void>;
}

const slice = storeLimits.pruneSlice;

const count = (rows: readonly Cell[][]): number => Number(rows[0]?.[0] ?? 0);

/**
 * Drops the journal's oldest entries up to the first one that is not older than `before`, so that what is left has no
 * holes.
 */
export async function pruneJournal(store: PruneAccess, before: number): Promise<number> {
  const boundary = await store.query({
    sql: `SELECT coalesce((SELECT "seq" FROM "journal" WHERE "at" >= ? ORDER BY "seq" LIMIT 1),
            (SELECT max("seq") + 1 FROM "journal"), 0)`,
    cells: [before],
  });
  const end = count(boundary);
  let pruned = 0;
  for (;;) {
    const old = 'SELECT "seq" FROM "journal" WHERE "seq" < ? ORDER BY "seq" LIMIT ?';
    const found = count(await store.query({ sql: `SELECT count(*) FROM (${old})`, cells: [end, slice] }));
    if (found === 0) return pruned;
    await store.write([{ sql: `DELETE FROM "journal" WHERE "seq" IN (${old})`, cells: [end, slice] }]);
    pruned += found;
  }
}

/** Drops the samples whose `at` is before `before`, and the series that have none left. */
export async function pruneSamples(store: PruneAccess, before: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const stale = await store.query({
      sql: `SELECT "series", "last", "chunk", "samples" FROM "chunks" WHERE "first" < ? LIMIT ?`,
      cells: [before, storeLimits.pruneChunks],
    });
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
