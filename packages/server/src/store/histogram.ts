/** How often something took how long: `counts[i]` are those of at most `bounds[i]`, without those of the bounds before. */
export interface HistogramFigures {
  /** Ascending, in seconds; what is above the last one is in one more count. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** From a fast disk to one that makes devices repeat what they sent. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

/** Counts durations. */
export class Histogram {
  readonly #counts: number[] = [...BOUNDS, Number.POSITIVE_INFINITY].map(() => 0);
  #sum = 0;

  add(seconds: number): void {
    const place = BOUNDS.findIndex((bound) => seconds <= bound);
    const index = place < 0 ? BOUNDS.length : place;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += seconds;
  }

  figures(): HistogramFigures {
    return { bounds: BOUNDS, counts: [...this.#counts], sum: this.#sum };
  }
}
