import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that only its owner can read, for secrets that must not appear among a program's arguments. */
export interface SecretFile {
  readonly path: string;
  /** Removes the file. */
  remove(): void;
}

/** Writes a secret to a new file in a new folder. */
export function writeSecretFile(text: string): SecretFile {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-leshan-'));
  const path = join(folder, 'secret');
  writeFileSync(path, text, { mode: 0o600 });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
