import type { DeviceId, Millis } from '../../ids.ts';
import type { Cell } from '../codec.ts';
import { bySampleTime, type SeriesSample } from '../history.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import type { Sql } from './queries.ts';

/** Chunks that are read at once. */
const PAGE = 200;

/** Samples as a chunk keeps them. */
export function encodeChunk(samples: readonly SeriesSample[]): string {
  return JSON.stringify(samples);
}

export function decodeChunk(cell: Cell | undefined): SeriesSample[] {
  return typeof cell === 'string' ? JSON.parse(cell) : [];
}

/** In order, and of those with equal times the one that was written last. */
export function inOrder(samples: readonly SeriesSample[]): SeriesSample[] {
  // The sort is stable: later writings come later.
  const sorted = samples.toSorted(bySampleTime);
  return sorted.filter((sample, index) => {
    const next = sorted[index + 1];
    return next === undefined || bySampleTime(sample, next) !== 0;
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

/**
 * The newest samples of a series within a range, oldest first. Chunks may overlap, since values may come late: they are
 * read from the end until none that is left can hold anything newer than what is there. Nothing is written for it, so
 * that nobody who looks at a history makes devices wait.
 */
export async function scanSeries(
  store: ScanAccess,
  { deviceId, path }: Series,
  range: { readonly from?: Millis; readonly to?: Millis; readonly limit?: number },
): Promise<SeriesSample[]> {
  const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = range;
  const limit = boundedLimit(range.limit, storeLimits.scanSamples, storeLimits.scanSamples);
  // First: what is written to chunks meanwhile is there twice, and nothing is missed.
  const unwritten = await store.unwritten({ deviceId, path });
  const found = unwritten.map(([chunk, cell]) => ({ chunk: Number(chunk), samples: decodeChunk(cell) }));
  for (let after: readonly Cell[] = [Number.MAX_SAFE_INTEGER, 0]; ; ) {
    const rows = await store.query({
      sql: `SELECT "last", "chunk", "samples" FROM "chunks"
        WHERE "series" = (SELECT "series" FROM "series" WHERE "deviceId" = ? AND "path" = ?)
          AND "last" >= ? AND "first" <= ? AND ("last", "chunk") < (?, ?)
        ORDER BY "last" DESC, "chunk" DESC LIMIT ?`,
      cells: [deviceId, path, from, to, ...after, PAGE],
    });
    for (const [, chunk, cell] of rows) found.push({ chunk: Number(chunk), samples: decodeChunk(cell) });
    const written = found.toSorted((a, b) => a.chunk - b.chunk).flatMap(({ samples }) => samples);
    const all = inOrder(written.filter(([at]) => at >= from && at <= to));
    const newest = all.slice(Math.max(0, all.length - limit));
    const last = rows.at(-1);
    if (rows.length < PAGE || !last) return newest;
    // Whatever is left ends before this.
    const [oldest] = newest;
    if (newest.length >= limit && oldest && Number(last[0]) < oldest[0]) return newest;
    after = last.slice(0, 2);
  }
}
