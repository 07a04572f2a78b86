import type { Query, QueryClient } from '@tanstack/react-query';

/** Changes the data of a query; answers the same object if nothing changed, so that nothing is drawn again. */
export type Patch<T = unknown> = (data: T) => T;

/** What came after a call went out, so that its answer may be older. */
interface Later {
  patches: Patch[];
  /** The answer counts as fresh only when it was fetched once more. */
  isStale: boolean;
}

/** Patches kept for one answer; with more it is cheaper to fetch once more. */
const MAX_PATCHES = 1000;

const later = new WeakMap<Query, Later>();

/** Has the answer that is under way to a query changed when it comes, or fetched once more if no patch is given. */
export function overtake(client: QueryClient, query: Query, patch?: Patch): void {
  const waiting = later.get(query) ?? waitFor(client, query);
  if (patch && waiting.patches.length < MAX_PATCHES) waiting.patches.push(patch);
  else waiting.isStale = true;
}

function waitFor(client: QueryClient, query: Query): Later {
  const waiting: Later = { patches: [], isStale: false };
  const answered = () => {
    later.delete(query);
    patchQuery(query, waiting.patches);
    if (waiting.isStale) void client.invalidateQueries({ predicate: (each) => each === query });
  };
  later.set(query, waiting);
  void query.fetch().then(answered, answered);
  return waiting;
}

/** A query that waits to be fetched again still does: to set its data alone would let it count as fresh. */
export function patchQuery(query: Query, patches: readonly Patch[]): void {
  const { data, isInvalidated } = query.state;
  if (data === undefined) return;
  const patched = patches.reduce((result, patch) => patch(result), data as unknown);
  if (patched === data || patched === undefined) return;
  query.setData(patched, { manual: true });
  if (isInvalidated) query.invalidate();
}
