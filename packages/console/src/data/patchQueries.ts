import type { QueryClient } from '@tanstack/react-query';
import type { Key } from './keys.ts';
import { overtake, type Patch, patchQuery } from './overtake.ts';

/**
 * Changes the data of every query of one kind. Of one that is being fetched the answer is changed too when it comes, for it
 * may be older than the change; so the same patch may be applied to data that has it.
 *
 * @param patch gets what queries of this kind hold
 */
export function patchQueries<T>(client: QueryClient, queryKey: Key, patch: Patch<T>): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    patchQuery(query, [patch as Patch]);
    if (query.state.fetchStatus === 'fetching') overtake(client, query, patch as Patch);
  }
}
