/** Numbers below the highest that are told apart (RFC 8613 §3.2.2). */
const WINDOW = 32;

/** Which numbers of a peer came already: each is good once, and those too far below the highest never. */
export class ReplayWindow {
  #highest = -1;
  /** Bit i: the number i below the highest came. */
  #seen = 0;

  /** A window that begins with a number that proved to be fresh: all before it may be replays. */
  static startingAt(number: number): ReplayWindow {
    const window = new ReplayWindow();
    window.#highest = number - 1;
    window.#seen = -1;
    return window;
  }

  /** The highest number so far; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether a number did not come yet. */
  isFresh(number: number): boolean {
    if (number > this.#highest) return true;
    const below = this.#highest - number;
    return below < WINDOW && ((this.#seen >>> below) & 1) === 0;
  }

  /** Marks a number whose message was verified. */
  accept(number: number): void {
    if (number > this.#highest) {
      const up = number - this.#highest;
      this.#seen = (up >= WINDOW ? 0 : this.#seen << up) | 1;
      this.#highest = number;
    } else {
      this.#seen |= 1 << (this.#highest - number);
    }
  }
}
