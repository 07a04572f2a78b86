import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Executor } from './executor.ts';
import { migrate } from './migrations.ts';

const insert = { sql: 'INSERT INTO "cursors" ("consumer", "seq") VALUES (?, ?)', parameters: 2 };
const select = { sql: 'SELECT "consumer" FROM "cursors" ORDER BY "consumer"', parameters: 0 };
const all = { statement: 1, cells: [] };

/** An executor whose sync fails with the given SQLite result codes, in turn; 0 is success. */
function executor(codes: number[]): Executor {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  return new Executor(db, () => {
    const errcode = codes.shift() ?? 0;
    if (errcode !== 0) throw Object.assign(new Error('sync failed'), { errcode });
  });
}

const group = (name: string, texts = [insert, select]) => ({
  texts,
  script: [1, 0],
  cells: [name, 1],
  redo: '',
  journal: [],
  mixed: [],
  settle: false,
  queries: [all],
});

describe('the executor', () => {
  it.each([
    ['failing', 10], // IOERR
    ['failing', 1034], // IOERR_FSYNC
    ['failing', 11], // CORRUPT
    ['failing', 5], // BUSY
    ['full', 13], // FULL
  ])('refuses the whole group as %s on result code %i, and stores nothing of it', (kind, code) => {
    const run = executor([0, code, 0]);
    expect(run.run(group('a')).failure).toBeUndefined();
    const refused = run.run(group('b', []));
    expect(refused.failure).toEqual({ kind, message: 'sync failed' });
    expect(refused.answers).toEqual([[['a']]]);
    const after = run.run(group('c', []));
    expect(after.failure).toBeUndefined();
    expect(after.answers).toEqual([[['a'], ['c']]]);
  });

  it('refuses a batch with an unusable statement or parameter alone', () => {
    const run = executor([]);
    const wrong = { sql: 'INSERT INTO "nowhere" VALUES (?)', parameters: 1 };
    const reply = run.run({
      texts: [insert, select, wrong],
      script: [2, 0, 2, 1, 0, 1, 0],
      cells: ['a', 1, 'x', 'b', 1.5, 'c', 1],
      redo: '',
      journal: [],
      mixed: [],
      settle: false,
      queries: [all],
    });
    expect(reply.refused.map(({ batch, kind }) => [batch, kind])).toEqual([
      [0, 'invalid'],
      [1, 'invalid'],
    ]);
    expect(reply.answers).toEqual([[['c']]]);
  });
});
