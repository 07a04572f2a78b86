import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { dirname } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { downloads, SEALING_KEY_HEADER, urlOf } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure, refusalOf } from '../failure.ts';
import { required, text } from '../options.ts';
import type { Terminal } from '../terminal.ts';

export const backupCommands = [
  command({
    name: 'backup',
    summary: 'Write all that the running server has to a file, but for the sealing key',
    positionals: { file: required('FILE', 'where to; replaced if it is there') },
    run: (context, given) => backUp(context, given.file),
  }),
  command({
    name: 'restore',
    summary: 'Make a new data folder (--data FOLDER) from a backup; needs the sealing key',
    positionals: { file: required('FILE', 'what `reeve backup` wrote') },
    options: { 'sealing-key': text('FILE', 'the key that seals device keys, else sealing.key in the data folder') },
    run: (context, given) => restore(context, given.file, given['sealing-key']),
  }),
];

async function backUp(context: Context, file: string): Promise<void> {
  const { terminal, json } = context;
  terminal.progress('The server makes a copy …');
  const answer = await ask(context);
  if (answer.statusCode !== 200) throw refusalOf(answer.statusCode ?? 0, await textOf(answer));
  const bytes = Number(answer.headers['content-length']);
  await save(answer, file, (done) => showProgress(terminal, done, bytes));
  const sealingKey = String(answer.headers[SEALING_KEY_HEADER]);
  if (json) {
    terminal.out(JSON.stringify({ file, bytes, sealingKey }, null, 2));
    return;
  }
  terminal.note(`${file} holds everything but the sealing key ${sealingKey}.`);
  terminal.note('Keep that key too, and apart from it: without it the backup is of no use.');
}

/** Without the time limits of `fetch`: a large store takes its time before the first byte comes. */
async function ask(context: Context): Promise<IncomingMessage> {
  const { server, token } = await context.connect();
  const url = server + urlOf(downloads.backup);
  const signal = context.terminal.stopped;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  (url.startsWith('https:') ? requestHttps : requestHttp)(
    url,
    { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-length': 0 }, signal },
    resolve,
  )
    .on('error', (error) => {
      reject(signal.aborted ? error : new Failure('unreachable', `No server answers at ${server} (${error.message})`));
    })
    .end();
  return promise;
}

/** Writes beside the file and renames, so that whatever happens there is a whole backup or the one before. */
async function save(answer: IncomingMessage, file: string, wrote: (done: number) => void): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const target = await open(draft, 'wx', 0o600).catch((error: Error) => {
    answer.destroy();
    throw new Failure('usage', `Cannot write ${file}: ${error.message}`);
  });
  try {
    let done = 0;
    // Ends with an error if the connection is lost before all of `content-length` came.
    for await (const piece of answer) {
      await target.writeFile(piece);
      done += piece.length;
      wrote(done);
    }
    await target.sync();
    await target.close();
    await rename(draft, file);
  } catch (error) {
    await target.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

async function restore(context: Context, backup: string, sealingKeyFile: string | undefined): Promise<void> {
  const { terminal, data: dataFolder, json } = context;
  const { RestoreError, restoreServer } = await import('@reeve/server');
  const progress = (done: number, total: number) => showProgress(terminal, done, total);
  const restored = await restoreServer({
    backup,
    dataFolder,
    ...(sealingKeyFile === undefined ? {} : { sealingKeyFile }),
    progress,
  }).catch((error: unknown) => {
    throw error instanceof RestoreError ? new Failure('refused', error.message) : error;
  });
  if (json) {
    terminal.out(JSON.stringify({ dataFolder, ...restored }, null, 2));
    return;
  }
  const key = sealingKeyFile === undefined ? '' : ` --sealing-key ${sealingKeyFile}`;
  terminal.note(`${dataFolder} is restored. Start it: reeve serve --data ${dataFolder}${key}`);
  terminal.note(`${restored.sessions} DTLS sessions were left out: those devices shake hands again.`);
}

function showProgress(terminal: Terminal, done: number, total: number): void {
  terminal.progress(`${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`);
}
