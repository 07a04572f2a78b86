import type { DeviceId, Millis } from '../../ids.ts';
import type { Cell } from '../codec.ts';
import { byTime, newestOf, type SeriesSample } from '../history.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import type { StoredValue } from '../tables.ts';
import type { Sql } from './queries.ts';

/** Chunks that are read at once. */
const PAGE = 200;
/** Characters of a chunk, unless it is of one row: whoever reads a history has a page of them in memory. */
const LONGEST_CHUNK = 128 * 1024;
/** Chunks that one writing may make of a series: their numbers lie between its own and that of the next one. */
const PIECES = 4096;

/** What a device told at one moment of the paths of a series: at, receivedAt, then a value of each. */
export type ChunkRow = readonly [at: Millis, receivedAt: Millis, ...values: StoredValue['value'][]];

/** Rows as a chunk keeps them. */
export function encodeChunk(rows: readonly ChunkRow[]): string {
  return JSON.stringify(rows);
}

export function decodeChunk(cell: Cell | undefined): ChunkRow[] {
  return typeof cell === 'string' ? JSON.parse(cell) : [];
}

/** The number of the first chunk of a writing: those of later ones are larger. */
export function chunkNumber(writing: number): number {
  return writing * PIECES;
}

/** Rows in order as chunks, each with the times of its first and its last row. */
export function chunksOf(rows: readonly ChunkRow[]): { first: Millis; last: Millis; samples: string }[] {
  const samples = encodeChunk(rows);
  if (samples.length <= LONGEST_CHUNK || rows.length < 2) {
    return [{ first: rows[0]?.[0] ?? 0, last: rows.at(-1)?.[0] ?? 0, samples }];
  }
  const half = rows.length >> 1;
  return [...chunksOf(rows.slice(0, half)), ...chunksOf(rows.slice(half))];
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
  unwritten(wanted: Wanted): Promise<Cell[][]>;
}

interface Series {
  readonly deviceId: DeviceId;
  readonly path: string;
}

/** Samples of a series. */
export interface Wanted extends Series, Stretch {}

/** A sample with the number of its chunk. */
type Found = readonly [...sample: SeriesSample, chunk: number];

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
  const unwritten = await store.unwritten({ deviceId, path, ...stretch });
  const found = unwritten.flatMap(([chunk, cell]) => column(cell, 0, chunk));
  const series = await store.query({
    sql: `SELECT "series", "path" FROM "series" WHERE "deviceId" = ? AND instr(' ' || "path" || ' ', ?) > 0`,
    cells: [deviceId, ` ${path} `],
  });
  for (const [number = 0, paths] of series) {
    const place = String(paths).split(' ').indexOf(path);
    for (const sample of await scanChunks(store, number, place, stretch)) found.push(sample);
  }
  return newestOf(within(found.sort(byChunk), stretch), stretch.limit).map(([at, receivedAt, value]) => [
    at,
    receivedAt,
    value,
  ]);
}

/**
 * The newest samples of a series. Chunks may overlap, since values may come late: they are read from the end until none
 * that is left can hold anything newer than what is there, or of the same moment and received later.
 */
async function scanChunks(store: ScanAccess, series: Cell, place: number, stretch: Stretch): Promise<readonly Found[]> {
  let found: readonly Found[] = [];
  for (let after: readonly Cell[] = [Number.MAX_SAFE_INTEGER, 0]; ; ) {
    const rows = await store.query({
      sql: `SELECT "last", "chunk", "samples" FROM "chunks"
        WHERE "series" = ? AND "last" >= ? AND "first" <= ? AND ("last", "chunk") < (?, ?)
        ORDER BY "last" DESC, "chunk" DESC LIMIT ?`,
      cells: [series, stretch.from, stretch.to, ...after, PAGE],
    });
    const read = rows.flatMap(([, chunk, cell]) => column(cell, place, chunk));
    // No more than is wanted, however many chunks overlap.
    const all = within([...found, ...read].sort(byChunk), stretch);
    found = newestOf(all, stretch.limit);
    const last = rows.at(-1);
    if (rows.length < PAGE || !last) return found;
    const [oldest] = found;
    const isFull = found.length >= stretch.limit || found.length < all.length;
    if (isFull && oldest && Number(last[0]) <= oldest[0]) return found;
    after = last.slice(0, 2);
  }
}

/** The samples of one of the paths of a chunk. */
function column(cell: Cell | undefined, place: number, chunk: Cell | undefined): Found[] {
  return decodeChunk(cell).map((row) => [row[0], row[1], row[2 + place] ?? null, Number(chunk)]);
}

const byChunk = (a: Found, b: Found): number => a[3] - b[3];

/** What lies within a stretch, oldest first; of samples with equal times, the one that was written last. */
export function within<S extends SeriesSample | Found>(written: readonly S[], { from, to }: Stretch): S[] {
  return inOrder(written.filter(([at]) => at >= from && at <= to));
}
