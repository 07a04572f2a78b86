/** Who has been silent for how long, as a list: a `Map` that is reordered leaves gaps before its first entry to walk over. */

/** What stands in the order, and carries its own place there. */
export interface Silent<T> {
  /** Neighbours: who was heard just before, and just after. Only the order writes these. */
  quieter: T | undefined;
  livelier: T | undefined;
}

export class SilenceOrder<T extends Silent<T>> {
  #quietest: T | undefined;
  #liveliest: T | undefined;

  /** The one that is silent longest. */
  get quietest(): T | undefined {
    return this.#quietest;
  }

  /** Puts in one that is not there, as the liveliest. */
  add(one: T): void {
    one.quieter = this.#liveliest;
    if (this.#liveliest === undefined) this.#quietest = one;
    else this.#liveliest.livelier = one;
    this.#liveliest = one;
  }

  /** Takes out one that is there. */
  remove(one: T): void {
    if (one.quieter === undefined) this.#quietest = one.livelier;
    else one.quieter.livelier = one.livelier;
    if (one.livelier === undefined) this.#liveliest = one.quieter;
    else one.livelier.quieter = one.quieter;
    one.quieter = undefined;
    one.livelier = undefined;
  }
}
