import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSealer, SealError, type SealErrorKind } from './sealing.ts';

const place = { table: 'credentials', row: 'cred-1', column: 'sealedKey' };
const secret = Uint8Array.from([0, 1, 2, 253, 254, 255]);

function refusal(run: () => unknown): SealErrorKind | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof SealError ? error.kind : undefined;
  }
}

describe('sealing', () => {
  let folder: string;
  let keyFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-sealing-'));
    keyFile = join(folder, 'keys', 'seal.key');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes a key file of 32 bytes for the owner alone and leaves nothing else behind', async () => {
    await openSealer({ keyFile });
    const { size, mode } = statSync(keyFile);
    expect([size, mode & 0o777]).toEqual([32, 0o600]);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['seal.key']);
  });

  it('opens after a restart what it sealed, and the secret is not in what it sealed', async () => {
    const long = randomBytes(64);
    const sealed = (await openSealer({ keyFile })).seal(long, place);
    expect(Buffer.from(sealed).includes(long.subarray(0, 8))).toBe(false);
    const opened = (await openSealer({ keyFile })).open(sealed, place);
    expect(Buffer.from(opened).equals(long)).toBe(true);
  });

  it('never seals the same secret to the same bytes', async () => {
    const sealer = await openSealer({ keyFile });
    expect(Buffer.from(sealer.seal(secret, place)).equals(sealer.seal(secret, place))).toBe(false);
  });

  it('opens a value at its own table, row and column only', async () => {
    const sealer = await openSealer({ keyFile });
    const sealed = sealer.seal(secret, place);
    for (const other of [
      { ...place, table: 'webhooks' },
      { ...place, row: 'cred-2' },
      { ...place, column: 'other' },
      { table: 'credentialscred-1', row: '', column: 'sealedKey' },
    ]) {
      expect(refusal(() => sealer.open(sealed, other))).toBe('broken');
    }
  });

  it('refuses a value with any changed byte or cut anywhere', async () => {
    const sealer = await openSealer({ keyFile });
    const sealed = sealer.seal(secret, place);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(refusal(() => sealer.open(changed, place))).toBe(index >= 1 && index < 9 ? 'unknown-key' : 'broken');
      expect(refusal(() => sealer.open(sealed.subarray(0, index), place))).toBe('broken');
    }
  });

  it('opens with an old key, seals with the current one, and names the fingerprint of a missing one', async () => {
    const oldKeyFile = join(folder, 'old.key');
    const old = await openSealer({ keyFile: oldKeyFile });
    const sealed = old.seal(secret, place);
    const both = await openSealer({ keyFile, oldKeyFiles: [oldKeyFile] });
    expect([...both.open(sealed, place)]).toEqual([...secret]);
    const alone = await openSealer({ keyFile });
    expect(() => alone.open(sealed, place)).toThrow(old.fingerprint);
    expect(refusal(() => alone.open(sealed, place))).toBe('unknown-key');
    expect([...alone.open(both.seal(secret, place), place)]).toEqual([...secret]);
  });

  it('digests the same secret at the same place alike, whenever the key is read, and tells nothing of it', async () => {
    const sealer = await openSealer({ keyFile });
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const digest = text(sealer.digest(secret, place));
    expect(text((await openSealer({ keyFile })).digest(secret, place))).toBe(digest);
    const other = await openSealer({ keyFile: join(folder, 'other.key') });
    const others = [
      sealer.digest(secret.subarray(1), place),
      sealer.digest(secret, { ...place, row: 'cred-2' }),
      other.digest(secret, place),
    ];
    expect(new Set([digest, ...others.map(text)]).size).toBe(4);
  });

  it('refuses a key file that others may read, that has another length, or an old one that is not there', async () => {
    const wide = join(folder, 'wide.key');
    writeFileSync(wide, randomBytes(32));
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(wide, mode);
      await expect(openSealer({ keyFile: wide })).rejects.toMatchObject({ kind: 'key-file' });
    }
    const short = join(folder, 'short.key');
    writeFileSync(short, randomBytes(31), { mode: 0o600 });
    await expect(openSealer({ keyFile: short })).rejects.toMatchObject({ kind: 'key-file' });
    const missing = join(folder, 'missing.key');
    await expect(openSealer({ keyFile, oldKeyFiles: [missing] })).rejects.toMatchObject({ kind: 'key-file' });
  });

  it('gives two servers that start at once the same key, or refuses one', async () => {
    const outcomes = await Promise.allSettled([openSealer({ keyFile }), openSealer({ keyFile })]);
    const prints = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.fingerprint] : []));
    expect(new Set([...prints, (await openSealer({ keyFile })).fingerprint]).size).toBe(1);
    expect(prints.length).toBeGreaterThan(0);
  });
});
