import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';

/** Without waiting for a reader, if somebody laid a pipe there. */
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_WRONLY;

/** A file of session keys in NSS's key log format, which its owner alone may read. For debugging only. */
export class KeyLog {
  #file: number | undefined;

  /** @throws if the path leads to no file of ours that can be appended to */
  constructor(path: string) {
    const file = openSync(path, FLAGS, 0o600);
    try {
      if (!fstatSync(file).isFile()) throw new Error(`${path} is no regular file: it can't take session keys`);
      fchmodSync(file, 0o600);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.#file = file;
  }

  /** Written at once, so that a capture can be read while it goes on. */
  write(line: string): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, `${line}\n`);
    } catch {
      // A full disk must not end handshakes: the capture lacks this session's keys.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
