import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { deviceId, organisationId, person, putPerson, sample, started, webhook } from './contract-fixtures.ts';
import type { Batch, Store } from './port.ts';
import { historyContract } from './test-history-contract.ts';

/** How a suite gets a store of its own, and gets rid of it. */
export interface OpenedStore {
  readonly store: Store;
  readonly cleanUp: () => Promise<void>;
}

/** What every adapter of the storage port does, as tests. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} keeps the contract of the store`, () => {
    let store: Store;
    let cleanUp: () => Promise<void>;

    beforeEach(async () => {
      ({ store, cleanUp } = await open());
    });
    afterEach(() => cleanUp());

    describe('rows', () => {
      it('gives back what was put, with its bytes, its JSON, and its absent columns absent', async () => {
        const row = webhook();
        const device = { ...deviceRow(), labels: { fleet: 'trucks', ü: '"\u0000' } };
        await store.commit({
          changes: [
            { put: 'webhooks', row },
            { put: 'devices', row: device },
          ],
        });
        const found = await store.get('webhooks', { webhookId: row.webhookId });
        expect(found).toEqual({ ...row, sealedSecret: expect.any(Uint8Array) });
        expect([...(found?.sealedSecret ?? [])]).toEqual([...row.sealedSecret]);
        expect(Object.keys(found ?? {})).not.toContain('lastError');
        expect(await store.get('devices', { deviceId: device.deviceId })).toEqual(device);
        expect(await store.get('devices', { deviceId: newId.device() })).toBeUndefined();
      });

      it('replaces the whole row by put', async () => {
        const row = webhook({ lastError: 'refused' });
        await store.commit({ changes: [{ put: 'webhooks', row }] });
        const { lastError: _, ...rest } = row;
        await store.commit({ changes: [{ put: 'webhooks', row: { ...rest, url: 'https://example.org/2' } }] });
        const found = await store.get('webhooks', { webhookId: row.webhookId });
        expect(found?.url).toBe('https://example.org/2');
        expect(found).not.toHaveProperty('lastError');
      });

      it('patches the named columns only, removes an optional one by undefined, and makes no row', async () => {
        const row = webhook({ lastError: 'refused', lastDeliveredAt: 5 });
        const { webhookId } = row;
        await store.commit({ changes: [{ put: 'webhooks', row }] });
        await store.commit({
          changes: [
            { patch: 'webhooks', key: { webhookId }, set: { lastError: undefined, createdAt: 7 } },
            { patch: 'webhooks', key: { webhookId }, set: {} },
            { patch: 'webhooks', key: { webhookId: newId.webhook() }, set: { createdAt: 8 } },
          ],
        });
        const [found, ...others] = await store.list('webhooks');
        expect(found).toMatchObject({ url: row.url, lastDeliveredAt: 5, createdAt: 7 });
        expect(found).not.toHaveProperty('lastError');
        expect(others).toEqual([]);
      });

      it('compares before it sets, and refuses the whole batch of an owner that was outrun', async () => {
        const row = webhook({ lastError: 'refused' });
        const { webhookId } = row;
        await store.commit({ changes: [{ put: 'webhooks', row }] });
        const swap = (from: number, to: number): Batch => ({
          changes: [
            putPerson(person(`from ${from} to ${to}`)),
            { patch: 'webhooks', key: { webhookId }, set: { createdAt: to }, when: { createdAt: from } },
          ],
          journal: [started(`${to}`)],
        });
        const outcomes = await Promise.allSettled([
          store.commit(swap(1, 2)),
          store.commit(swap(1, 3)),
          store.commit(swap(2, 4)),
        ]);
        const refused = { status: 'rejected', reason: { name: 'StoreError', kind: 'conflict' } };
        expect(outcomes).toMatchObject([{ status: 'fulfilled' }, refused, { status: 'fulfilled' }]);
        expect(await store.get('webhooks', { webhookId })).toMatchObject({ createdAt: 4, lastError: 'refused' });
        expect((await store.list('people')).map(({ name }) => name).sort()).toEqual(['from 1 to 2', 'from 2 to 4']);
        expect(await store.journal({})).toHaveLength(2);
      });

      it('compares every column that is named, and never finds a row that is not there', async () => {
        const row = webhook({ lastError: 'refused' });
        const { webhookId, url } = row;
        await store.commit({ changes: [{ put: 'webhooks', row }] });
        const guarded = (when: Partial<typeof row>, of = webhookId) =>
          store.commit({ changes: [{ patch: 'webhooks', key: { webhookId: of }, set: { createdAt: 9 }, when }] });
        const conflict = { kind: 'conflict' };
        await expect(guarded({ url, lastError: 'another' })).rejects.toMatchObject(conflict);
        await expect(guarded({ url, lastDeliveredAt: 3 })).rejects.toMatchObject(conflict);
        await expect(guarded({}, newId.webhook())).rejects.toMatchObject(conflict);
        expect((await store.get('webhooks', { webhookId }))?.createdAt).toBe(1);
        await guarded({ url, lastError: 'refused' });
        expect((await store.get('webhooks', { webhookId }))?.createdAt).toBe(9);
        await guarded({});
        // The same columns without a comparison: no row, no complaint.
        const plain = { patch: 'webhooks', key: { webhookId: newId.webhook() }, set: { createdAt: 9 } } as const;
        await store.commit({ changes: [plain] });
      });

      it('deletes by key, and a missing row without complaint', async () => {
        const [a, b] = [person('a'), person('b')];
        await store.commit({ changes: [putPerson(a), putPerson(b)] });
        const gone = { delete: 'people', key: { personId: a.personId } } as const;
        await store.commit({ changes: [gone, gone] });
        expect(await store.list('people')).toEqual([b]);
      });

      it('applies the changes of a batch in their order', async () => {
        const row = person('a');
        await store.commit({
          changes: [
            putPerson(row),
            { delete: 'people', key: { personId: row.personId } },
            putPerson({ ...row, name: 'b' }),
            { patch: 'people', key: { personId: row.personId }, set: { createdAt: 9 } },
          ],
        });
        expect(await store.list('people')).toEqual([{ ...row, name: 'b', createdAt: 9 }]);
      });

      it('is not changed by what the caller does afterwards', async () => {
        const row = webhook();
        const commit = store.commit({ changes: [{ put: 'webhooks', row }] });
        row.sealedSecret.fill(9);
        await commit;
        const found = await store.get('webhooks', { webhookId: row.webhookId });
        expect([...(found?.sealedSecret ?? [])]).toEqual([0, 1, 254, 255]);
      });
    });

    describe('batches', () => {
      it('refuses a batch whose unique list is taken, all of it and it alone', async () => {
        const outcomes = await Promise.allSettled([
          store.commit({ changes: [putPerson(person('a'))], journal: [started('1')] }),
          store.commit({
            changes: [putPerson(person('b')), putPerson(person('a'))],
            journal: [started('2'), started('3')],
            samples: [sample(1, 1)],
          }),
          store.commit({ changes: [putPerson(person('c'))], journal: [started('4')] }),
        ]);
        expect(outcomes[0]).toMatchObject({ status: 'fulfilled', value: { seqs: [1] } });
        expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', kind: 'conflict' } });
        expect(outcomes[2]).toMatchObject({ status: 'fulfilled', value: { seqs: [2] } });
        expect((await store.list('people')).map(({ name }) => name).sort()).toEqual(['a', 'c']);
        expect((await store.journal({})).map(({ payload }) => payload)).toEqual([{ version: '1' }, { version: '4' }]);
        expect((await store.scan({ deviceId, path: '/3/0/9' }, {})).at).toEqual([]);
      });

      it('refuses a patch into a taken unique list, and lets a row keep its own', async () => {
        const [a, b] = [person('a'), person('b')];
        await store.commit({ changes: [putPerson(a), putPerson(b)] });
        const toName = (name: string): Batch => ({
          changes: [{ patch: 'people', key: { personId: b.personId }, set: { name } }],
        });
        await expect(store.commit(toName('a'))).rejects.toMatchObject({ kind: 'conflict' });
        await store.commit(toName('b'));
        await store.commit({ changes: [putPerson({ ...b, createdAt: 3 })] });
        expect(await store.get('people', { personId: b.personId })).toEqual({ ...b, createdAt: 3 });
      });

      it('lets many rows lack a column of a unique list', async () => {
        const rows = [commandRow({}), commandRow({}), commandRow({ idempotencyKey: 'k' })];
        await store.commit({ changes: rows.map((row) => ({ put: 'commands', row })) });
        const again = store.commit({ changes: [{ put: 'commands', row: commandRow({ idempotencyKey: 'k' }) }] });
        await expect(again).rejects.toMatchObject({ kind: 'conflict' });
        expect(await store.count('commands')).toBe(3);
      });

      it('refuses a value that does not fit its column, and nothing else', async () => {
        const row = person('a');
        for (const createdAt of [1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
          const refused = store.commit({ changes: [putPerson(person('b')), putPerson({ ...row, createdAt })] });
          await expect(refused).rejects.toMatchObject({ kind: 'invalid' });
        }
        await store.commit({ changes: [putPerson(row)] });
        expect(await store.list('people')).toEqual([row]);
        expect(store.health()).toEqual({ state: 'ok' });
      });

      it('tells how far the journal is, and counts what reached the disk', async () => {
        await store.commit({ journal: [started('1'), started('2')] });
        await store.commit({ journal: [started('3')] });
        const { newestSeq, waiting, commits } = store.figures();
        expect([newestSeq, waiting, commits.counts.reduce((a, b) => a + b)]).toEqual([3, 0, 2]);
        expect(commits.counts.length).toBe(commits.bounds.length + 1);
        expect(commits.sum).toBeGreaterThanOrEqual(0);
      });

      it('commits nothing without complaint', async () => {
        expect(await store.commit({})).toEqual({ seqs: [] });
        expect(await store.commit({ changes: [], journal: [], samples: [] })).toEqual({ seqs: [] });
      });

      it('answers in the order in which commit was called, and reads see what was called before', async () => {
        const row = person('a');
        const answered: number[] = [];
        const commits = Array.from({ length: 50 }, (_, createdAt) =>
          store.commit({ changes: [putPerson({ ...row, createdAt })] }).then(() => answered.push(createdAt)),
        );
        const read = await store.get('people', { personId: row.personId });
        expect(read?.createdAt).toBe(49);
        await Promise.all(commits);
        expect(answered).toEqual(Array.from({ length: 50 }, (_, index) => index));
      });
    });

    describe('list and count', () => {
      it('pages in the order of the key, up and down, without gap or repetition', async () => {
        const rows = Array.from({ length: 23 }, (_, index) => person(`n${index}`));
        await store.commit({ changes: rows.map(putPerson) });
        const sorted = rows.map(({ personId }) => personId).sort();
        for (const descending of [false, true]) {
          const seen: string[] = [];
          for (let after = {}; ; ) {
            const paged = seen.length > 0 ? { after } : {};
            const page = await store.list('people', { descending, limit: 5, ...paged });
            seen.push(...page.map(({ personId }) => personId));
            const last = page.at(-1);
            if (!last) break;
            after = { personId: last.personId };
          }
          expect(seen).toEqual(descending ? sorted.toReversed() : sorted);
        }
      });

      it('orders by a column and then the key', async () => {
        const rows = [3, 1, 2, 1, 3, 2, 1].map((createdAt, index) => person(`n${index}`, createdAt));
        await store.commit({ changes: rows.map(putPerson) });
        const sorted = rows.toSorted((a, b) => a.createdAt - b.createdAt || (a.personId < b.personId ? -1 : 1));
        expect(await store.list('people', { orderBy: 'createdAt' })).toEqual(sorted);
        const after = sorted[3];
        expect(await store.list('people', { orderBy: 'createdAt', ...(after ? { after } : {}) })).toEqual(
          sorted.slice(4),
        );
        expect(await store.list('people', { orderBy: 'createdAt', descending: true, limit: 2 })).toEqual(
          sorted.toReversed().slice(0, 2),
        );
      });

      it('orders text by its bytes', async () => {
        const names = ['a', 'B', 'é', '\uffee', '😀', ''];
        await store.commit({ changes: names.map((name) => putPerson(person(name))) });
        const found = await store.list('people', { orderBy: 'name' });
        expect(found.map(({ name }) => name)).toEqual(['', 'B', 'a', 'é', '\uffee', '😀']);
      });

      it('selects and counts by equality, also of several columns and of an optional one', async () => {
        const rows = [commandRow({ state: 'queued' }), commandRow({ state: 'sent' }), commandRow({ code: '2.05' })];
        await store.commit({ changes: rows.map((row) => ({ put: 'commands', row })) });
        expect(await store.list('commands', { where: { state: 'sent' } })).toEqual([rows[1]]);
        expect(await store.list('commands', { where: { deviceId, state: 'sent' } })).toEqual([rows[1]]);
        expect(await store.list('commands', { where: { deviceId: newId.device() } })).toEqual([]);
        const oneOf = { state: ['failed', 'sent'], deviceId: [newId.device(), deviceId] } as const;
        expect(await store.list('commands', { where: { attempts: 0 }, whereIn: oneOf })).toEqual([rows[1]]);
        expect(await store.list('commands', { whereIn: { deviceId: [] } })).toEqual([]);
        expect(await store.count('commands', { state: 'queued' })).toBe(2);
        expect(await store.count('commands', { code: '2.05' })).toBe(1);
        expect(await store.count('commands')).toBe(3);
      });

      it('refuses an order in which a row may have no place', async () => {
        await expect(store.list('commands', { orderBy: 'finishedAt' })).rejects.toMatchObject({ kind: 'invalid' });
      });
    });

    historyContract(() => store);

    it('finishes what waits when it is closed, then refuses everything', async () => {
      const commit = store.commit({ journal: [started('1')] });
      const closing = store.close();
      expect(await commit).toEqual({ seqs: [1] });
      await closing;
      await store.close();
      const refused = { name: 'StoreError', kind: 'closed' };
      await expect(store.commit({})).rejects.toMatchObject(refused);
      await expect(store.list('people')).rejects.toMatchObject(refused);
      await expect(store.journal({})).rejects.toMatchObject(refused);
    });

    it('does what a plain map would do, whatever the batches', async () => {
      const ids = ['a', 'b', 'c', 'd'].map((name) => ({ ...person(name), personId: newId.person() }));
      const place = fc.nat({ max: ids.length - 1 });
      const change = fc.oneof(
        fc.record({ kind: fc.constant('put' as const), place, name: fc.constantFrom('x', 'y', 'z'), at: fc.nat() }),
        fc.record({ kind: fc.constant('patch' as const), place, name: fc.constantFrom('x', 'y', 'z'), at: fc.nat() }),
        fc.record({ kind: fc.constant('delete' as const), place }),
      );
      const batches = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 12 });
      let model = new Map<string, ReturnType<typeof person>>();
      await fc.assert(
        fc.asyncProperty(batches, async (plan) => {
          const outcomes: boolean[] = [];
          const commits = plan.map((steps) => {
            const next = new Map(model);
            let taken = false;
            const changes = steps.map((step): NonNullable<Batch['changes']>[number] => {
              const base = ids[step.place] ?? person('none');
              const { personId } = base;
              if (step.kind === 'delete') {
                next.delete(personId);
                return { delete: 'people', key: { personId } };
              }
              const row = { ...base, name: step.name, createdAt: step.at };
              if (step.kind === 'put' || next.has(personId)) {
                taken ||= [...next.values()].some((o) => o.personId !== personId && o.name === step.name);
                next.set(personId, row);
              }
              if (step.kind === 'put') return { put: 'people', row };
              return { patch: 'people', key: { personId }, set: { name: step.name, createdAt: step.at } };
            });
            outcomes.push(!taken);
            if (!taken) model = next;
            return store.commit({ changes, journal: [started('x')] });
          });
          const settled = await Promise.allSettled(commits);
          expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(outcomes);
          const expected = [...model.values()].sort((a, b) => (a.personId < b.personId ? -1 : 1));
          expect(await store.list('people')).toEqual(expected);
          const seqs = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value.seqs : []));
          const newest = await store.journal({ newestFirst: true, limit: seqs.length });
          expect(newest.map((entry) => entry.seq).reverse()).toEqual(seqs);
          expect(seqs.every((each, index) => index === 0 || each === (seqs[index - 1] ?? 0) + 1)).toBe(true);
        }),
        { numRuns: 100 },
      );
    });
  });
}

function deviceRow() {
  return { organisationId, deviceId, endpoint: 'urn:1', labels: {}, noSec: 0, createdAt: 1 };
}

function commandRow(more: { state?: 'queued' | 'sent'; idempotencyKey?: string; code?: string }) {
  return {
    organisationId,
    deviceId,
    commandId: newId.command(),
    position: 1,
    operation: { kind: 'read', path: '/3/0/9' } as const,
    state: 'queued' as const,
    actor: { kind: 'person', name: 'Ada' } as const,
    repeatable: 0,
    attempts: 0,
    receipts: [],
    createdAt: 1,
    expiresAt: 2,
    ...more,
  };
}
