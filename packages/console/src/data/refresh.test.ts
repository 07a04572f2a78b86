import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import type { Key } from './keys.ts';
import { refresh } from './refresh.ts';

const queryKey: Key = ['devices', ''];

/** A query whose calls the test answers, in their order. */
function setUp() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const calls: PromiseWithResolvers<string>[] = [];
  const queryFn = () => {
    const call = Promise.withResolvers<string>();
    calls.push(call);
    return call.promise;
  };
  const observer = new QueryObserver(client, { queryKey, queryFn, staleTime: Number.POSITIVE_INFINITY });
  const stop = observer.subscribe(() => {});
  const data = () => client.getQueryData(queryKey);
  return { client, calls, observer, stop, data };
}

const settled = () => new Promise(setImmediate);

it('fetches once more what is fetched for the first time: the answer may be older than the change', async () => {
  const { client, calls, data, stop } = setUp();
  const done = refresh(client);
  calls[0]?.resolve('old');
  await settled();
  calls[1]?.resolve('new');
  await Promise.all([done, settled()]);
  expect([calls.length, data()]).toEqual([2, 'new']);
  stop();
});

it('fetches once more what failed for the first time', async () => {
  const { client, calls, data, stop } = setUp();
  const done = refresh(client);
  calls[0]?.reject(new Error('down'));
  await settled();
  calls[1]?.resolve('new');
  await Promise.all([done, settled()]);
  expect(data()).toBe('new');
  stop();
});

it('gives up what is fetched again, and fetches it anew', async () => {
  const { client, calls, data, stop } = setUp();
  calls[0]?.resolve('first');
  await settled();
  const both = [refresh(client), refresh(client)];
  calls[2]?.resolve('new');
  calls[1]?.resolve('old');
  await Promise.all(both);
  expect([calls.length, data()]).toEqual([3, 'new']);
  stop();
});

it('has fetched again when it is shown next what left the page before its answer came', async () => {
  const { client, calls, data, observer, stop } = setUp();
  stop();
  const done = refresh(client);
  calls[0]?.resolve('old');
  await Promise.all([done, settled()]);
  expect([data(), client.getQueryState(queryKey)?.isInvalidated]).toEqual(['old', true]);
  const leave = observer.subscribe(() => {});
  calls[1]?.resolve('new');
  await settled();
  expect(data()).toBe('new');
  leave();
});

it('does not wait for a call that hangs', async () => {
  const { client, calls, stop } = setUp();
  client.setQueryData(['incidents', 'open'], []);
  await refresh(client);
  await refresh(client);
  expect(client.getQueryState(['incidents', 'open'])?.isInvalidated).toBe(true);
  expect(calls).toHaveLength(1);
  stop();
});

it('leaves alone what did not change', async () => {
  const { client, calls, stop } = setUp();
  const done = refresh(client, () => false);
  calls[0]?.resolve('first');
  await done;
  await settled();
  expect(calls).toHaveLength(1);
  stop();
});
