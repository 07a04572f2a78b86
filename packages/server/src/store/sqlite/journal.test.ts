import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId, type Seq } from '../../ids.ts';
import type { JournalDraft } from '../../journal/entries.ts';
import { added, person, putPerson, started } from '../contract-fixtures.ts';
import { openMemoryStore } from '../memory/store.ts';
import type { Batch, JournalQuery } from '../port.ts';
import { JournalLog } from './journal.ts';
import { migrate } from './migrations.ts';
import { Bench } from './test-bench.ts';

const devices = ['a', 'b', 'c'].map(() => newId.device());
const [one = newId.device(), other = newId.device()] = devices;

describe('the journal in the file', () => {
  it('is what a list would be, whatever is refused, undone, pruned, or left half done by a crash', async () => {
    const seq = fc.option(
      fc.nat({ max: 30 }).map((value) => value as Seq),
      { nil: undefined },
    );
    const query = fc
      .record({
        ...{ after: seq, before: seq, newestFirst: fc.boolean() },
        deviceId: fc.option(fc.constantFrom(...devices), { nil: undefined }),
        types: fc.option(fc.constant(['device.added' as const]), { nil: undefined }),
        limit: fc.constantFrom(undefined, 0, 1, 3),
      })
      .map((all): JournalQuery => {
        const given = Object.entries(all).filter(([, value]) => value !== undefined);
        return Object.fromEntries(given);
      });
    const draft = fc
      .record({ device: fc.option(fc.constantFrom(...devices)), at: fc.nat({ max: 20 }), long: fc.boolean() })
      .map(({ device, at, long }): JournalDraft => {
        if (device) return added(device, at);
        return started(long ? 'x\n"'.repeat(2_000) : '1', at);
      });
    const batch = fc.record({ journal: fc.array(draft, { maxLength: 6 }), refused: fc.boolean() });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.array(batch, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'fail' as const, 'settle' as const) },
      { weight: 1, arbitrary: fc.nat({ max: 15 }) },
      { weight: 2, arbitrary: query },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const bench = new Bench();
        const model = openMemoryStore();
        bench.commit([{ changes: [putPerson(person('taken'))] }]);
        for (const step of [...steps, {}, { deviceId: one }]) {
          if (Array.isArray(step)) {
            const batches = step.map(({ journal, refused }): Batch => {
              return refused ? { journal, changes: [putPerson(person('taken'))] } : { journal };
            });
            bench.commit(batches);
            for (const [index, { journal }] of batches.entries()) {
              if (!step[index]?.refused && journal) await model.commit({ journal });
            }
          } else if (typeof step === 'number') {
            expect(await bench.prune(step)).toBe((await model.prune({ journal: step })).journal);
          } else if (step === 'restart') {
            bench.restart();
          } else if (step === 'settle') {
            bench.list('contacts');
          } else if (step === 'fail') {
            bench.fails = true;
            bench.commit([{ journal: [added(one)] }]);
            bench.fails = false;
          } else {
            expect(bench.journal(step)).toEqual(await model.journal(step));
          }
        }
      }),
    );
  });

  it('has each entry of a device once, when a crash left its index half written', () => {
    const bench = new Bench();
    bench.commit([{ journal: [added(one), added(other), added(one)] }]);
    const many = Array.from({ length: 65_536 }, () => added(newId.device()));
    bench.commit([{ journal: many }]);
    // Those of the first devices are written now.
    bench.commit([{ journal: [added(one)] }]);
    const seqs = (newestFirst: boolean) =>
      bench.journal({ deviceId: one, newestFirst }).map((entry) => entry.seq as number);
    const all = [1, 3, many.length + 4];
    const check = () => {
      expect(seqs(false)).toEqual(all);
      expect(seqs(true)).toEqual(all.toReversed());
    };
    const rows = { sql: 'SELECT "seqs" FROM "deviceEntries" WHERE "deviceId" = ?', cells: [one] };
    expect(bench.query(rows, false)).toEqual([['[1,3]']]);
    check();
    bench.restart();
    check();
    expect(bench.query(rows)).toEqual([['[1,3]'], [JSON.stringify(all)]]);
    check();
    bench.restart();
    check();
  });

  it('forgets what it knew of devices with the entries that are pruned', async () => {
    const bench = new Bench();
    bench.commit([{ journal: [added(one, 1), added(other, 2), added(one, 3), added(one, 4)] }]);
    expect(await bench.prune(3)).toBe(2);
    const rows = { sql: 'SELECT "deviceId", "seqs" FROM "deviceEntries"', cells: [] };
    expect(bench.query(rows)).toEqual([[one, '[1,3,4]']]);
    expect(bench.journal({ deviceId: one }).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await bench.prune(5)).toBe(2);
    expect(bench.query(rows)).toEqual([]);
    bench.commit([{ journal: [started('1')] }]);
    expect(bench.journal({}).map(({ seq }) => seq)).toEqual([5]);
  });

  it('takes over the entries of version 1, each with its seq', () => {
    const db = new DatabaseSync(':memory:');
    db.exec(readFileSync(new URL('fixtures/version-1.sql', import.meta.url), 'utf8'));
    db.exec('DELETE FROM "journal"');
    const insert = db.prepare(`INSERT INTO "journal"
      ("seq", "at", "organisationId", "deviceId", "actor", "cause", "type", "version", "payload")
      VALUES (?, 5, 'org', ?, '{"kind":"server","name":"a\\nb"}', ?, 'device.added', 1, '{"endpoint":"é"}')`);
    for (let seq = 7; seq < 60; seq++) insert.run(seq, seq % 2 ? one : null, seq % 3 ? null : 2);
    db.exec(`UPDATE sqlite_sequence SET "seq" = 99 WHERE "name" = 'journal'`);
    migrate(db);
    const journal = new JournalLog(db);
    expect(journal.newest).toBe(99);
    expect([...journal.unindexed()]).toEqual([]);
    const entries = journal.read({}, []);
    expect(entries.map(([seq]) => seq)).toEqual(Array.from({ length: 53 }, (_, index) => index + 7));
    expect(entries[1]?.[1]).toBe(
      `["device.added",null,1,5,"org",{"kind":"server","name":"a\\nb"},null,{"endpoint":"é"}]`,
    );
    expect(entries[2]?.[1]).toBe(
      `["device.added","${one}",1,5,"org",{"kind":"server","name":"a\\nb"},2,{"endpoint":"é"}]`,
    );
    const odd = entries.filter(([seq]) => Number(seq) % 2 === 1);
    expect(journal.read({ deviceId: one }, [])).toEqual(odd);
  });
});
