/** Something that wants to be looked at again at a time of its own. */
export interface Sleeper {
  /** When it wakes, in ms. Kept by the queue, as is the next one. */
  wakeAt: number;
  /** Where it stands in the queue; -1 when it is not in it. */
  queueIndex: number;
}

/** Deadlines in a binary heap: one entry for each sleeper, which is moved when its deadline moves. */
export class Deadlines<T extends Sleeper> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline. */
  next(): number | undefined {
    return this.#heap[0]?.wakeAt;
  }

  /** Sets or moves the deadline of a sleeper. */
  arm(sleeper: T, wakeAt: number): void {
    sleeper.wakeAt = wakeAt;
    if (sleeper.queueIndex < 0) {
      sleeper.queueIndex = this.#heap.length;
      this.#heap.push(sleeper);
    }
    this.#settle(sleeper);
  }

  /** Takes a sleeper out. */
  cancel(sleeper: T): void {
    const index = sleeper.queueIndex;
    if (index < 0) return;
    sleeper.queueIndex = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === sleeper) return;
    last.queueIndex = index;
    this.#heap[index] = last;
    this.#settle(last);
  }

  /** Takes out one sleeper whose deadline has come. */
  pop(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.wakeAt > now) return undefined;
    this.cancel(first);
    return first;
  }

  /** Moves a sleeper up or down to where it belongs. */
  #settle(sleeper: T): void {
    const heap = this.#heap;
    let at = sleeper.queueIndex;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.wakeAt <= sleeper.wakeAt) break;
      at = this.#move(above, at, parent);
    }
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left !== undefined && right !== undefined && right.wakeAt < left.wakeAt) child++;
      const below = heap[child];
      if (below === undefined || below.wakeAt >= sleeper.wakeAt) break;
      at = this.#move(below, at, child);
    }
    heap[at] = sleeper;
    sleeper.queueIndex = at;
  }

  /** Puts `other` at `to`; what stood there now belongs at `from`. */
  #move(other: T, to: number, from: number): number {
    this.#heap[to] = other;
    other.queueIndex = to;
    return from;
  }
}
