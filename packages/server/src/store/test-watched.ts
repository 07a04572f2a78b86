import { openMemoryStore } from './memory/store.ts';
import type { Batch, Store } from './port.ts';

/** A store whose commits are recorded, held back, or fail, as the test says. */
export function watchedStore(store: Store = openMemoryStore()) {
  const batches: Batch[] = [];
  let gate: Promise<void> | undefined;
  let open: () => void = () => {};
  const control = {
    batches,
    failure: undefined as Error | undefined,
    hold(): void {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release(): void {
      gate = undefined;
      open();
    },
  };
  const watched: Store = {
    commit: async (batch) => {
      await gate;
      if (control.failure) throw control.failure;
      batches.push(batch);
      return store.commit(batch);
    },
    get: (table, key) => store.get(table, key),
    list: (table, query) => store.list(table, query),
    count: (table, where) => store.count(table, where),
    journal: (query) => store.journal(query),
    scan: (series, range) => store.scan(series, range),
    prune: (before) => store.prune(before),
    subscribe: (listener) => store.subscribe(listener),
    health: () => store.health(),
    figures: () => store.figures(),
    close: () => store.close(),
  };
  return { store: watched, control };
}
