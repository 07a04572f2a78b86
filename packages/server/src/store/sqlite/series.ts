import type { DeviceId, Millis } from '../../ids.ts';
import type { Cell } from '../codec.ts';
import { byTime, type SeriesSample } from '../history.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import type { StoredValue } from '../tables.ts';
import type { Sql } from './queries.ts';

/** Chunks that are read at once. */
const PAGE = 200;

/** What a device told at one moment of the paths of a series: at, receivedAt, then a value of each. */
export type ChunkRow = readonly [at: Millis, receivedAt: Millis, ...values: StoredValue['value'][]];

/** Rows as a chunk keeps them. */
export function encodeChunk(rows: readonly ChunkRow[]): string {
  return JSON.stringify(rows);
}

export function decodeChunk(cell: Cell | undefined): ChunkRow[] {
  return typeof cell === 'string' ? JSON.parse(cell) : [];
}

/** In order, and of those with equal times the one that was written last. */
export function inOrder<R extends ChunkRow>(rows: readonly R[]): R[] {
  // The sort is stable: later writings come later.
  const sorted = rows.toSorted(byTime);
  return sorted.filter((row, index) => {
    const next = sorted[index + 1];
    return next === undefined || byTime(row, next) !== 0;
  });
}

/** What a scan reads: chunks, and the samples that are in none yet, as `WriteBehind.unwritten` tells them. */
interface ScanAccess {
  query(sql: Sql): Promise<Cell[][]>;
  unwritten(series: Series): Promise<Cell[][]>;
}

interface Series {
  readonly deviceId: DeviceId;
  readonly path: string;
}

/** Samples of one path that were written together; of later writings the number is larger. */
interface Written {
  readonly chunk: number;
  readonly samples: readonly SeriesSample[];
}

/** A stretch of time, and how many of its newest samples are wanted. */
interface Stretch {
  readonly from: Millis;
  readonly to: Millis;
  readonly limit: number;
}

/**
 * The newest samples of a path within a range, oldest first. It may be in several series, with others that were told
 * together with it. Nothing is written for it, so that nobody who looks at a history makes devices wait.
 */
export async function scanSeries(
  store: ScanAccess,
  { deviceId, path }: Series,
  range: { readonly from?: Millis; readonly to?: Millis; readonly limit?: number },
): Promise<SeriesSample[]> {
  const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = range;
  const stretch = { from, to, limit: boundedLimit(range.limit, storeLimits.scanSamples, storeLimits.scanSamples) };
  // First: what is written to chunks meanwhile is there twice, and nothing is missed.
  const unwritten = await store.unwritten({ deviceId, path });
  const found: Written[] = unwritten.map(([chunk, cell]) => ({ chunk: Number(chunk), samples: column(cell, 0) }));
  const series = await store.query({
    sql: `SELECT "series", "path" FROM "series" WHERE "deviceId" = ? AND instr(' ' || "path" || ' ', ?) > 0`,
    cells: [deviceId, ` ${path} `],
  });
  for (const [number = 0, paths] of series) {
    const place = String(paths).split(' ').indexOf(path);
    found.push(...(await scanChunks(store, number, place, stretch)));
  }
  return newestOf(found, stretch);
}

/**
 * Enough of the chunks of a series for its newest samples. Chunks may overlap, since values may come late: they are read
 * from the end until none that is left can hold anything newer than what is there.
 */
async function scanChunks(store: ScanAccess, series: Cell, place: number, stretch: Stretch): Promise<Written[]> {
  const found: Written[] = [];
  for (let after: readonly Cell[] = [Number.MAX_SAFE_INTEGER, 0]; ; ) {
    const rows = await store.query({
      sql: `SELECT "last", "chunk", "samples" FROM "chunks"
        WHERE "series" = ? AND "last" >= ? AND "first" <= ? AND ("last", "chunk") < (?, ?)
        ORDER BY "last" DESC, "chunk" DESC LIMIT ?`,
      cells: [series, stretch.from, stretch.to, ...after, PAGE],
    });
    for (const [, chunk, cell] of rows) found.push({ chunk: Number(chunk), samples: column(cell, place) });
    const last = rows.at(-1);
    if (rows.length < PAGE || !last) return found;
    // Whatever is left ends before this.
    const newest = newestOf(found, stretch);
    const [oldest] = newest;
    if (newest.length >= stretch.limit && oldest && Number(last[0]) < oldest[0]) return found;
    after = last.slice(0, 2);
  }
}

/** The samples of one of the paths of a chunk. */
function column(cell: Cell | undefined, place: number): SeriesSample[] {
  return decodeChunk(cell).map((row) => [row[0], row[1], row[2 + place] ?? null]);
}

function newestOf(found: readonly Written[], { from, to, limit }: Stretch): SeriesSample[] {
  const written = found.toSorted((a, b) => a.chunk - b.chunk).flatMap(({ samples }) => samples);
  const all = inOrder(written.filter(([at]) => at >= from && at <= to));
  return all.slice(Math.max(0, all.length - limit));
}
