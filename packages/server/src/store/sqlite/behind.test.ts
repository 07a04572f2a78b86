import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { newId } from '../../ids.ts';
import { deviceId, organisationId, person, putPerson, sample } from '../contract-fixtures.ts';
import { storeLimits } from '../limits.ts';
import { openMemoryStore } from '../memory/store.ts';
import type { Batch, Change } from '../port.ts';
import type { Row } from '../tables.ts';
import { listSql } from './queries.ts';
import { Bench } from './test-bench.ts';

const devices = ['a', 'b'].map(() => newId.device());
const [one = newId.device()] = devices;
const contact = (deviceId: typeof one, lastContactAt: number): Row<'contacts'> => ({
  organisationId,
  deviceId,
  lastContactAt,
  address: 'x',
});

const observation = (deviceId: typeof one, path: string, since: number): Row<'observations'> => ({
  ...{ organisationId, deviceId, path, since },
  registrationId: newId.registration(),
  token: 'ab',
});
const formOf = (paths: readonly string[]) => ({ paths, types: paths.map(() => 'string') });
const plain = { organisationId, clock: 'none', truncated: 0 } as const;

describe('writing behind', () => {
  it('writes much in many transactions where it has to be written at once', () => {
    const bench = new Bench();
    const changes = Array.from(
      { length: 20_000 },
      (_, n): Change => ({ put: 'contacts', row: contact(newId.device(), n) }),
    );
    bench.commit([{ changes }]);
    const before = bench.commits;
    expect(bench.query({ sql: 'SELECT count(*) FROM "contacts"', cells: [] })).toEqual([[20_000]]);
    expect(bench.commits - before).toBe(3);
    expect(bench.query({ sql: 'SELECT count(*) FROM "redo"', cells: [] })).toEqual([[0]]);
  });

  it('does what writing at once would do, whatever the changes, restarts and failures', async () => {
    const place = fc.constantFrom(...devices);
    const at = fc.nat({ max: 20 });
    const path = fc.constantFrom('/3/0/9', '/3/0/10');
    const change = fc
      .record({ kind: fc.nat({ max: 7 }), deviceId: place, at, path })
      .map(({ kind, deviceId, at, path }): Change => {
        if (kind === 0) return { put: 'contacts', row: contact(deviceId, at) };
        if (kind === 1) return { patch: 'contacts', key: { deviceId }, set: { lastContactAt: at } };
        if (kind === 2) return { patch: 'contacts', key: { deviceId }, set: { received: at, address: `${at}` } };
        if (kind === 3) return { delete: 'contacts', key: { deviceId } };
        if (kind === 4) return { delete: 'values', key: { deviceId, path } };
        if (kind === 5) return { put: 'observations', row: observation(deviceId, path, at) };
        if (kind === 6) return { delete: 'observations', key: { deviceId, path } };
        return { patch: 'values', key: { deviceId, path }, set: { receivedAt: at, observedAt: undefined } };
      });
    const samples = fc.array(
      fc.record({
        deviceId: place,
        path,
        at,
        value: fc.constantFrom(true, 'text', 1.5, null),
        current: fc.constantFrom('plain' as const, 'timed' as const, undefined),
      }),
      { maxLength: 4 },
    );
    const form = fc.constantFrom(...[['/3/0/9'], ['/3/0/9', '/3/0/10'], ['/3/0/10', '/3/0/9']].map(formOf));
    const reading = fc
      .record({ deviceId: place, receivedAt: at, form, value: fc.constantFrom(2, 'other') })
      .map(({ value, ...of }) => ({ ...of, organisationId, values: of.form.paths.map(() => value) }));
    const readings = fc.array(reading, { maxLength: 2 });
    const batch = fc.record({ changes: fc.array(change, { maxLength: 3 }), samples, readings });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(batch, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'fail' as const, 'settle' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const bench = new Bench();
        const model = openMemoryStore();
        for (const each of steps) {
          if (each === 'restart') bench.restart();
          else if (each === 'settle') bench.list('contacts');
          else if (each === 'fail') {
            bench.fails = true;
            expect(bench.commit([{ changes: [{ put: 'contacts', row: contact(one, 99) }] }]).failure).toBeDefined();
            bench.fails = false;
          } else {
            const batches = each.map(({ samples, ...more }) => ({
              ...more,
              samples: samples.map(({ value, current, at, ...of }) =>
                sample(at, value, {
                  ...of,
                  ...(current === 'timed' && { current: { ...plain, observedAt: at, clock: 'good' } }),
                  ...(current === 'plain' && { receivedAt: at, current: plain }),
                }),
              ),
            }));
            expect(bench.commit(batches).failure).toBeUndefined();
            for (const one of batches) await model.commit(one);
          }
        }
        for (const deviceId of devices) {
          const { at, receivedAt, value } = await model.scan({ deviceId, path: '/3/0/9' }, {});
          const found = at.map((when, index) => [when, receivedAt[index], value[index]]);
          expect(await bench.scan(deviceId)).toEqual(found);
          const range = { from: 3, to: 15, limit: 2 };
          const fewer = await model.scan({ deviceId, path: '/3/0/9' }, range);
          expect((await bench.scan(deviceId, range)).map(([when]) => when)).toEqual(fewer.at);
        }
        expect(bench.list('contacts')).toEqual(await model.list('contacts'));
        expect(bench.list('values')).toEqual(await model.list('values'));
        expect(bench.list('observations')).toEqual(await model.list('observations'));
        for (const deviceId of devices) {
          const { at } = await model.scan({ deviceId, path: '/3/0/9' }, {});
          expect((await bench.scan(deviceId)).map(([when]) => when)).toEqual(at);
        }
      }),
    );
  });

  it('keeps what is told together in one series, and gives each path of it alone', async () => {
    const paths = ['/3/0/7', '/3/0/8', '/3/0/9'];
    const told = fc.record({
      count: fc.integer({ min: 1, max: 3 }),
      late: fc.nat({ max: 9 }),
      settle: fc.nat({ max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 20, maxLength: 60 }), async (reports) => {
        const bench = new Bench();
        const model = openMemoryStore();
        for (const [index, { count, late, settle }] of reports.entries()) {
          const receivedAt = 1_000 + index;
          // One of ten comes late: it is history alone.
          const more = late === 0 ? { at: index } : { at: receivedAt, current: plain };
          const samples = paths
            .slice(0, count)
            .map((path, place) => ({ ...sample(0, index * 10 + place, { path, receivedAt }), ...more }));
          bench.commit([{ samples }]);
          await model.commit({ samples });
          if (settle === 0) bench.list('contacts');
          if (settle === 1) bench.restart();
        }
        for (const settled of [false, true]) {
          if (settled) expect(bench.list('values')).toEqual(await model.list('values'));
          for (const path of paths) {
            for (const range of [{}, { from: 1_003, to: 1_015 }, { limit: 3 }]) {
              const { at, receivedAt, value } = await model.scan({ deviceId, path }, range);
              const found = at.map((when, index) => [when, receivedAt[index], value[index]]);
              expect(await bench.scan(deviceId, range, path)).toEqual(found);
            }
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes no series of what is seldom told together', async () => {
    const bench = new Bench();
    const series = () => bench.query({ sql: 'SELECT "path" FROM "series" ORDER BY "path"', cells: [] });
    const tell = (count: number, from: number) => {
      for (let at = from; at < from + count; at++) {
        const told = ['/3/0/7', '/3/0/9'].map((path) => sample(at, at, { path, receivedAt: at, current: plain }));
        bench.commit([{ samples: told }]);
      }
    };
    tell(3, 1);
    expect(series()).toEqual([['/3/0/7'], ['/3/0/9']]);
    tell(20, 10);
    expect(series()).toEqual([['/3/0/7'], ['/3/0/7 /3/0/9'], ['/3/0/9']]);
    expect((await bench.scan(deviceId)).map(([at]) => at)).toEqual([
      1,
      2,
      3,
      ...Array.from({ length: 20 }, (_, n) => 10 + n),
    ]);
  });

  it('makes no more than so many series of what a device tells together, in whatever combinations', async () => {
    const bench = new Bench();
    const model = openMemoryStore();
    for (let pair = 0; pair < 100; pair++) {
      for (let time = 0; time < 8; time++) {
        const at = 1_000 + 8 * pair + time;
        const told = ['/3/0/9', `/3303/${pair}/5700`].map((path) =>
          sample(at, at, { path, receivedAt: at, current: plain }),
        );
        bench.commit([{ samples: told }]);
        await model.commit({ samples: told });
      }
      if (pair % 30 === 0) bench.list('contacts');
    }
    bench.list('contacts');
    const [[joined] = []] = bench.query({
      sql: `SELECT count(*) FROM "series" WHERE instr("path", ' ') > 0`,
      cells: [],
    });
    expect(joined).toBe(storeLimits.joinedSeries);
    for (const path of ['/3/0/9', '/3303/1/5700', '/3303/99/5700']) {
      const { at, value } = await model.scan({ deviceId, path }, {});
      expect((await bench.scan(deviceId, {}, path)).map(([when, , what]) => [when, what])).toEqual(
        at.map((when, index) => [when, value[index]]),
      );
    }
  });

  it('makes chunks of a length that a reader can take in, also of samples that are all of one moment', async () => {
    const bench = new Bench();
    const told = Array.from({ length: 2_000 }, (_, n) => {
      const text = `${n}`.padEnd(1_000, 'x');
      return sample(n < 1_000 ? n : 1_000, text, { receivedAt: n });
    });
    for (let from = 0; from < told.length; from += 500) bench.commit([{ samples: told.slice(from, from + 500) }]);
    const values = told.map(({ stored }) => stored.value);
    const scanned = async () => (await bench.scan(deviceId)).map(([, , value]) => value);
    expect(await scanned()).toEqual(values);
    bench.list('contacts');
    expect(await scanned()).toEqual(values);
    expect((await bench.scan(deviceId, { limit: 3 })).map(([, , value]) => value)).toEqual(values.slice(-3));
    const lengths = bench
      .query({ sql: 'SELECT length("samples") FROM "chunks"', cells: [] })
      .map(([cell]) => Number(cell));
    expect(lengths.length).toBeGreaterThan(15);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(128 * 1024);
    // What comes later takes the place of what was told of the same moment.
    bench.commit([{ samples: [sample(1_000, 'new', { receivedAt: 1_999 })] }]);
    bench.list('contacts');
    expect((await bench.scan(deviceId, { limit: 2 })).map(([, , value]) => value)).toEqual([values[1_998], 'new']);
  });

  it('reads no more of a history than its newest samples need, though all are of one moment', async () => {
    const bench = new Bench();
    for (let receivedAt = 1; receivedAt <= 450; receivedAt++) {
      bench.commit([{ samples: [sample(1_000, receivedAt, { receivedAt })] }]);
      bench.list('contacts');
    }
    const queries = vi.spyOn(bench, 'query');
    const newest = await bench.scan(deviceId, { limit: 3 });
    expect(newest.map(([, , value]) => value)).toEqual([448, 449, 450]);
    // The series, and one page of its chunks.
    expect(queries).toHaveBeenCalledTimes(2);
    expect((await bench.scan(deviceId)).map(([, , value]) => value)).toEqual(
      Array.from({ length: 450 }, (_, n) => n + 1),
    );
  });

  it('is durable with the commit: what is in no table yet is there after a restart', () => {
    const bench = new Bench();
    bench.commit([{ changes: [{ put: 'contacts', row: contact(one, 7) }] }]);
    expect(bench.query(listSql('contacts', {}), false)).toEqual([]);
    bench.restart();
    expect(bench.list('contacts')).toEqual([contact(one, 7)]);
  });

  it('gives the history of a device without writing that of all', async () => {
    const bench = new Bench();
    bench.commit([{ samples: [sample(1, 2.5), sample(1, 3, { path: '/4/0/2' })] }]);
    expect(await bench.scan(deviceId)).toEqual([[1, expect.any(Number), 2.5]]);
    expect(bench.query({ sql: 'SELECT count(*) FROM "chunks"', cells: [] }, false)).toEqual([[0]]);
  });

  it('leaves nothing of a batch that is refused', () => {
    const bench = new Bench();
    const ada = person('Ada');
    const row = contact(one, 1);
    expect(bench.commit([{ changes: [putPerson(ada), { put: 'contacts', row }] }]).refused).toEqual([]);
    const set = (lastContactAt: number): Change => ({
      patch: 'contacts',
      key: { deviceId: one },
      set: { lastContactAt },
    });
    const taken = putPerson({ ...ada, personId: newId.person() });
    const { refused } = bench.commit([{ changes: [set(2)] }, { changes: [set(3), taken] }]);
    expect(refused.map(({ batch, kind }) => [batch, kind])).toEqual([[1, 'conflict']]);
    expect(bench.list('contacts')).toEqual([contact(one, 2)]);
  });

  it('writes to the tables when enough has gathered, and empties the log', () => {
    const bench = new Bench();
    const many = Array.from({ length: 70_000 }, (_, index) => contact(newId.device(), index));
    bench.commit(many.map((row) => ({ changes: [{ put: 'contacts', row }] })));
    expect(bench.query({ sql: 'SELECT count(*) FROM "redo"', cells: [] }, false)).toEqual([[1]]);
    const batches = Array.from(
      { length: 40_000 },
      (): Batch => ({
        changes: [{ patch: 'contacts', key: { deviceId: one }, set: { lastContactAt: 1 } }],
      }),
    );
    bench.commit(batches);
    expect(bench.query({ sql: 'SELECT count(*) FROM "contacts"', cells: [] }, false)).toEqual([[70_000]]);
    expect(bench.query({ sql: 'SELECT "id" FROM "redo"', cells: [] }, false)).toEqual([[2]]);
  });

  it('writes to the tables when what has gathered is large, however few it is', () => {
    const bench = new Bench();
    const image = 'x'.repeat(8 * 1024 * 1024);
    for (let at = 1; at <= 9; at++) bench.commit([{ samples: [sample(at, image)] }]);
    expect(bench.query({ sql: 'SELECT "id" FROM "redo"', cells: [] }, false)).toEqual([[9]]);
  });
});
