import { describe, expect, it } from 'vitest';
import { deviceId, organisationId, START } from '../commands/test-commands.ts';
import type { PolicyId, ResponseId } from '../ids.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { allowance, Budget, WINDOW_MS } from './governor.ts';

const policyId = 'p' as PolicyId;

async function storeWith(queuedAt: readonly number[]) {
  const store = openMemoryStore();
  await store.commit({
    changes: queuedAt.map((at, index) => ({
      put: 'automaticResponses',
      row: { organisationId, deviceId, policyId, responseId: `resp-${index}` as ResponseId, queuedAt: at },
    })),
  });
  return store;
}

describe('the cap on automatic responses', () => {
  it.each([
    [0, 3],
    [1, 3],
    [399, 3],
    [400, 4],
    [1_000, 10],
    [100_000, 1_000],
  ])('of a policy for %i devices is %i', (devices, responses) => {
    expect(allowance(devices)).toBe(responses);
  });

  it('counts the hour before, and forgets what is older', async () => {
    const store = await storeWith([START - WINDOW_MS, START - WINDOW_MS + 1, START - 1]);
    const budget = await Budget.read(store, policyId, 10, START);
    expect([budget.take(), budget.take()]).toEqual([true, false]);
    expect(budget.outdated).toEqual([{ delete: 'automaticResponses', key: { responseId: 'resp-0' } }]);
  });

  it('is that of each policy alone', async () => {
    const store = await storeWith([START, START, START]);
    expect((await Budget.read(store, policyId, 10, START)).take()).toBe(false);
    expect((await Budget.read(store, 'q' as PolicyId, 10, START)).take()).toBe(true);
  });

  it('stays shut when more was started than a smaller fleet would be allowed', async () => {
    const store = await storeWith([START, START, START, START, START]);
    expect((await Budget.read(store, policyId, 10, START)).take()).toBe(false);
  });
});
