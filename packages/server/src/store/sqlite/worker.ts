import { closeSync, openSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from '../port.ts';
import { Executor, fileRefusal } from './executor.ts';
import { waitAt } from './gate.ts';
import { migrate } from './migrations.ts';
import type { FromWorker, GroupRequest, ToWorker, WorkerSettings } from './protocol.ts';

/** The thread that owns the file: answers each group after its commit has reached the disk. */

const settings: WorkerSettings = workerData;

function open(): DatabaseSync {
  // What is in it is for the server alone.
  closeSync(openSync(settings.file, 'a', 0o600));
  const db = new DatabaseSync(settings.file);
  try {
    // The lock keeps a second server off the file; with it there is no shared memory that a full disk could take away.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA synchronous = ${settings.synchronous}`);
    // Pages that are written again and again reach the file once per 32 MB of log.
    db.exec('PRAGMA wal_autocheckpoint = 8000');
    db.exec('PRAGMA journal_size_limit = 67108864');
    db.exec('PRAGMA cache_size = -65536');
    // Sealed secrets that were wiped must not stand in the pages that they were on.
    db.exec('PRAGMA secure_delete = FAST');
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Pages copied at once, 4 MB: what a commit may have to wait for. */
const BACKUP_PAGES = 1000;

const port = parentPort;
if (port) {
  const reply = (message: FromWorker) => port.postMessage(message);
  try {
    const db = open();
    const { gate } = settings;
    const executor = new Executor(db, gate ? () => waitAt(gate) : () => {});
    let closing = false;
    let copying: Promise<void> | undefined;
    // SQLite copies nothing while a transaction is open, and under load one always is: they wait for each other instead.
    const waiting: GroupRequest[] = [];
    const runWaiting = () => {
      for (const group of waiting.splice(0)) reply(executor.run(group));
    };
    const copyTo = async (file: string) => {
      const progress = () => {
        if (closing) throw new StoreError('closed', 'the store is closed');
        runWaiting();
      };
      try {
        await backup(db, file, { rate: BACKUP_PAGES, progress });
        reply({ backedUp: true });
      } catch (error) {
        reply({
          backedUp: error instanceof StoreError ? { kind: error.kind, message: error.message } : fileRefusal(error),
        });
      }
      copying = undefined;
      runWaiting();
    };
    port.on('message', async (message: ToWorker) => {
      if (message === 'close') {
        closing = true;
        await copying;
        // What can't be written now is in the log.
        executor.settle();
        db.close();
        port.close();
      } else if ('backup' in message) {
        copying = copyTo(message.backup);
      } else {
        waiting.push(message);
        if (!copying) runWaiting();
      }
    });
    reply('open');
  } catch (error) {
    reply(fileRefusal(error));
    port.close();
  }
}
