import type { DeviceId } from './ids.ts';

/** Longest queue of one device's lane; beyond it a message is refused, not queued. */
const MAX_WAITING = 64;

interface Lane {
  waiting: (() => Promise<void>)[];
}

/** A lane is full: the device sends faster than its messages become durable. */
export class LaneFullError extends Error {
  constructor() {
    super(`more than ${MAX_WAITING} messages of one device wait`);
    this.name = 'LaneFullError';
  }
}

/**
 * One task at a time per device, in the order of arrival, and all devices beside each other. A capability decides on
 * what it holds in memory, commits, and applies the outcome inside one task, so that nothing changes underneath.
 */
export class Lanes {
  readonly #lanes = new Map<DeviceId, Lane>();

  /** Runs a task when the device's lane is free. @throws LaneFullError */
  run<T>(deviceId: DeviceId, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(deviceId);
    if (!lane) {
      const fresh: Lane = { waiting: [] };
      this.#lanes.set(deviceId, fresh);
      return this.#settle(deviceId, fresh, task);
    }
    if (lane.waiting.length >= MAX_WAITING) return Promise.reject(new LaneFullError());
    return new Promise<T>((resolve, reject) => {
      lane.waiting.push(() => task().then(resolve, reject));
    });
  }

  async #settle<T>(deviceId: DeviceId, lane: Lane, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      this.#next(deviceId, lane);
    }
  }

  #next(deviceId: DeviceId, lane: Lane): void {
    const task = lane.waiting.shift();
    if (!task) this.#lanes.delete(deviceId);
    else void task().then(() => this.#next(deviceId, lane));
  }
}
