import { Button, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Pages } from '../data/queries.ts';
import { QueryError } from './QueryError.tsx';

interface PagedListProps<T> {
  list: Pages<T>;
  /** Shown when there is nothing. */
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** The four states of a fetched list: on its way, failed, empty, there (and perhaps more to come). */
export function PagedList<T>({ list, empty, children }: PagedListProps<T>) {
  if (list.isPending) return <Skeleton height={80} aria-label="Loading" />;
  if (!list.data) return <QueryError query={list} />;
  return (
    <>
      {list.items.length > 0 ? (
        children(list.items)
      ) : (
        <Text component="div" size="sm" c="dimmed">
          {empty}
        </Text>
      )}
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
