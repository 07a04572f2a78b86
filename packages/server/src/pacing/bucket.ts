import type { Millis } from '../ids.ts';

/**
 * A token bucket of bytes. It holds what one second brings, and can be overdrawn by what could not wait, by no more than
 * that again.
 */
export class Bucket {
  readonly #perSecond: number;
  #left: number;
  #at: Millis;

  constructor(perSecond: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#at = now;
  }

  /** Whether something may be taken: one that is larger than what is left may be, and is paid off afterwards. */
  hasSome(now: Millis): boolean {
    this.#refill(now);
    return this.#left > 0;
  }

  /** Whether it is as a new one would be. */
  isFull(now: Millis): boolean {
    this.#refill(now);
    return this.#left === this.#perSecond;
  }

  take(bytes: number, now: Millis): void {
    this.#refill(now);
    this.#left = Math.max(this.#left - bytes, -Math.max(this.#perSecond, bytes));
  }

  #refill(now: Millis): void {
    const passed = now - this.#at;
    this.#at = now;
    // A clock that was set back brings nothing, and takes nothing away.
    if (passed > 0) this.#left = Math.min(this.#left + (passed / 1000) * this.#perSecond, this.#perSecond);
  }
}
