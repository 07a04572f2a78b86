import { describe, expect, it } from 'vitest';
import { commitAll } from './decision.ts';
import type { Seq } from './ids.ts';
import { added, deviceId, person, putPerson, sample } from './store/contract-fixtures.ts';
import { watchedStore } from './store/test-watched.ts';

describe('decisions', () => {
  it('are committed as one batch, then applied in order with its outcome', async () => {
    const { store, control } = watchedStore();
    const applied: (string | Seq)[] = [];
    const one = {
      batch: { changes: [putPerson(person('Ada'))], journal: [added(deviceId)] },
      apply: ({ seqs }: { seqs: readonly Seq[] }) => void applied.push('one', ...seqs),
    };
    const two = { batch: { samples: [sample(1, 2)] }, apply: () => void applied.push('two') };
    await commitAll(store, [one, undefined, two]);
    expect(control.batches).toEqual([
      { changes: one.batch.changes, journal: one.batch.journal, samples: two.batch.samples },
    ]);
    expect(applied).toEqual(['one', 1, 'two']);
  });

  it('that cannot be committed are not applied', async () => {
    const { store, control } = watchedStore();
    control.failure = new Error('as wanted');
    const apply = () => expect.fail('applied');
    await expect(commitAll(store, [{ batch: {}, apply }])).rejects.toThrow('as wanted');
  });
});
