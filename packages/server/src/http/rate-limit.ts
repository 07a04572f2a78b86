import type { Millis } from '../ids.ts';

interface Limits {
  /** Calls per minute of one caller. */
  readonly perCaller: number;
  /** Calls per minute of all callers together. */
  readonly total: number;
  /** Callers remembered at the same time. */
  readonly callers: number;
}

/** Counts calls in windows of one minute, per caller and together, in bounded memory. */
export class RateLimit {
  readonly #limits: Limits;
  readonly #counts = new Map<string, number>();
  #total = 0;
  #window = Number.NEGATIVE_INFINITY;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts one call; false if it is one too many. */
  admit(caller: string, now: Millis): boolean {
    const window = Math.floor(now / 60_000);
    if (window !== this.#window) {
      this.#window = window;
      this.#total = 0;
      this.#counts.clear();
    }
    const count = this.#counts.get(caller) ?? 0;
    const { perCaller, total, callers } = this.#limits;
    if (this.#total >= total || count >= perCaller || (count === 0 && this.#counts.size >= callers)) return false;
    this.#total++;
    this.#counts.set(caller, count + 1);
    return true;
  }
}
