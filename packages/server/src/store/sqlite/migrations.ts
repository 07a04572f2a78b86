import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../port.ts';
import { schema, schemaDifferences } from './ddl.ts';
import { version2 } from './version-2.ts';

/** The way from one schema version to the next, as SQL statements. */
export type Migration = readonly string[];

/**
 * Forward migrations: the first leads from version 1 to 2. A change of `tables.ts` goes into the migration of the
 * release that is being made, and a new file starts at the newest version. A released migration is never edited.
 */
export const migrations: readonly Migration[] = [version2];

const creation: readonly string[] = [
  ...schema,
  'CREATE TABLE "meta" ("name" TEXT PRIMARY KEY, "value" INTEGER NOT NULL) STRICT, WITHOUT ROWID',
];

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The schema version of a file; undefined if it is none of ours. */
export function storedVersion(db: DatabaseSync): number | undefined {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'`).get();
  if (!exists) return undefined;
  const row = db.prepare(`SELECT "value" FROM "meta" WHERE "name" = 'schemaVersion'`).get();
  return Number(row?.value);
}

/**
 * Brings a file to the newest schema: creates it if it is empty, else runs the missing migrations. All of that is one
 * transaction: a file that can't be brought forward stays as it was, for the release that made it.
 *
 * @throws StoreError `failing` if a newer release made the file, or if its columns are not the declared ones
 */
export function migrate(db: DatabaseSync, steps: readonly Migration[] = migrations): void {
  const newest = steps.length + 1;
  const found = storedVersion(db);
  if (found !== undefined && !(found <= newest)) {
    throw new StoreError('failing', `the file has schema version ${found}; this release knows ${newest} at most`);
  }
  if (found !== newest) {
    inTransaction(db, () => {
      for (const statement of found === undefined ? creation : steps.slice(found - 1).flat()) db.exec(statement);
      db.prepare(`INSERT OR REPLACE INTO "meta" VALUES ('schemaVersion', ?)`).run(newest);
    });
  }
  const differences = schemaDifferences(db);
  if (differences.length > 0) {
    throw new StoreError('failing', `the file's schema is not this release's: ${differences.slice(0, 10).join(', ')}`);
  }
}
