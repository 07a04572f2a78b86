import type { DeviceId } from './ids.ts';

/** Longest queue of one lane; beyond it a task is refused, not queued. */
const MAX_WAITING = 64;

interface Lane {
  waiting: (() => Promise<void>)[];
}

/** A lane is full: messages of a device, say, come faster than they become durable. */
export class LaneFullError extends Error {
  constructor() {
    super(`more than ${MAX_WAITING} tasks wait for each other`);
    this.name = 'LaneFullError';
  }
}

/**
 * One task at a time per device, in the order of arrival, and all devices beside each other; the same for whatever else
 * has an id. A capability decides on what it holds in memory, commits, and applies the outcome inside one task, so that
 * nothing changes underneath.
 */
export class Lanes<Id extends string = DeviceId> {
  readonly #lanes = new Map<Id, Lane>();

  /** Runs a task when the lane is free. @throws LaneFullError */
  run<T>(id: Id, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(id);
    if (!lane) {
      const fresh: Lane = { waiting: [] };
      this.#lanes.set(id, fresh);
      const done = begin(task);
      const next = () => this.#next(id, fresh);
      done.then(next, next);
      return done;
    }
    if (lane.waiting.length >= MAX_WAITING) return Promise.reject(new LaneFullError());
    return new Promise<T>((resolve, reject) => {
      lane.waiting.push(() => begin(task).then(resolve, reject));
    });
  }

  #next(id: Id, lane: Lane): void {
    const task = lane.waiting.shift();
    if (!task) this.#lanes.delete(id);
    else void task().then(() => this.#next(id, lane));
  }
}

/** A task that throws before it has a promise must not keep its lane. */
function begin<T>(task: () => Promise<T>): Promise<T> {
  try {
    return task();
  } catch (error) {
    return Promise.reject(error);
  }
}
