import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { Artifacts } from './artifacts.ts';

const organisationId = newId.organisation();
const who = { organisationId, actor: { kind: 'person', name: 'Ada' } } as const;
const CONTENT = randomBytes(5000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const PUMP = { name: 'pump', version: '2.0', kind: 'firmware', bytes: 5000, sha256: SHA256 } as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function begin() {
  const dataFolder = mkdtempSync(join(tmpdir(), 'reeve-artifacts-'));
  folders.push(dataFolder);
  const store = openMemoryStore();
  const load = () => Artifacts.load({ store, dataFolder, now: () => 1000 });
  return { dataFolder, store, load, artifacts: await load() };
}

describe('artifacts', () => {
  it('come in pieces, go on after a restart, and are ready once the SHA-256 is right', async () => {
    const { artifacts, load } = await begin();
    const { artifactId, state } = await artifacts.add(PUMP, who);
    expect(state).toBe('uploading');
    expect(await artifacts.append(organisationId, artifactId, 0, CONTENT.subarray(0, 3000))).toMatchObject({
      received: 3000,
    });
    const again = await load();
    expect(await again.add(PUMP, who)).toMatchObject({ artifactId, received: 3000, state: 'uploading' });
    await expect(again.append(organisationId, artifactId, 0, CONTENT)).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await again.append(organisationId, artifactId, 3000, CONTENT.subarray(3000))).toMatchObject({
      state: 'ready',
    });
    expect(Buffer.from(await again.read(PUMP, 4990, 100))).toEqual(CONTENT.subarray(4990));
  });

  it('are refused with another content than was announced, and begin anew', async () => {
    const { artifacts } = await begin();
    const { artifactId } = await artifacts.add(PUMP, who);
    const append = (content: Uint8Array) => artifacts.append(organisationId, artifactId, 0, content);
    await expect(append(randomBytes(5000))).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(append(randomBytes(5001))).rejects.toMatchObject({ code: 'invalid-value' });
    expect(await append(CONTENT)).toMatchObject({ state: 'ready' });
  });

  it('have one content for a name and version, and belong to one organisation', async () => {
    const { artifacts } = await begin();
    const { artifactId } = await artifacts.add(PUMP, who);
    await expect(artifacts.add({ ...PUMP, sha256: 'ab'.repeat(32) }, who)).rejects.toMatchObject({
      code: 'name-taken',
    });
    expect(artifacts.get(newId.organisation(), artifactId)).toBeUndefined();
    await expect(artifacts.add({ ...PUMP, version: '3', bytes: 2 ** 45 }, who)).rejects.toMatchObject({
      code: 'too-many',
    });
  });

  it('leave a file as long as one of them has its content, and are missing without it', async () => {
    const { artifacts, dataFolder } = await begin();
    const first = await artifacts.add(PUMP, who);
    const second = await artifacts.add({ ...PUMP, version: '2.0-copy' }, who);
    await artifacts.append(organisationId, first.artifactId, 0, CONTENT);
    const row = (id: string) => artifacts.get(organisationId, id) ?? expect.fail();
    expect(await artifacts.view(row(second.artifactId))).toMatchObject({ state: 'ready' });
    await artifacts.remove(row(first.artifactId), who);
    expect(readdirSync(join(dataFolder, 'artifacts'))).toEqual([SHA256]);
    writeFileSync(join(dataFolder, 'artifacts', SHA256), 'cut');
    expect(await artifacts.view(row(second.artifactId))).toMatchObject({ state: 'missing' });
    expect(await artifacts.add({ ...PUMP, version: '2.0-copy' }, who)).toMatchObject({
      state: 'uploading',
      received: 0,
    });
    await artifacts.append(organisationId, second.artifactId, 0, CONTENT);
    expect(await artifacts.view(row(second.artifactId))).toMatchObject({ state: 'ready' });
    await artifacts.remove(row(second.artifactId), who);
    expect(readdirSync(join(dataFolder, 'artifacts'))).toEqual([]);
  });
});
