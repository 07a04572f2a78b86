import type { KeyObject } from 'node:crypto';
import type { Millis } from '../ids.ts';
import { noticeLimits } from './limits.ts';
import { signedHeaders } from './signature.ts';

/** Runs something once after some milliseconds; the result takes it back. */
export type After = (ms: number, run: () => void) => () => void;

export interface SendOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly after: After;
  readonly now: () => Millis;
  /** Ends the try when the server stops. */
  readonly signal: AbortSignal;
}

interface Message {
  readonly url: string;
  readonly key: KeyObject;
  readonly id: string;
  readonly body: string;
}

/**
 * Posts one notice. Redirects are not followed, and nothing of the answer but its status is read.
 *
 * @returns undefined if it was answered 2xx, else what went wrong
 */
export async function send({ url, key, id, body }: Message, options: SendOptions): Promise<string | undefined> {
  const late = new AbortController();
  const cancel = options.after(noticeLimits.timeout, () => late.abort());
  try {
    const response = await options.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Reeve',
        ...signedHeaders(key, Math.floor(options.now() / 1000), id, body),
      },
      body,
      signal: AbortSignal.any([late.signal, options.signal]),
    });
    // Not awaited: a receiver that goes on sending its answer must not hold the outbox.
    response.body?.cancel().catch(() => {});
    return response.ok ? undefined : `answered ${response.status}`;
  } catch (error) {
    if (late.signal.aborted) return `no answer within ${noticeLimits.timeout / 1000} s`;
    return reasonOf(error).slice(0, noticeLimits.errorLength);
  } finally {
    cancel();
  }
}

/** fetch hides what happened to the connection in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}
