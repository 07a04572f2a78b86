import { describe, expect, it } from 'vitest';
import { ada, dying, organisationId, rest } from '../commands/test-commands.ts';
import type { Store } from '../store/port.ts';
import { furnishedStore, openWorld, Truck, type World } from './test-incidents.ts';

/** Commits of the whole story from the start of its server; a test below holds the number. */
const COMMITS = 26;

/** What the world outside does, step by step. Each step asks whether it was taken already, as a device does. */
const story: readonly ((world: World) => Promise<void>)[] = [
  (world) => world.contact(),
  async (world) => {
    if ((await world.told('rule.transition')).length === 0) await world.breach();
  },
  async (world) => {
    const { deviceId } = world.truck;
    const operation = { kind: 'execute', path: '/3/0/4' } as const;
    const command = { organisationId, deviceId, operation, actor: ada, idempotencyKey: 'reboot' };
    await world.parts.commands.add(command);
    await rest();
  },
  async (world) => {
    if ((await world.told('rule.transition')).length === 1) await world.clear();
  },
  (world) => world.contact(),
];

/** Tells the story from a step to its end, or to the death of the process; gives back where it died. */
async function tell(store: Store, truck: Truck, from: number, died: () => boolean): Promise<number> {
  const world = await openWorld({ store, trucks: [truck] }).catch(() => undefined);
  await rest();
  if (!world) return from;
  // After a restart the device comes back first.
  if (from > 0) await world.contact().catch(() => {});
  for (let step = from; step < story.length; step++) {
    await story[step]?.(world).catch(() => {});
    await rest();
    if (died()) return step;
  }
  return story.length;
}

async function check(store: Store, truck: Truck): Promise<void> {
  const incidents = await store.list('incidents');
  expect(incidents.map(({ state }) => state)).toEqual(['cleared']);
  const responses = await store.list('responses');
  expect(responses.map(({ state }) => state)).toEqual(['released']);
  expect((await store.list('locks')).map(({ state }) => (state as { kind: string }).kind)).toEqual(['free']);
  expect(await store.count('automaticResponses')).toBe(1);
  expect(truck.lock).toBe(0);
  for (const type of [
    'incident.opened',
    'incident.cleared',
    'response.started',
    'response.locked',
    'response.released',
  ] as const) {
    expect(await store.journal({ types: [type] })).toHaveLength(1);
  }
  expect(await store.journal({ types: ['response.failed', 'response.attention'] })).toEqual([]);
  expect(truck.heard.filter((text) => text.startsWith('execute')).length).toBeLessThanOrEqual(1);
  for (const { state, operation, receipts } of await store.list('commands')) {
    if (operation.kind === 'execute') expect(['answered', 'outcome-unknown']).toContain(state);
    else expect(state).toBe('answered');
    expect(receipts.filter(({ step }) => step === 'repeated').length).toBeLessThanOrEqual(1);
  }
}

const moments = Array.from({ length: COMMITS }, (_, index) => index + 1).flatMap((commit) =>
  (['before', 'after'] as const).map((when) => [when, commit] as const),
);

describe('a server that dies in the middle of a story', () => {
  it('has as many moments as the table below', async () => {
    const truck = new Truck();
    const store = await furnishedStore([truck]);
    let commits = 0;
    const commit = store.commit.bind(store);
    store.commit = (batch) => {
      commits += 1;
      return commit(batch);
    };
    await tell(store, truck, 0, () => false);
    await check(store, truck);
    expect(commits).toBe(COMMITS);
  });

  it.each(moments)(
    '%s commit %i: one incident, one lock, unlocked at the end, nothing done twice',
    async (when, at) => {
      const truck = new Truck();
      const store = await furnishedStore([truck]);
      const mortal = dying(store, at, when);
      const step = await tell(mortal, truck, 0, () => mortal.dead);
      await tell(store, truck, Math.min(step, story.length - 1), () => false);
      await check(store, truck);
    },
  );

  it.each([1, 2, 3, 5, 8])('and dies again after every %i commits', async (every) => {
    const truck = new Truck();
    const store = await furnishedStore([truck]);
    let step = 0;
    let lives = 0;
    while (step < story.length && lives < 200) {
      lives += 1;
      // Whoever dies at once gets nowhere: it lives a little longer each time.
      const mortal = dying(store, every + lives, lives % 2 === 0 ? 'before' : 'after');
      step = await tell(mortal, truck, step, () => mortal.dead);
    }
    await tell(store, truck, story.length - 1, () => false);
    expect(lives).toBeGreaterThan(1);
    expect((await store.list('incidents')).map(({ state }) => state)).toEqual(['cleared']);
    expect((await store.list('responses')).map(({ state }) => state)).toEqual(['released']);
    expect(truck.lock).toBe(0);
    expect(truck.heard.filter((text) => text.startsWith('execute')).length).toBeLessThanOrEqual(1);
  });
});
