/** Who waits, the one that has waited longest first: without the moves of an array that things are taken from in front. */
export class Ring<T> {
  readonly #slots: (T | undefined)[];
  #head = 0;
  #tail = 0;

  /** @param room how many wait at most */
  constructor(room: number) {
    this.#slots = new Array(room + 1);
  }

  push(one: T): void {
    this.#slots[this.#tail] = one;
    this.#tail = (this.#tail + 1) % this.#slots.length;
  }

  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const one = this.#slots[this.#head];
    this.#head = (this.#head + 1) % this.#slots.length;
    return one;
  }
}
