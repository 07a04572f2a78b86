import { describe, expect, it } from 'vitest';
import { newId, type Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { added, deviceId, organisationId, sample, started } from './contract-fixtures.ts';
import { storeLimits } from './limits.ts';
import type { Store } from './port.ts';

const seq = (value: number): Seq => value as Seq;

/** What holds of journal and history in every store. */
export function historyContract(store: () => Store): void {
  describe('journal', () => {
    it('numbers entries 1, 2, 3 over all batches and keeps all that an entry says', async () => {
      const drafts = [started('1', 10), { ...added(deviceId, 11), cause: seq(1) }, started('3', 12)];
      const answers = await Promise.all([
        store().commit({ journal: drafts.slice(0, 2) }),
        store().commit({}),
        store().commit({ journal: drafts.slice(2) }),
      ]);
      expect(answers.map(({ seqs }) => seqs)).toEqual([[1, 2], [], [3]]);
      const entries = await store().journal({});
      expect(entries).toEqual(drafts.map((draft, index) => ({ ...draft, seq: index + 1, version: 1 })));
    });

    it('selects by seq, device and type, oldest or newest first', async () => {
      const other = newId.device();
      const drafts = [started('1'), added(deviceId), added(other), started('4'), added(deviceId)];
      await store().commit({ journal: drafts });
      const seqs = async (query: Parameters<Store['journal']>[0]) => (await store().journal(query)).map((e) => e.seq);
      expect(await seqs({ after: seq(2) })).toEqual([3, 4, 5]);
      expect(await seqs({ after: seq(1), before: seq(4) })).toEqual([2, 3]);
      expect(await seqs({ deviceId })).toEqual([2, 5]);
      expect(await seqs({ types: ['server.started'] })).toEqual([1, 4]);
      expect(await seqs({ types: [] })).toEqual([]);
      expect(await seqs({ types: ['device.added', 'server.started'], limit: 2 })).toEqual([1, 2]);
      expect(await seqs({ newestFirst: true, limit: 2 })).toEqual([5, 4]);
      expect(await seqs({ newestFirst: true, before: seq(5), deviceId })).toEqual([2]);
    });

    it('tells subscribers every entry once, in order, and nobody who left', async () => {
      const told: JournalEntry[] = [];
      const left: JournalEntry[] = [];
      const stop = store().subscribe((entries) => left.push(...entries));
      store().subscribe((entries) => told.push(...entries));
      const commits = Array.from({ length: 20 }, (_, index) =>
        store().commit(index % 3 === 0 ? {} : { journal: [started(`${index}`), added(deviceId)] }),
      );
      await Promise.all(commits);
      stop();
      await store().commit({ journal: [started('last')] });
      expect(told).toEqual(await store().journal({}));
      expect(left).toEqual(told.slice(0, -1));
    });
  });

  describe('history', () => {
    it('gives no more text than one answer may hold, however many samples are wanted', async () => {
      const text = (at: number) => `${at}`.padEnd(storeLimits.scanCharacters / 4, 'x');
      for (let at = 1; at <= 6; at++) await store().commit({ samples: [sample(at, text(at))] });
      expect((await store().scan({ deviceId, path: '/3/0/9' }, {})).at).toEqual([3, 4, 5, 6]);
      expect((await store().scan({ deviceId, path: '/3/0/9' }, { to: 5 })).at).toEqual([2, 3, 4, 5]);
      expect((await store().scan({ deviceId, path: '/3/0/9' }, { limit: 1 })).value).toEqual([text(6)]);
    });

    it('gives a series back as columns, oldest first, within the range, the newest if there are too many', async () => {
      const values = [1, 2.5, 'three', true, false, null, -0.125, ''];
      const samples = values.map((value, index) => sample(100 + index, value));
      await store().commit({ samples: samples.toReversed() });
      await store().commit({ samples: [sample(100, 'else', { path: '/3/0/10' })] });
      const series = { deviceId, path: '/3/0/9' };
      expect(await store().scan(series, {})).toEqual({
        at: samples.map(({ at }) => at),
        receivedAt: samples.map(({ receivedAt }) => receivedAt),
        value: values,
      });
      expect((await store().scan(series, { from: 102, to: 104 })).value).toEqual(['three', true, false]);
      expect((await store().scan(series, { limit: 3 })).value).toEqual([null, -0.125, '']);
      expect((await store().scan({ ...series, deviceId: newId.device() }, {})).at).toEqual([]);
    });

    it('takes what was told together as samples and newest values of its paths', async () => {
      const paths = ['/3/0/9', '/3/0/0'];
      const form = { paths, types: ['integer', 'string'] };
      const reading = { organisationId, deviceId, receivedAt: 7, form, values: [80, 'ACME'] };
      await store().commit({ readings: [reading, { ...reading, receivedAt: 8, values: [81, 'ACME'] }] });
      expect(await store().scan({ deviceId, path: '/3/0/9' }, {})).toEqual({
        at: [7, 8],
        receivedAt: [7, 8],
        value: [80, 81],
      });
      const told = { organisationId, deviceId, receivedAt: 8, clock: 'none', truncated: 0 };
      expect(await store().list('values')).toEqual([
        { ...told, path: '/3/0/0', stored: { type: 'string', value: 'ACME' } },
        { ...told, path: '/3/0/9', stored: { type: 'integer', value: 81 } },
      ]);
      for (const odd of [{ values: [Number.NaN, ''] }, { receivedAt: 0.5 }]) {
        await expect(store().commit({ readings: [{ ...reading, ...odd }] })).rejects.toMatchObject({ kind: 'invalid' });
      }
    });

    it('keeps one sample per observed and received time', async () => {
      await store().commit({ samples: [sample(1, 1), sample(1, 2), sample(1, 3, { receivedAt: 9 })] });
      expect((await store().scan({ deviceId, path: '/3/0/9' }, {})).value).toEqual([2, 3]);
    });
  });

  describe('prune', () => {
    it('drops what is older than its retention and never gives a seq twice', async () => {
      await store().commit({ journal: [started('1', 10), started('2', 20), started('3', 15)] });
      const samples = Array.from({ length: 2_500 }, (_, at) => sample(at, at));
      await store().commit({ samples: [...samples, sample(5, 5, { path: '/4/0/2' })] });
      expect(await store().prune({})).toEqual({ journal: 0, samples: 0 });
      // Entry 3 is old too, but stands behind one that stays: the journal has no holes.
      expect(await store().prune({ journal: 20, samples: 2_400 })).toEqual({ journal: 1, samples: 2_401 });
      expect((await store().journal({})).map((entry) => entry.seq)).toEqual([2, 3]);
      expect((await store().scan({ deviceId, path: '/3/0/9' }, {})).at[0]).toBe(2_400);
      expect((await store().scan({ deviceId, path: '/4/0/2' }, {})).at).toEqual([]);
      expect(await store().prune({ journal: 100 })).toEqual({ journal: 2, samples: 0 });
      expect(await store().commit({ journal: [started('4')], samples: [sample(1, 1, { path: '/4/0/2' })] })).toEqual({
        seqs: [4],
      });
      expect((await store().scan({ deviceId, path: '/4/0/2' }, {})).at).toEqual([1]);
    });
  });
}
