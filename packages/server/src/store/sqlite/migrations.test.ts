import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { schemaDifferences } from './ddl.ts';
import { type Migration, migrate, migrations } from './migrations.ts';
import { decodeChunk } from './series.ts';

const version = (db: DatabaseSync) =>
  db.prepare(`SELECT "value" FROM "meta" WHERE "name" = 'schemaVersion'`).get()?.value;

/** A file with the present schema as if it were the first, with a row in it. */
function firstRelease(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  migrate(db, []);
  db.exec(`INSERT INTO "cursors" VALUES ('incidents', 7)`);
  return db;
}

/** A file as a release made it, with a row in each table. */
function fixture(release: number): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec(readFileSync(new URL(`fixtures/version-${release}.sql`, import.meta.url), 'utf8'));
  return db;
}

/** Every table with its columns, keys and indexes, whatever the order in which they came about. */
function shapeOfFile(db: DatabaseSync) {
  const all = (sql: string, ...names: string[]) => db.prepare(sql).all(...names);
  const tables = all(
    `SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'`,
  );
  return Object.fromEntries(
    tables.map(({ name, strict, wr }) => {
      const columns = all('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', String(name));
      const indexes = all('SELECT name, "unique", origin, partial FROM pragma_index_list(?)', String(name)).map(
        (index) => {
          const of = all('SELECT name FROM pragma_index_info(?) ORDER BY seqno', String(index.name));
          const { unique, origin, partial } = index;
          // The names of automatic indexes are numbers.
          const named = origin === 'c' ? index.name : '';
          return JSON.stringify({ named, unique, origin, partial, of: of.map((column) => column.name) });
        },
      );
      const byName = Object.fromEntries(columns.map(({ name: column, ...rest }) => [column, { ...rest }]));
      return [name, { strict, wr, columns: byName, indexes: indexes.sort() }];
    }),
  );
}

const addNote: Migration = [
  'CREATE TABLE "notes" ("consumer" TEXT PRIMARY KEY, "note" TEXT NOT NULL) STRICT',
  `INSERT INTO "notes" SELECT "consumer", 'seq ' || "seq" FROM "cursors"`,
];

describe('migrations', () => {
  it('create a new file at the newest version with the declared columns', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    expect(version(db)).toBe(migrations.length + 1);
    expect(schemaDifferences(db)).toEqual([]);
    migrate(db);
    expect(version(db)).toBe(migrations.length + 1);
  });

  it('carry a file of the first release forward, step by step, with its rows', () => {
    const db = firstRelease();
    migrate(db, [addNote, [`UPDATE "notes" SET "note" = "note" || '!'`]]);
    expect(version(db)).toBe(3);
    expect(db.prepare('SELECT "note" FROM "notes"').get()?.note).toBe('seq 7!');
    expect(db.prepare('SELECT "seq" FROM "cursors"').get()?.seq).toBe(7);
  });

  it('put samples of before into chunks of a day, every value as it was', () => {
    const db = fixture(1);
    db.exec('DELETE FROM "samples"');
    db.exec(`INSERT INTO "series" VALUES (77, 'dev-x', '/3/0/9')`);
    const values = [1, 0.1 + 0.2, 'a "text"', null, new Uint8Array([1]), new Uint8Array([0])];
    const insert = db.prepare('INSERT INTO "samples" VALUES (77, ?, ?, ?, ?)');
    for (const [index, value] of values.entries()) insert.run(86_400_000 * 3 - 3 + index, 5, 'float', value);
    migrate(db);
    const rows = db.prepare('SELECT "first", "last", "samples" FROM "chunks" WHERE "series" = 77').all();
    expect(rows.map(({ first, last, samples }) => [first, last, decodeChunk(String(samples))])).toEqual([
      [
        259_199_997,
        259_199_999,
        [
          [259_199_997, 5, 1],
          [259_199_998, 5, 0.1 + 0.2],
          [259_199_999, 5, 'a "text"'],
        ],
      ],
      [
        259_200_000,
        259_200_002,
        [
          [259_200_000, 5, null],
          [259_200_001, 5, true],
          [259_200_002, 5, false],
        ],
      ],
    ]);
  });

  it('leave a file as it was when a step fails, and begin again the next time', () => {
    const db = firstRelease();
    const broken: Migration = [`DELETE FROM "cursors"`, 'SELECT nonsense'];
    expect(() => migrate(db, [addNote, broken])).toThrow(/nonsense/);
    expect(version(db)).toBe(1);
    expect(db.prepare('SELECT count(*) AS n FROM "cursors"').get()?.n).toBe(1);
    expect(() => db.prepare('SELECT * FROM "notes"')).toThrow(/no such table/);
    migrate(db, [addNote, ['SELECT 1']]);
    expect(version(db)).toBe(3);
  });

  it('say of a file that is of no release what is different, in what is not declared as a table too', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    db.exec('ALTER TABLE "journal" RENAME COLUMN "entries" TO "payload"');
    expect(schemaDifferences(db)).toEqual(['journal.entries', 'journal.payload']);
    expect(() => migrate(db)).toThrow(/journal\.entries/);
  });

  it('bring the file of every release to the schema of a new file, and keep its rows', () => {
    const fresh = new DatabaseSync(':memory:');
    migrate(fresh);
    for (let release = 1; release <= migrations.length; release++) {
      const db = fixture(release);
      const tables = Object.keys(shapeOfFile(db));
      migrate(db);
      expect(version(db)).toBe(migrations.length + 1);
      expect(shapeOfFile(db)).toEqual(shapeOfFile(fresh));
      const left = shapeOfFile(db);
      for (const table of tables.filter((name) => name in left && name !== 'meta')) {
        expect(db.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.n, table).toBe(1);
      }
    }
  });

  it('let the tokens of before do everything', () => {
    const db = fixture(1);
    migrate(db);
    expect(db.prepare('SELECT "scope" FROM "tokens"').all()).toEqual([{ scope: 'admin' }]);
  });

  it('keep of refused connections whom they were by, if they said so', () => {
    const db = fixture(1);
    db.exec(`DELETE FROM "refusals"`);
    const insert = db.prepare(`INSERT INTO "refusals" VALUES ('o', ?, 1, 1, 1, 'a', ?, NULL, 'timeout', 'd', '')`);
    for (const [id, identity] of Object.entries({ 1: 'truck-1', 2: 'hex:00ff', 3: null })) insert.run(id, identity);
    migrate(db);
    const rows = db.prepare('SELECT "identity" FROM "failedHandshakes" ORDER BY "handshakeId"').all();
    expect(rows.map(({ identity }) => identity)).toEqual(['psk:747275636b2d31', 'psk:00ff', null]);
  });

  it('refuse a file of a newer release', () => {
    const db = firstRelease();
    migrate(db, [addNote]);
    expect(() => migrate(db, [])).toThrow(/version 2; this release knows 1/);
  });

  it('refuse a file whose columns are not the declared ones, and name them', () => {
    const db = firstRelease();
    db.exec('ALTER TABLE "cursors" RENAME COLUMN "seq" TO "sequence"');
    expect(() => migrate(db, [])).toThrow('cursors.seq, cursors.sequence');
  });
});
