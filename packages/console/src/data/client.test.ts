import type { Session } from '@reeve/contract';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { setSession, signedOut } from './client.ts';
import type { Key } from './keys.ts';

const session: Session = {
  actor: { kind: 'person', name: 'admin' },
  server: { version: '1', startedAt: 0, noSec: false, keyLog: false, coapsPort: 5684, warnings: [], store: 'ok' },
};

/** A page that shows who is signed in, and the answer to its call. */
function setUp() {
  const client = new QueryClient();
  const { promise, resolve: answer } = Promise.withResolvers<Session | null>();
  const queryKey: Key = ['session'];
  const options = { queryKey, queryFn: () => promise, staleTime: Number.POSITIVE_INFINITY };
  return { client, answer, shown: new QueryObserver(client, options) };
}

const settled = () => new Promise(setImmediate);

it('stays signed in when the first question of the page is answered late, that nobody is', async () => {
  const { client, answer, shown } = setUp();
  const stop = shown.subscribe(() => {});
  await setSession(client, session);
  answer(null);
  await settled();
  expect(shown.getCurrentResult().data).toEqual(session);
  stop();
});

it('tells at once whoever shows the session that it is over, and forgets what was fetched in it', async () => {
  const { client, answer, shown } = setUp();
  client.setQueryData(['session'], session);
  client.setQueryData(['devices', ''], ['truck-1']);
  const stop = shown.subscribe(() => {});
  void client.invalidateQueries({ queryKey: ['session'] });
  await signedOut(client);
  answer(session);
  await settled();
  expect(shown.getCurrentResult().data).toBeNull();
  expect(client.getQueryData(['devices', ''])).toBeUndefined();
  stop();
});
