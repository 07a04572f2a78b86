import { DatabaseSync } from 'node:sqlite';
import { type RestoreFile, StoreError } from '../port.ts';
import { sealedWith } from '../sealing.ts';
import { migrate, storedVersion } from './migrations.ts';

/**
 * How far the journal's numbers jump: what was journalled between backup and restore had numbers too, and webhooks, which
 * know notices by them, have seen those.
 */
const SEQ_JUMP = 1_000_000_000;

/** How far the numbers of OSCORE jump: the server that the backup is of went on to send with them. */
const NUMBER_JUMP = 2 ** 32;

/** Restores what `backup` of this adapter wrote. */
export const restoreFile: RestoreFile = async (file, allow) => {
  const db = new DatabaseSync(file);
  try {
    const schemaVersion = check(db);
    await allow(sealingKeyOf(db));
    migrate(db);
    const { changes } = db.prepare('DELETE FROM "dtlsSessions"').run();
    db.prepare('UPDATE "credentials" SET "sendLimit" = "sendLimit" + ? WHERE "sendLimit" IS NOT NULL').run(NUMBER_JUMP);
    db.prepare(`UPDATE sqlite_sequence SET "seq" = "seq" + ? WHERE "name" = 'journal'`).run(SEQ_JUMP);
    return { schemaVersion, sessions: Number(changes) };
  } finally {
    db.close();
  }
};

/** @returns the file's schema version */
function check(db: DatabaseSync): number {
  let found: unknown;
  let version: number | undefined;
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    found = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    version = storedVersion(db);
  } catch (cause) {
    throw new StoreError('failing', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (found !== 'ok') throw new StoreError('failing', `it is damaged: ${found}`);
  if (version === undefined) throw new StoreError('invalid', 'it is no database of a Reeve server');
  return version;
}

/** Every server seals its raw key, at its start at the latest. */
function sealingKeyOf(db: DatabaseSync): string {
  const known = db.prepare(`SELECT 1 FROM sqlite_schema WHERE "name" = 'serverKeys'`).get();
  const sealed = known && db.prepare('SELECT "sealedKey" FROM "serverKeys" LIMIT 1').get()?.sealedKey;
  if (!(sealed instanceof Uint8Array)) throw new StoreError('invalid', 'it is no backup: no server has run with it');
  return sealedWith(sealed);
}
