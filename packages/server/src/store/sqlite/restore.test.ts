import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { CredentialId, DeviceId, OrganisationId } from '../../ids.ts';
import { openSealer } from '../sealing.ts';
import { restoreFile } from './restore.ts';
import { openSqliteStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'reeve-store-restore-'));
afterEach(() => rmSync(folder, { recursive: true }));

it('a restored store sends with no number of OSCORE that the server of the backup may use', async () => {
  const organisationId = 'org-1' as OrganisationId;
  const sealer = await openSealer({ keyFile: join(folder, 'key') });
  const sealedKey = sealer.seal(Buffer.alloc(16), { table: 'serverKeys', row: 'raw-key', column: 'sealedKey' });
  const credential = (id: string, more: { sendLimit?: number }) => ({
    put: 'credentials' as const,
    row: {
      organisationId,
      deviceId: 'dev-1' as DeviceId,
      credentialId: id as CredentialId,
      kind: 'oscore' as const,
      purpose: 'management' as const,
      proof: `oscore:${id}`,
      validFrom: 0,
      createdAt: 0,
      ...more,
    },
  });
  const store = await openSqliteStore({ file: join(folder, 'reeve.db'), synchronous: 'NORMAL' });
  await store.commit({
    changes: [
      { put: 'serverKeys', row: { organisationId, name: 'raw-key', sealedKey, createdAt: 0 } },
      credential('a', { sendLimit: 1024 }),
      credential('b', {}),
    ],
  });
  const copy = join(folder, 'copy.db');
  writeFileSync(copy, '');
  await store.backup(copy);
  await store.close();

  await restoreFile(copy, async () => {});
  const restored = await openSqliteStore({ file: copy, synchronous: 'NORMAL' });
  const limit = async (id: string) =>
    (await restored.get('credentials', { credentialId: id as CredentialId }))?.sendLimit;
  expect(await limit('a')).toBe(1024 + 2 ** 32);
  expect(await limit('b')).toBeUndefined();
  await restored.close();
});
