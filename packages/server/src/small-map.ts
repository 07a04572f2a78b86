/** From so many on a `Map` finds things faster. */
const FEW = 8;

/**
 * What a `Map` is, for the many that have one entry or two: they take a third of its memory. Entries are in the order in
 * which they were first set.
 */
export class SmallMap<V> {
  /** Keys and values by turns, as long as they are few. */
  #few: (string | V)[] | undefined = [];
  #many: Map<string, V> | undefined;

  get size(): number {
    return this.#many?.size ?? (this.#few?.length ?? 0) / 2;
  }

  get(key: string): V | undefined {
    if (this.#many) return this.#many.get(key);
    const index = this.#indexOf(key);
    return index < 0 ? undefined : (this.#few?.[index + 1] as V);
  }

  set(key: string, value: V): this {
    const index = this.#indexOf(key);
    if (index >= 0 && this.#few) this.#few[index + 1] = value;
    // An array that is joined has no room to spare, which one that has grown, or was spread, has for 16 more.
    else if (this.#few && this.#few.length < 2 * FEW) this.#few = this.#few.concat([key, value]);
    else {
      this.#many ??= new Map(this.#entries());
      this.#few = undefined;
      this.#many.set(key, value);
    }
    return this;
  }

  delete(key: string): boolean {
    if (this.#many) return this.#many.delete(key);
    const index = this.#indexOf(key);
    if (index >= 0) this.#few?.splice(index, 2);
    return index >= 0;
  }

  /** As they are now. */
  values(): V[] {
    if (this.#many) return [...this.#many.values()];
    return this.#entries().map(([, value]) => value);
  }

  #indexOf(key: string): number {
    const few = this.#few ?? [];
    for (let index = 0; index < few.length; index += 2) if (few[index] === key) return index;
    return -1;
  }

  #entries(): [string, V][] {
    if (this.#many) return [...this.#many];
    const few = this.#few ?? [];
    const entries: [string, V][] = [];
    // By turns a key and a value: see `set`.
    for (let index = 0; index < few.length; index += 2) entries.push([few[index] as string, few[index + 1] as V]);
    return entries;
  }
}
