import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../port.ts';
import { schema, schemaDifferences } from './ddl.ts';

/** The way from one schema version to the next: SQL statements, run in one transaction. */
export type Migration = readonly string[];

/**
 * Forward migrations: the first leads from version 1 to 2. A change of `tables.ts` after a release adds one here, and a
 * new file starts at the newest version. A released one is never edited.
 */
export const migrations: readonly Migration[] = [];

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

function storedVersion(db: DatabaseSync): number | undefined {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'`).get();
  if (!exists) return undefined;
  const row = db.prepare(`SELECT "value" FROM "meta" WHERE "name" = 'schemaVersion'`).get();
  return Number(row?.value);
}

/**
 * Brings a file to the newest schema: creates it if it is empty, else runs the missing migrations, each in a transaction
 * of its own, so that an interrupted one is run again.
 *
 * @throws StoreError `failing` if a newer release made the file, or if its columns are not the declared ones
 */
export function migrate(db: DatabaseSync, steps: readonly Migration[] = migrations): void {
  const newest = steps.length + 1;
  const found = storedVersion(db);
  if (found === undefined) {
    inTransaction(db, () => {
      for (const statement of schema) db.exec(statement);
      db.exec('CREATE TABLE "meta" ("name" TEXT PRIMARY KEY, "value" INTEGER NOT NULL) STRICT, WITHOUT ROWID');
      db.prepare(`INSERT INTO "meta" VALUES ('schemaVersion', ?)`).run(newest);
    });
  } else if (!(found <= newest)) {
    throw new StoreError('failing', `the file has schema version ${found}; this release knows ${newest} at most`);
  }
  for (let version = found ?? newest; version < newest; version++) {
    inTransaction(db, () => {
      for (const statement of steps[version - 1] ?? []) db.exec(statement);
      db.prepare(`UPDATE "meta" SET "value" = ? WHERE "name" = 'schemaVersion'`).run(version + 1);
    });
  }
  const differences = schemaDifferences(db);
  if (differences.length > 0) {
    throw new StoreError('failing', `the file's schema is not this release's: ${differences.slice(0, 10).join(', ')}`);
  }
}
