import type { QueryClient } from '@tanstack/react-query';
import type { Key } from './keys.ts';

/**
 * Changes the data of every query of one kind that has some. A query that waits to be fetched again still does: to set
 * its data alone would let it count as fresh.
 *
 * @param patch answers the same object if nothing changed, so that nothing is drawn again
 * @returns whether one that was changed is being fetched right now: the answer may be older than the change
 */
export function patchQueries<T>(client: QueryClient, queryKey: Key, patch: (data: T) => T): boolean {
  let overtaken = false;
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    const { data, isInvalidated, fetchStatus } = query.state;
    if (data === undefined) continue;
    const patched = patch(data as T);
    if (patched === data) continue;
    query.setData(patched, { manual: true });
    if (isInvalidated) query.invalidate();
    if (fetchStatus === 'fetching') overtaken = true;
  }
  return overtaken;
}
