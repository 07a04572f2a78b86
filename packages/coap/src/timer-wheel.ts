/** A thing that can be due. It carries its own place in the wheel, so that nothing is allocated for a timer. */
export class WheelEntry<T> {
  /** When it is due, ms. Only the wheel writes this and the links. */
  dueAt = 0;
  slot = -1;
  before: T | undefined = undefined;
  after: T | undefined = undefined;
}

const SLOTS = 512;
const SLOT_MS = 64;

/**
 * A hashed timer wheel: 512 slots of 64 ms. Scheduling and cancelling cost the same however many entries there are;
 * entries further away than one turn (33 s) stay in their slot and are passed over until their turn comes.
 */
export class TimerWheel<T extends WheelEntry<T>> {
  readonly #heads: (T | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Number of the 64 ms step up to which everything has fired. */
  #step = 0;
  #size = 0;
  /** Lower bound of the earliest due time; undefined when it has to be looked for. */
  #next: number | undefined = undefined;

  get size(): number {
    return this.#size;
  }

  /** Puts an entry in, or moves it. A time that has passed is due at the next `advance`. */
  schedule(entry: T, at: number, now: number): void {
    this.cancel(entry);
    if (this.#size === 0) {
      this.#step = Math.floor(now / SLOT_MS);
      this.#next = at;
    } else if (this.#next !== undefined && at < this.#next) {
      this.#next = at;
    }
    entry.dueAt = at;
    entry.slot = Math.max(Math.floor(at / SLOT_MS), this.#step) % SLOTS;
    const head = this.#heads[entry.slot];
    entry.after = head;
    if (head !== undefined) head.before = entry;
    this.#heads[entry.slot] = entry;
    this.#size++;
  }

  /** Takes an entry out; one that is not in is left alone. */
  cancel(entry: T): void {
    if (entry.slot < 0) return;
    if (entry.before === undefined) this.#heads[entry.slot] = entry.after;
    else entry.before.after = entry.after;
    if (entry.after !== undefined) entry.after.before = entry.before;
    entry.before = undefined;
    entry.after = undefined;
    entry.slot = -1;
    this.#size--;
    if (entry.dueAt === this.#next) this.#next = undefined;
  }

  /** Fires everything that is due, each entry taken out before. What `fire` schedules waits for the next call. */
  advance(now: number, fire: (entry: T) => void): void {
    if (this.#size === 0) return;
    const due: T[] = [];
    const last = Math.floor(now / SLOT_MS);
    const steps = Math.min(Math.max(last - this.#step, 0), SLOTS - 1);
    for (let step = 0; step <= steps; step++) {
      let entry = this.#heads[(this.#step + step) % SLOTS];
      while (entry !== undefined) {
        const { after } = entry;
        if (entry.dueAt <= now) due.push(entry);
        entry = after;
      }
    }
    this.#step = Math.max(this.#step, last);
    for (const entry of due) {
      // What fired before may have cancelled or moved this one.
      if (entry.slot < 0 || entry.dueAt > now) continue;
      this.cancel(entry);
      fire(entry);
    }
    this.#next = undefined;
  }

  /** When to call `advance` next: never later than the earliest entry is due, at times (far ahead) earlier. */
  nextAt(): number | undefined {
    if (this.#size === 0) return undefined;
    this.#next ??= this.#earliest();
    return this.#next;
  }

  #earliest(): number {
    for (let step = 0; step < SLOTS; step++) {
      const stop = (this.#step + step + 1) * SLOT_MS;
      let earliest = stop;
      let entry = this.#heads[(this.#step + step) % SLOTS];
      while (entry !== undefined) {
        if (entry.dueAt < earliest) earliest = entry.dueAt;
        entry = entry.after;
      }
      if (earliest < stop) return earliest;
    }
    return (this.#step + SLOTS) * SLOT_MS;
  }
}
