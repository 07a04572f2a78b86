import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import type { Key } from './keys.ts';
import { patchQueries } from './patchQueries.ts';

const truck: Key = ['device', 'truck-1'];
const van: Key = ['device', 'van-1'];

function cached(): QueryClient {
  const client = new QueryClient();
  client.setQueryData(truck, { id: 'truck-1', battery: 77 });
  client.setQueryData(van, { id: 'van-1', battery: 12 });
  return client;
}

const settled = () => new Promise(setImmediate);

const lower = (device: { id: string; battery: number }) =>
  device.id === 'truck-1' ? { ...device, battery: 64 } : device;

it('changes what the patch is about, and nothing else', () => {
  const client = cached();
  const before = client.getQueryState(van);
  patchQueries(client, ['device'], lower);
  expect(client.getQueryData(truck)).toEqual({ id: 'truck-1', battery: 64 });
  expect(client.getQueryState(van)).toBe(before);
});

it('leaves what has to be fetched again to be fetched', async () => {
  const client = cached();
  await client.invalidateQueries({ queryKey: ['device'] });
  patchQueries(client, ['device'], lower);
  expect(client.getQueryData(truck)).toEqual({ id: 'truck-1', battery: 64 });
  expect([truck, van].map((key) => client.getQueryState(key)?.isInvalidated)).toEqual([true, true]);
});

it('changes an answer that was under way, of data that is on the page and of what never was', async () => {
  const client = cached();
  const bus: Key = ['device', 'bus-1'];
  for (const queryKey of [truck, bus]) {
    let answer = (_: unknown) => {};
    const fetched = client.fetchQuery({ queryKey, queryFn: () => new Promise((resolve) => (answer = resolve)) });
    patchQueries(client, ['device'], lower);
    answer({ id: 'truck-1', battery: 77 });
    await fetched;
    await settled();
    expect(client.getQueryData(queryKey)).toEqual({ id: 'truck-1', battery: 64 });
  }
});

it('changes the answer that comes in the place of one that was given up', async () => {
  const client = cached();
  const answers: ((device: unknown) => void)[] = [];
  const queryFn = () => new Promise((resolve) => answers.push(resolve));
  const watch = new QueryObserver(client, { queryKey: truck, queryFn, staleTime: Number.POSITIVE_INFINITY });
  const stop = watch.subscribe(() => {});
  const first = client.invalidateQueries({ queryKey: truck });
  patchQueries(client, ['device'], lower);
  const second = client.invalidateQueries({ queryKey: truck });
  for (const answer of answers) answer({ id: 'truck-1', battery: 77 });
  await Promise.all([first, second]);
  await settled();
  expect([answers.length, client.getQueryData(truck)]).toEqual([2, { id: 'truck-1', battery: 64 }]);
  stop();
});

it('draws once what changed often while a call was under way, and fetches once more after too much of it', async () => {
  const client = cached();
  const answers: ((device: unknown) => void)[] = [];
  const queryFn = () => new Promise((resolve) => answers.push(resolve));
  const watch = new QueryObserver(client, { queryKey: truck, queryFn, staleTime: Number.POSITIVE_INFINITY });
  let drawn = 0;
  const stop = watch.subscribe(() => drawn++);
  void client.invalidateQueries({ queryKey: truck });
  const raise = (times: number) => {
    for (let i = 0; i < times; i++)
      patchQueries<{ id: string; battery: number }>(client, ['device'], (data) =>
        data.id === 'truck-1' ? { ...data, battery: data.battery + 1 } : data,
      );
  };
  raise(1000);
  await settled();
  drawn = 0;
  answers[0]?.({ id: 'truck-1', battery: 0 });
  await settled();
  expect([client.getQueryData(truck), answers.length]).toEqual([{ id: 'truck-1', battery: 1000 }, 1]);
  expect(drawn).toBeLessThanOrEqual(2);
  void client.invalidateQueries({ queryKey: truck });
  raise(1001);
  answers[1]?.({ id: 'truck-1', battery: 0 });
  await settled();
  expect(answers).toHaveLength(3);
  stop();
});

it('leaves a call to fail that was under way', async () => {
  const client = cached();
  const fetched = client.fetchQuery({ queryKey: truck, queryFn: () => Promise.reject(new Error('down')) });
  patchQueries(client, ['device'], lower);
  await expect(fetched).rejects.toThrow('down');
  expect(client.getQueryData(truck)).toEqual({ id: 'truck-1', battery: 64 });
});
