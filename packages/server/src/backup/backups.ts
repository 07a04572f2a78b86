import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Identity } from '../access/identity.ts';
import { ReeveError } from '../errors.ts';
import type { Millis } from '../ids.ts';
import type { DurableStore } from '../store/port.ts';

/** A copy of everything but the sealing key. */
export interface Backup {
  readonly bytes: number;
  /** Fingerprint of the key without which it can't be restored. */
  readonly fingerprint: string;
  readonly content: Readable;
}

interface Options {
  readonly store: DurableStore;
  /** The store's file. */
  readonly file: string;
  readonly dataFolder: string;
  readonly fingerprint: string;
  readonly now: () => Millis;
}

/** Room that must be left beside a copy, so that devices are still answered. */
const SPARE_BYTES = 256 * 1024 * 1024;

/** Makes backups while the server runs, one at a time. */
export class Backups {
  readonly #o: Options;
  #underWay = false;

  constructor(options: Options) {
    this.#o = options;
  }

  /** @throws ReeveError `wrong-state` while another one is under way, `store-full` without room for it */
  async take({ actor, organisationId }: Identity): Promise<Backup> {
    if (this.#underWay) throw new ReeveError('wrong-state', 'Another backup is being made; try again when it is done');
    this.#underWay = true;
    try {
      await this.#checkRoom();
      const { bytes, content } = await this.#copy();
      const entry = { at: this.#o.now(), organisationId, actor, type: 'store.backed-up', payload: { bytes } } as const;
      await this.#o.store.commit({ journal: [entry] }).catch((error: unknown) => {
        content.destroy();
        throw error;
      });
      return { bytes, fingerprint: this.#o.fingerprint, content };
    } finally {
      this.#underWay = false;
    }
  }

  /** The copy loses its name before anybody reads it, and so goes with its last reader, even if the server dies. */
  async #copy(): Promise<Pick<Backup, 'bytes' | 'content'>> {
    const { store, dataFolder } = this.#o;
    const file = join(dataFolder, 'backup.partial');
    await rm(file, { force: true });
    const handle = await open(file, 'wx+', 0o600);
    try {
      await store.backup(file);
      const { size } = await handle.stat();
      return { bytes: size, content: handle.createReadStream({ start: 0 }) };
    } catch (error) {
      await handle.close();
      throw error;
    } finally {
      await Promise.all(['', '-journal', '-wal', '-shm'].map((end) => rm(file + end, { force: true })));
    }
  }

  async #checkRoom(): Promise<void> {
    const { dataFolder, file } = this.#o;
    const [{ bavail, bsize }, { size }] = await Promise.all([statfs(dataFolder), stat(file)]);
    const wanted = size + SPARE_BYTES;
    if (bavail * bsize >= wanted) return;
    throw new ReeveError('store-full', `A backup needs ${Math.ceil(wanted / 1e6)} MB of room in the data folder`);
  }
}
