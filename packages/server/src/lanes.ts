import type { DeviceId } from './ids.ts';

/** Longest queue of one lane; beyond it a task is refused, not queued. */
const MAX_WAITING = 64;

/** A lane is full: messages of a device, say, come faster than they become durable. */
export class LaneFullError extends Error {
  constructor() {
    super(`more than ${MAX_WAITING} tasks wait for each other`);
    this.name = 'LaneFullError';
  }
}

/** Of a lane that nobody waits for. */
const NOBODY: readonly never[] = [];

/**
 * One task at a time per device, in the order of arrival, and all devices beside each other; the same for whatever else
 * has an id. A capability decides on what it holds in memory, commits, and applies the outcome inside one task, so that
 * nothing changes underneath.
 */
export class Lanes<Id extends string = DeviceId> {
  /** Who waits for each lane that is taken. */
  readonly #waiting = new Map<Id, readonly (() => void)[]>();

  /** Runs a task when the lane is free. @throws LaneFullError */
  async run<T>(id: Id, task: () => Promise<T>): Promise<T> {
    const turn = this.enter(id);
    if (turn) await turn;
    try {
      return await task();
    } finally {
      this.leave(id);
    }
  }

  /**
   * Takes a lane: the caller has to leave it again, whatever happens.
   *
   * @returns what to wait for first, unless the lane is free
   * @throws LaneFullError
   */
  enter(id: Id): Promise<void> | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) {
      this.#waiting.set(id, NOBODY);
      return undefined;
    }
    if (waiting.length >= MAX_WAITING) throw new LaneFullError();
    return new Promise((turn) => this.#waiting.set(id, [...waiting, turn]));
  }

  /** Takes the lane of something within that of what it is behind; as `enter`. */
  async enterWithin(outer: Id, inner: Id): Promise<void> {
    await this.enter(outer);
    try {
      await this.enter(inner);
    } catch (error) {
      this.leave(outer);
      throw error;
    }
  }

  /** Gives a lane to who waits for it first. */
  leave(id: Id): void {
    const waiting = this.#waiting.get(id) ?? NOBODY;
    const first = waiting[0];
    if (first) this.#waiting.set(id, waiting.slice(1));
    else this.#waiting.delete(id);
    first?.();
  }
}
