import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { Store } from '../../store/port.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { busContract } from '../contract-suite.ts';
import { openLocalBus } from './bus.ts';

function openBus(store: Store) {
  const waiting = new Map<() => void, number>();
  const bus = openLocalBus(store, {
    after: (ms, run) => {
      waiting.set(run, ms);
      return () => waiting.delete(run);
    },
  });
  const elapse = () => {
    const ended = [...waiting];
    waiting.clear();
    for (const [run] of ended) run();
    return ended.map(([, ms]) => ms);
  };
  return { bus, elapse };
}

busContract(
  'the local bus over the memory store',
  async () => {
    const store = openMemoryStore();
    return { store, cleanUp: () => store.close() };
  },
  openBus,
);

busContract(
  'the local bus over the SQLite store',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-bus-'));
    const store = await openSqliteStore({ file: join(folder, 'reeve.db') });
    const cleanUp = async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    };
    return { store, cleanUp };
  },
  openBus,
);
