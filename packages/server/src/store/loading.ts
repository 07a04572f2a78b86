import type { Store } from './port.ts';

const pools = new WeakMap<Store, Map<string, string>>();

/**
 * While a server starts, rows that are loaded of a store share their equal texts: a device's id, say, stands in rows of
 * many tables, and memory is to hold it once.
 *
 * @returns how to end that, when all is loaded
 */
export function shareTexts(store: Store): () => void {
  pools.set(store, new Map());
  return () => void pools.delete(store);
}

/** A row that was loaded, changed in place. */
export function sharing<R extends object>(store: Store, row: R): R {
  const pool = pools.get(store);
  if (!pool) return row;
  const texts: Record<string, unknown> = row as Record<string, unknown>;
  for (const name in texts) {
    const text = texts[name];
    if (typeof text !== 'string') continue;
    const known = pool.get(text);
    if (known === undefined) pool.set(text, text);
    else texts[name] = known;
  }
  return row;
}
