import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type RestoredFile, type RestoreFile, StoreError } from '../store/port.ts';
import { keyFingerprint } from '../store/sealing.ts';

export interface RestoreOptions {
  readonly backup: string;
  /** Must not be there, or hold nothing but the sealing key. */
  readonly dataFolder: string;
  /** Else `sealing.key` in the data folder. */
  readonly sealingKeyFile?: string;
  /** Told the bytes that are copied, of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/** Why a backup is not restored. Nothing was changed then. */
export class RestoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RestoreError';
  }
}

/** Bytes copied at once. */
const PIECE = 1024 * 1024;

/**
 * Makes a data folder from a backup. The database gets its name last, so that a folder is restored or not.
 *
 * @throws RestoreError for a folder that is used, a file that is no whole backup, or without the key that it was sealed with
 * @throws SealError `key-file`
 */
export async function restoreBackup(
  options: RestoreOptions,
  restoreFile: RestoreFile,
): Promise<RestoredFile & { readonly fingerprint: string }> {
  const { dataFolder } = options;
  const keyFile = options.sealingKeyFile ?? join(dataFolder, 'sealing.key');
  await checkUnused(dataFolder, keyFile);
  const made = await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const draft = join(dataFolder, 'restore.partial');
  try {
    await copy(options, draft);
    let fingerprint = '';
    const restored = await restoreFile(draft, async (wanted) => {
      fingerprint = wanted;
      await checkKey(wanted, keyFile);
    });
    await durably(draft, () => rename(draft, join(dataFolder, 'reeve.db')));
    await durably(dataFolder);
    return { ...restored, fingerprint };
  } catch (error) {
    await Promise.all(['', '-journal', '-wal', '-shm'].map((end) => rm(draft + end, { force: true })));
    if (made !== undefined) await rmdir(dataFolder).catch(() => {});
    if (error instanceof StoreError) {
      throw new RestoreError(`${options.backup} can't be restored: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

async function checkUnused(dataFolder: string, keyFile: string): Promise<void> {
  const names = await readdir(dataFolder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new RestoreError(`Cannot read ${dataFolder}: ${error.message}`, { cause: error });
  });
  const others = names.filter((name) => resolve(dataFolder, name) !== resolve(keyFile));
  if (others.length === 0) return;
  throw new RestoreError(
    `${dataFolder} holds ${others.slice(0, 5).join(', ')}: a backup is restored into a new folder, which may hold the sealing key and nothing else`,
  );
}

async function checkKey(wanted: string, keyFile: string): Promise<void> {
  const found = await keyFingerprint(keyFile);
  if (found === wanted) return;
  const here = found === undefined ? `there is no key at ${keyFile}` : `the key at ${keyFile} is ${found}`;
  throw new RestoreError(`The backup is sealed with the key ${wanted}, and ${here}: bring that key`);
}

async function copy({ backup, progress }: RestoreOptions, to: string): Promise<void> {
  const source = await open(backup, 'r').catch((cause: Error) => {
    throw new RestoreError(`Cannot read ${backup}: ${cause.message}`, { cause });
  });
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      const { size } = await source.stat();
      const piece = Buffer.alloc(PIECE);
      for (let done = 0; ; ) {
        const { bytesRead } = await source.read(piece, 0, PIECE, done);
        if (bytesRead === 0) break;
        await target.writeFile(piece.subarray(0, bytesRead));
        done += bytesRead;
        progress?.(done, size);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Waits until a file or folder is on the disk, then does what must not come before. */
async function durably(path: string, then: () => Promise<void> = async () => {}): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await then();
}
