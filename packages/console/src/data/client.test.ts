import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { signedOut } from './client.ts';

it('tells at once whoever shows the session that it is over, and forgets what was fetched in it', async () => {
  const client = new QueryClient();
  client.setQueryData(['session'], { actor: { name: 'admin' } });
  client.setQueryData(['devices', ''], ['truck-1']);
  let answer = (_: unknown) => {};
  const queryFn = () => new Promise((resolve) => (answer = resolve));
  const shown = new QueryObserver(client, { queryKey: ['session'], queryFn, staleTime: Number.POSITIVE_INFINITY });
  const stop = shown.subscribe(() => {});
  void client.invalidateQueries({ queryKey: ['session'] });
  await signedOut(client);
  answer({ actor: { name: 'admin' } });
  await new Promise(setImmediate);
  expect(shown.getCurrentResult().data).toBeNull();
  expect(client.getQueryData(['devices', ''])).toBeUndefined();
  stop();
});
