import type { Session } from '@reeve/contract';
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

/**
 * Says who is signed in; null if nobody.
 *
 * Who is may be asked right now, or since the page was loaded: that answer tells only who was, and is given up.
 */
export async function setSession(of: QueryClient, session: Session | null): Promise<void> {
  await of.cancelQueries({ queryKey: ['session'] });
  of.setQueryData(['session'], session);
}

/** Nobody is signed in any more: who is next must not see what was fetched for the one before. */
export async function signedOut(of: QueryClient): Promise<void> {
  await setSession(of, null);
  of.removeQueries({ predicate: ({ queryKey: [kind] }) => kind !== 'session' });
}
