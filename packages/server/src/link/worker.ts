import { parentPort, workerData } from 'node:worker_threads';
import type { LinkConfig } from './port.ts';
import { runLink } from './runner.ts';
import type { FromWorker, ToWorker } from './worker-thread.ts';

const port = parentPort;
if (!port) throw new Error('this file is the worker of worker-thread.ts');
const tell = (message: FromWorker) => port.postMessage(message);

try {
  const link = await runLink(workerData as LinkConfig, (messages) => tell({ kind: 'deliver', messages }));
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'post') link.post(message.messages);
    else void link.close().then(() => tell({ kind: 'closed' }));
  });
  tell({ kind: 'listening', addresses: link.addresses });
} catch (error) {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}
