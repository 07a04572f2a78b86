/** Values that are remembered: of more kinds than that, the first of each is made anew. */
const MAX_SHARED = 10_000;

/** Gives one value for all that are equal, so that a fleet of devices of few kinds holds each kind once. Never changed. */
export class Shared<T> {
  readonly #known = new Map<string, T>();

  /** @param key what tells different values apart; the value that was made first for it is given */
  of(key: string, make: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_SHARED) this.#known.clear();
    const made = make();
    this.#known.set(key, made);
    return made;
  }

  /** Makes each anew from now on. */
  clear(): void {
    this.#known.clear();
  }
}
