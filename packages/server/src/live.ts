import type { TraceLine } from '@reeve/contract';
import type { LiveEvent } from './http/handlers.ts';
import type { DeviceId } from './ids.ts';

/** Listeners that are told something; one that throws does not disturb the others. */
class Listeners<T> {
  readonly #all = new Set<(event: T) => void>();

  get size(): number {
    return this.#all.size;
  }

  add(listener: (event: T) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(event: T): void {
    for (const listener of this.#all) {
      try {
        listener(event);
      } catch {
        this.#all.delete(listener);
      }
    }
  }
}

/** What is shown live and not kept: committed samples, presence, and traced traffic. */
export class Live {
  readonly #events = new Listeners<LiveEvent>();
  readonly #traces = new Map<DeviceId, Listeners<TraceLine>>();

  watch(listener: (event: LiveEvent) => void): () => void {
    return this.#events.add(listener);
  }

  tell(event: LiveEvent): void {
    if (this.#events.size > 0) this.#events.tell(event);
  }

  /** True when somebody watches: views are not computed for nobody. */
  get watched(): boolean {
    return this.#events.size > 0;
  }

  traced(deviceId: DeviceId, line: TraceLine): void {
    this.#traces.get(deviceId)?.tell(line);
  }

  isTraced(deviceId: DeviceId): boolean {
    return this.#traces.has(deviceId);
  }

  /** @returns how to stop; the last listener's stop returns true. */
  addTrace(deviceId: DeviceId, listener: (line: TraceLine) => void): () => boolean {
    let listeners = this.#traces.get(deviceId);
    if (!listeners) {
      listeners = new Listeners();
      this.#traces.set(deviceId, listeners);
    }
    const remove = listeners.add(listener);
    return () => {
      remove();
      if (listeners.size > 0) return false;
      return this.#traces.delete(deviceId);
    };
  }
}
