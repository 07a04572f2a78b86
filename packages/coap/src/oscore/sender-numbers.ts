/** Numbers end here: a Partial IV has five bytes (RFC 8613 §7.2.1). */
export const LAST_NUMBER = 2 ** 40 - 1;

/**
 * The numbers that an association sends with. None is used twice: what outlives the process hands them out in blocks
 * that it has stored as used before (RFC 8613 Appendix B.1.1).
 */
export class SenderNumbers {
  #next: number;
  /** Numbers below this may be used. */
  #limit: number;
  #asked: number;
  readonly #block: number;

  /** @param block how many are asked for at a time */
  constructor(next: number, limit: number, block: number) {
    this.#next = next;
    this.#limit = limit;
    this.#asked = limit;
    this.#block = block;
  }

  /** Numbers of a context that no process before this one had: all of them. */
  static unused(): SenderNumbers {
    return new SenderNumbers(0, LAST_NUMBER + 1, 0);
  }

  /** The next number; undefined while none is left. */
  take(): number | undefined {
    return this.#next < this.#limit && this.#next <= LAST_NUMBER ? this.#next++ : undefined;
  }

  /** The limit that should be reserved now, once for each: half a block is left, or less. */
  wants(): number | undefined {
    if (this.#limit - this.#next > this.#block / 2 || this.#asked > this.#limit || this.#limit > LAST_NUMBER) {
      return undefined;
    }
    this.#asked = Math.min(this.#limit + this.#block, LAST_NUMBER + 1);
    return this.#asked;
  }

  /** Numbers below a limit may be used now. */
  reserved(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }
}
