import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isSignedOut } from './api.ts';

/**
 * The page's copy of what the server knows. Nothing becomes stale by age: the event stream says what changed, and a
 * failed call is tried again by the next change or by a person.
 */
export const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isSignedOut(error)) client.setQueryData(['session'], null);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (failures, error) => !isSignedOut(error) && failures < 2,
    },
  },
});
