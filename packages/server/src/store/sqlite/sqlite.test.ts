import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../contract-suite.ts';
import { openSqliteStore } from './store.ts';

storeContract('the SQLite store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-store-'));
  const store = await openSqliteStore({ file: join(folder, 'reeve.db') });
  const cleanUp = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, cleanUp };
});
