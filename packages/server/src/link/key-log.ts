import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/** A file of session keys in NSS's key log format, which its owner alone may read. For debugging only. */
export class KeyLog {
  readonly #file: number;

  /** @throws if the file can't be opened, or belongs to somebody else */
  constructor(path: string) {
    this.#file = openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600);
    fchmodSync(this.#file, 0o600);
  }

  /** Written at once, so that a capture can be read while it goes on. A full disk must not end handshakes. */
  write(line: string): void {
    try {
      writeSync(this.#file, `${line}\n`);
    } catch {
      // The capture lacks this session's keys.
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
