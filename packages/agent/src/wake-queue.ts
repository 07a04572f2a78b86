/** What is to be woken, and when: a binary heap, in which what was planned too early is simply woken too early. */
export class WakeQueue<T> {
  readonly #heap: { readonly at: number; readonly item: T }[] = [];
  /** The earliest entry of each item that counts. */
  readonly #planned = new Map<T, number>();

  /** Plans to wake an item; an earlier plan for it stands. */
  plan(item: T, at: number): void {
    const planned = this.#planned.get(item);
    if (planned !== undefined && planned <= at) return;
    this.#planned.set(item, at);
    this.#push({ at, item });
  }

  /** When the next item is due; undefined when nothing is planned. */
  nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Takes an item that is due; its plan is used up. */
  pop(now: number): T | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#removeFirst();
      if (this.#planned.get(first.item) !== first.at) continue;
      this.#planned.delete(first.item);
      return first.item;
    }
    return undefined;
  }

  #push(entry: { readonly at: number; readonly item: T }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const [leftAt, rightAt] = [heap[left]?.at, heap[right]?.at];
      const child = rightAt !== undefined && leftAt !== undefined && rightAt < leftAt ? right : left;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
