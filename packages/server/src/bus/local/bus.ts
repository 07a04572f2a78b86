import type { Seq } from '../../ids.ts';
import type { JournalEntry } from '../../journal/entries.ts';
import type { Store } from '../../store/port.ts';
import type { Bus, ConsumerOptions, Subscription } from '../port.ts';
import { type After, Consumer } from './consumer.ts';

export interface LocalBusOptions {
  /** Runs something once after some milliseconds; the result takes it back. Times the retries. */
  readonly after?: After;
}

const realAfter: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/**
 * Opens the embedded bus: consumers follow the journal of the store in this process, each from its own cursor in the
 * `cursors` table. Memory is some thousand entries for each consumer, however far it lags.
 */
export function openLocalBus(store: Store, options: LocalBusOptions = {}): Bus {
  return new LocalBus(store, options.after ?? realAfter);
}

class LocalBus implements Bus {
  readonly #store: Store;
  readonly #after: After;
  readonly #consumers = new Set<Consumer>();
  readonly #watchers = new Set<() => void>();

  constructor(store: Store, after: After) {
    this.#store = store;
    this.#after = after;
  }

  async consume(options: ConsumerOptions & { readonly fromStart?: boolean }): Promise<Subscription> {
    const consumer = new Consumer(this.#store, this.#after, options);
    this.#consumers.add(consumer);
    try {
      await consumer.start(options.fromStart ?? false);
    } catch (error) {
      this.#consumers.delete(consumer);
      throw error;
    }
    return {
      caughtUp: (seq: Seq) => consumer.caughtUp(seq),
      stop: () => {
        this.#consumers.delete(consumer);
        return consumer.stop();
      },
    };
  }

  watch(listener: (entries: readonly JournalEntry[]) => void): () => void {
    const unsubscribe = this.#store.subscribe(listener);
    const stop = () => {
      this.#watchers.delete(stop);
      unsubscribe();
    };
    this.#watchers.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#watchers) stop();
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    this.#consumers.clear();
  }
}
