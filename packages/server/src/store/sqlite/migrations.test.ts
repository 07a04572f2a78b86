import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { schemaDifferences } from './ddl.ts';
import { type Migration, migrate, migrations } from './migrations.ts';

const version = (db: DatabaseSync) =>
  db.prepare(`SELECT "value" FROM "meta" WHERE "name" = 'schemaVersion'`).get()?.value;

/** A file as the first release made it, with a row in it. */
function firstRelease(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  migrate(db, []);
  db.exec(`INSERT INTO "cursors" VALUES ('incidents', 7)`);
  return db;
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

  it('undo a step that fails, keep those before it, and run it again the next time', () => {
    const db = firstRelease();
    const broken: Migration = [`DELETE FROM "cursors"`, 'SELECT nonsense'];
    expect(() => migrate(db, [addNote, broken])).toThrow(/nonsense/);
    expect(version(db)).toBe(2);
    expect(db.prepare('SELECT count(*) AS n FROM "cursors"').get()?.n).toBe(1);
    migrate(db, [addNote, ['SELECT 1']]);
    expect(version(db)).toBe(3);
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
