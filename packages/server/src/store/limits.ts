/** Every bound of the stores, in one place. */
export const storeLimits = {
  /** Commits, and reads, that may wait beside those on their way to the disk; more are refused as `busy`. */
  waiting: 10_000,
  /** Characters and bytes of the values in waiting commits. */
  waitingSize: 64 * 1024 * 1024,
  /** Rows of one `list`: default and ceiling. */
  listRows: 10_000,
  journalDefault: 500,
  journalRows: 5_000,
  /** Samples of one `scan`: default and ceiling; and characters of their texts. */
  scanSamples: 10_000,
  scanCharacters: 8 * 1024 * 1024,
  /** Series of a device that are of several paths; more would make the history of one path long to look for. */
  joinedSeries: 64,
  /** Chunks of samples, which may be large, or rows of the journal that one step of `prune` reads: what a commit may have to wait for. */
  pruneSlice: 50,
} as const;

/** The limit that counts: the caller's within [0, ceiling], or the default. */
export function boundedLimit(asked: number | undefined, fallback: number, ceiling: number): number {
  if (asked === undefined || !(asked >= 0)) return fallback;
  return Math.min(Math.floor(asked), ceiling);
}
