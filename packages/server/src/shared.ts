/** What is remembered; beyond either, the first of each is made anew. */
const limits = {
  /** Values, unless it is said otherwise. */
  values: 10_000,
  /** Characters of their keys, which devices may make long: a value takes memory in proportion to its key. */
  characters: 8 * 1024 * 1024,
} as const;

/** Gives one value for all that are equal, so that a fleet of devices of few kinds holds each kind once. Never changed. */
export class Shared<T> {
  readonly #known = new Map<string, T>();
  readonly #values: number;
  #characters = 0;

  /** @param values how many are remembered at most */
  constructor(values: number = limits.values) {
    this.#values = values;
  }

  /** @param key what tells different values apart; the value that was made first for it is given */
  of(key: string, make: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#values || this.#characters + key.length > limits.characters) this.clear();
    const made = make();
    this.#known.set(key, made);
    this.#characters += key.length;
    return made;
  }

  /** Makes each anew from now on. */
  clear(): void {
    this.#known.clear();
    this.#characters = 0;
  }
}
