import { describe, expect, it } from 'vitest';
import { commitAll, GroupCommit } from './decision.ts';
import { added, deviceId, person, putPerson, sample } from './store/contract-fixtures.ts';
import { watchedStore } from './store/test-watched.ts';

describe('decisions', () => {
  it('are committed as one batch, then applied in order', async () => {
    const { store, control } = watchedStore();
    const applied: string[] = [];
    const one = {
      batch: { changes: [putPerson(person('Ada'))], journal: [added(deviceId)] },
      apply: () => void applied.push('one'),
    };
    const two = { batch: { samples: [sample(1, 2)] }, apply: () => void applied.push('two') };
    await commitAll(store, [one, undefined, two]);
    expect(control.batches).toEqual([
      { changes: one.batch.changes, journal: one.batch.journal, samples: two.batch.samples, readings: [] },
    ]);
    expect(applied).toEqual(['one', 'two']);
  });

  it('that cannot be committed are not applied', async () => {
    const { store, control } = watchedStore();
    control.failure = new Error('as wanted');
    const apply = () => expect.fail('applied');
    await expect(commitAll(store, [{ batch: {}, apply }])).rejects.toThrow('as wanted');
  });
});

describe('decisions of one turn', () => {
  const deciding = (sent: number, apply: () => void) => [{ batch: { samples: [sample(sent, 1)] }, apply }];

  it('are committed as one batch, and applied in order before anybody goes on', async () => {
    const { store, control } = watchedStore();
    const commits = new GroupCommit(store);
    const order: string[] = [];
    const first = commits.commit(deciding(1, () => void order.push('one'))).then(() => order.push('on'));
    await commits.commit(deciding(2, () => void order.push('two')));
    await first;
    expect(control.batches).toEqual([
      { changes: [], journal: [], samples: [sample(1, 1), sample(2, 1)], readings: [] },
    ]);
    expect(order).toEqual(['one', 'two', 'on']);
    await commits.commit(deciding(3, () => void order.push('three')));
    expect(control.batches).toHaveLength(2);
  });

  it('that are refused together are committed each alone, so that one does no harm to the others', async () => {
    const { store } = watchedStore();
    const commits = new GroupCommit(store);
    const applied: string[] = [];
    const harmful = { batch: { samples: [{ ...sample(2, 1), at: Number.NaN }] }, apply: () => expect.fail('applied') };
    const outcomes = await Promise.allSettled([
      commits.commit(deciding(1, () => void applied.push('one'))),
      commits.commit([harmful]),
      commits.commit(deciding(3, () => void applied.push('three'))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(applied).toEqual(['one', 'three']);
    const { at } = await store.scan(sample(1, 1), {});
    expect(at).toEqual([1, 3].map((sent) => sample(sent, 1).at));
  });

  it('are applied though one of them cannot be', async () => {
    const { store, control } = watchedStore();
    const commits = new GroupCommit(store);
    const applied: string[] = [];
    const outcomes = await Promise.allSettled([
      commits.commit(deciding(1, () => expect.fail('as wanted'))),
      commits.commit(deciding(2, () => void applied.push('two'))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(applied).toEqual(['two']);
    expect(control.batches).toHaveLength(1);
  });

  it('are refused for each if the store takes nothing', async () => {
    const { store, control } = watchedStore();
    const commits = new GroupCommit(store);
    control.failure = new Error('as wanted');
    const apply = () => expect.fail('applied');
    const both = [1, 2].map((sent) => expect(commits.commit(deciding(sent, apply))).rejects.toThrow('as wanted'));
    await Promise.all(both);
  });
});
