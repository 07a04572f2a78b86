import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceId, organisationId, sample, started } from '../contract-fixtures.ts';
import type { DurableStore } from '../port.ts';
import { linesOf } from './journal.ts';
import { openSqliteStore } from './store.ts';

let folder: string;
let store: DurableStore;
let copy: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-store-backup-'));
  store = await openSqliteStore({ file: join(folder, 'reeve.db'), synchronous: 'NORMAL' });
  copy = join(folder, 'copy.db');
  writeFileSync(copy, '');
  // Several steps of the copy.
  const text = 'x'.repeat(20_000);
  await store.commit({ journal: Array.from({ length: 1000 }, () => started(text)) });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function read(file: string) {
  const db = new DatabaseSync(file);
  const integrity = db.prepare('PRAGMA integrity_check').get()?.integrity_check;
  const rows = db.prepare('SELECT "last", "entries" FROM "journal" ORDER BY "last"').all();
  db.close();
  const seqs = rows.flatMap(({ last, entries }) =>
    linesOf(entries).map((_, index, lines) => Number(last) - lines.length + 1 + index),
  );
  return { integrity, seqs };
}

describe('a backup', () => {
  it('has what is written behind, too', async () => {
    const contact = { organisationId, deviceId, lastContactAt: 7, address: 'x' };
    await store.commit({ changes: [{ put: 'contacts', row: contact }], samples: [sample(1, 2.5)] });
    await store.backup(copy);
    const opened = await openSqliteStore({ file: copy, synchronous: 'NORMAL' });
    expect(await opened.list('contacts')).toEqual([contact]);
    expect((await opened.scan({ deviceId, path: '/3/0/9' }, {})).value).toEqual([2.5]);
    await opened.close();
  });

  it('lets commits go on, and has them up to one moment and none after it', async () => {
    let done = false;
    const backup = store.backup(copy).then(() => {
      done = true;
    });
    let during = 0;
    for (; !done; during++) await store.commit({ journal: [started('meanwhile')] });
    await backup;
    const { integrity, seqs } = read(copy);
    expect(integrity).toBe('ok');
    expect(during).toBeGreaterThan(0);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs.length).toBeGreaterThanOrEqual(1000);
    expect(seqs.length).toBeLessThanOrEqual(1000 + during);
    expect((await store.journal({ after: 1000 as never })).length).toBe(Math.min(during, 500));
  });

  it('is made one at a time', async () => {
    const first = store.backup(copy);
    await expect(store.backup(join(folder, 'second.db'))).rejects.toMatchObject({ kind: 'busy' });
    await first;
    writeFileSync(join(folder, 'third.db'), '');
    await store.backup(join(folder, 'third.db'));
    expect(read(join(folder, 'third.db')).seqs.length).toBe(1000);
  });

  it('that cannot be written leaves the store well', async () => {
    await expect(store.backup(join(folder, 'none', 'copy.db'))).rejects.toMatchObject({ kind: 'failing' });
    expect(store.health()).toEqual({ state: 'ok' });
    await store.commit({ journal: [started('after')] });
    await store.backup(copy);
    expect(read(copy).seqs.length).toBe(1001);
  });

  it('ends with the store, which closes at once and whole', async () => {
    const outcome = store.backup(copy).catch((error: unknown) => error);
    await store.close();
    expect(await outcome).toMatchObject({ name: 'StoreError', kind: 'closed' });
    expect(read(join(folder, 'reeve.db'))).toMatchObject({ integrity: 'ok' });
  });
});
