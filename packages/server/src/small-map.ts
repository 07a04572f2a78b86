/** Beside the first: from so many on a `Map` finds things faster. */
const FEW = 8;

/** Entries of a map: keys and values by turns, as long as they are few. */
type Entries<V> = readonly (string | V)[] | Map<string, V>;

const NONE: readonly never[] = [];

/**
 * What a `Map` is, for the many that have one entry or two: the first is in the object itself, which takes a quarter of
 * the memory. Entries are in the order in which they were first set.
 */
export class SmallMap<V> {
  /** Undefined while there is no entry at all. */
  #key: string | undefined = undefined;
  #value: V | undefined = undefined;
  #others: Entries<V> = NONE;

  get size(): number {
    if (this.#key === undefined) return 0;
    return 1 + (this.#others instanceof Map ? this.#others.size : this.#others.length / 2);
  }

  get(key: string): V | undefined {
    if (key === this.#key) return this.#value;
    const others = this.#others;
    if (others instanceof Map) return others.get(key);
    const index = indexOf(others, key);
    return index < 0 ? undefined : (others[index + 1] as V);
  }

  set(key: string, value: V): this {
    const others = this.#others;
    if (this.#key === undefined || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else if (others instanceof Map) others.set(key, value);
    else {
      const index = indexOf(others, key);
      // An array that is joined has no room to spare, which one that has grown, or was spread, has for 16 more.
      if (index >= 0) this.#others = others.with(index + 1, value);
      else if (others.length < 2 * FEW) this.#others = others.concat([key, value]);
      else this.#others = new Map(entriesOf(others)).set(key, value);
    }
    return this;
  }

  delete(key: string): boolean {
    const others = this.#others;
    if (key === this.#key) {
      // The second one is the first now.
      const [second] = entriesOf(others);
      this.#key = undefined;
      if (second && this.delete(second[0])) [this.#key, this.#value] = second;
      else this.#value = undefined;
      return true;
    }
    if (others instanceof Map) return others.delete(key);
    const index = indexOf(others, key);
    if (index >= 0) this.#others = others.toSpliced(index, 2);
    return index >= 0;
  }

  /** As they are now. */
  values(): V[] {
    if (this.#key === undefined) return [];
    const first = this.#value as V;
    return this.#others === NONE ? [first] : [first, ...entriesOf(this.#others).map(([, value]) => value)];
  }
}

function indexOf(few: readonly unknown[], key: string): number {
  for (let index = 0; index < few.length; index += 2) if (few[index] === key) return index;
  return -1;
}

function entriesOf<V>(all: Entries<V>): [string, V][] {
  if (all instanceof Map) return [...all];
  const entries: [string, V][] = [];
  // By turns a key and a value: see `Entries`.
  for (let index = 0; index < all.length; index += 2) entries.push([all[index] as string, all[index + 1] as V]);
  return entries;
}
