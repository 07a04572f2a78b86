import type { Query, QueryClient } from '@tanstack/react-query';
import { overtake } from './overtake.ts';

/**
 * Fetches again what is shown of the queries that changed, and has the others fetched when they are shown next. An answer
 * that is under way may be older than the change. That of a query with data on the page is given up for a new one; others
 * would count as fresh when they come, and are fetched once more then: that is not waited for, since a call may hang.
 *
 * @param changed whether a query is one of them; all are unless it is said, as after what a person did
 * @returns resolves after the other answers, also of calls that fail
 */
export async function refresh(client: QueryClient, changed: (query: Query) => boolean = () => true): Promise<void> {
  const queries = new Set(client.getQueryCache().findAll({ predicate: changed }));
  for (const query of queries) {
    const isGivenUp = query.state.data !== undefined && query.isActive();
    if (query.state.fetchStatus !== 'fetching' || isGivenUp) continue;
    queries.delete(query);
    overtake(client, query);
  }
  await client.invalidateQueries({ predicate: (query) => queries.has(query) });
}
