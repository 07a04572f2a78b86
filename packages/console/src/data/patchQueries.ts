import type { Query, QueryClient } from '@tanstack/react-query';
import type { Key } from './keys.ts';

/**
 * Changes the data of every query of one kind. Of one that is being fetched the answer is changed too when it comes, for it
 * may be older than the change; so the same patch may be applied to data that has it.
 *
 * @param patch answers the same object if nothing changed, so that nothing is drawn again
 */
export function patchQueries<T>(client: QueryClient, queryKey: Key, patch: (data: T) => T): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    patchQuery(query, patch);
    if (query.state.fetchStatus !== 'fetching') continue;
    void query.fetch().then(
      () => patchQuery(query, patch),
      () => {},
    );
  }
}

/** A query that waits to be fetched again still does: to set its data alone would let it count as fresh. */
function patchQuery<T>(query: Query, patch: (data: T) => T): void {
  const { data, isInvalidated } = query.state;
  if (data === undefined) return;
  const patched = patch(data as T);
  if (patched === data) return;
  query.setData(patched, { manual: true });
  if (isInvalidated) query.invalidate();
}
