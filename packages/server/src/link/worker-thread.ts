import { Worker } from 'node:worker_threads';
import type { LinkConfig, LinkDown, LinkUp, ListenAddress, OpenLink } from './port.ts';

/** What crosses to the worker and back; `LinkDown` and `LinkUp` arrays as they are. */
export type ToWorker = { readonly kind: 'post'; readonly messages: readonly LinkDown[] } | { readonly kind: 'close' };
export type FromWorker =
  | { readonly kind: 'listening'; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'deliver'; readonly messages: readonly LinkUp[] }
  | { readonly kind: 'closed' };

/** The link in a worker thread of its own: DTLS and CoAP leave the main thread's core. */
export const openWorkerLink: OpenLink = async (config: LinkConfig, deliver) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: config });
  const post = (message: ToWorker) => worker.postMessage(message);
  return new Promise((resolve, reject) => {
    let closed: () => void = () => {};
    worker.once('error', reject);
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'deliver':
          deliver(message.messages);
          break;
        case 'failed':
          reject(new Error(message.message));
          break;
        case 'closed':
          void worker.terminate().then(() => closed());
          break;
        case 'listening':
          // From now on a fault of the worker ends the process, as one in the main thread would.
          worker.off('error', reject);
          resolve({
            addresses: message.addresses,
            post: (messages) => post({ kind: 'post', messages }),
            close: () =>
              new Promise<void>((done) => {
                closed = done;
                post({ kind: 'close' });
              }),
          });
      }
    });
  });
};
