import type { Query, QueryClient } from '@tanstack/react-query';

/**
 * Fetches again what is shown of the queries that changed, and has the others fetched when they are shown next. An answer
 * that is under way may be older than the change. That of a query with data on the page is given up for a new one; others
 * are waited for first, since they would count as fresh when they come.
 *
 * @param changed whether a query is one of them
 * @returns resolves after the answers, also of calls that fail
 */
export async function refresh(client: QueryClient, changed: (query: Query) => boolean): Promise<void> {
  const queries = client.getQueryCache().findAll({ predicate: changed });
  const overtaken = queries.filter(
    (query) => query.state.fetchStatus === 'fetching' && (query.state.data === undefined || !query.isActive()),
  );
  await Promise.all([
    client.invalidateQueries({ predicate: (query) => queries.includes(query) }),
    ...overtaken.map((query) => query.fetch().catch(() => {})),
  ]);
  if (overtaken.length > 0) await client.invalidateQueries({ predicate: (query) => overtaken.includes(query) });
}
