import { QueryClient } from '@tanstack/react-query';
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

const lower = (device: { id: string; battery: number }) =>
  device.id === 'truck-1' ? { ...device, battery: 64 } : device;

it('changes what the patch is about, and nothing else', () => {
  const client = cached();
  const before = client.getQueryState(van);
  expect(patchQueries(client, ['device'], lower)).toBe(false);
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

it('tells of data that is being fetched, and says nothing of what was never fetched', async () => {
  const client = cached();
  let answer = (_: unknown) => {};
  const queryFn = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const fetched = client.fetchQuery({ queryKey: truck, queryFn });
  expect(patchQueries(client, ['device'], lower)).toBe(true);
  answer({ id: 'truck-1', battery: 77 });
  await fetched;
  const first = client.fetchQuery({ queryKey: ['device', 'bus-1'], queryFn });
  expect(patchQueries(client, ['device', 'bus-1'], lower)).toBe(false);
  answer(null);
  await first;
});
