import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isSignedOut, mayPass } from './api.ts';

/**
 * The page's copy of what the server knows. Nothing becomes stale by age: the event stream says what changed, and a
 * failed call is tried again by the next change or by a person.
 */
export const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isSignedOut(error)) void signedOut(client);
    },
  }),
  defaultOptions: {
    // A server on the same machine is there without any network, which is when browsers would wait for one.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (failures, error) => mayPass(error) && failures < 2,
    },
  },
});

/** Nobody is signed in any more: who is next must not see what was fetched for the one before. */
export async function signedOut(of: QueryClient): Promise<void> {
  // Who was signed in may be asked right now, and answered as it was.
  await of.cancelQueries({ queryKey: ['session'] });
  of.setQueryData(['session'], null);
  of.removeQueries({ predicate: ({ queryKey: [kind] }) => kind !== 'session' });
}
