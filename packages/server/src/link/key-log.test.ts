import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyLog } from './key-log.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the key log', () => {
  it('is readable to its owner only, and appended to', () => {
    const file = join(folder, 'keys');
    writeFileSync(file, 'before\n');
    chmodSync(file, 0o644);
    const log = new KeyLog(file);
    log.write('CLIENT_RANDOM 00 11');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe('before\nCLIENT_RANDOM 00 11\n');
    log.close();
  });

  it('is made with that mode', () => {
    const file = join(folder, 'new');
    new KeyLog(file).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('follows no link that somebody laid', () => {
    const target = join(folder, 'target');
    writeFileSync(target, '');
    symlinkSync(target, join(folder, 'link'));
    expect(() => new KeyLog(join(folder, 'link'))).toThrow(/ELOOP/);
  });

  it('takes nothing but a regular file', () => {
    expect(() => new KeyLog(folder)).toThrow();
  });

  it('that is closed takes nothing more, and throws nothing: no handshake fails for it', () => {
    const file = join(folder, 'closed');
    const log = new KeyLog(file);
    log.close();
    log.write('CLIENT_RANDOM 00 11');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
