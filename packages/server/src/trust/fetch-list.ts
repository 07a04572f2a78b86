import type { After } from '../notices/send.ts';
import { trustLimits } from './limits.ts';

export interface FetchOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly after: After;
  /** Ends the try when the server stops. */
  readonly signal: AbortSignal;
}

/**
 * Fetches a revocation list over HTTP, in PEM or DER as it is there. Redirects are not followed.
 *
 * @throws Error in words for people
 */
export async function fetchList(url: string, { fetch, after, signal }: FetchOptions): Promise<Buffer> {
  const late = new AbortController();
  const cancel = after(trustLimits.fetchTimeout, () => late.abort());
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/pkix-crl, application/x-pem-file', 'user-agent': 'Reeve' },
      signal: AbortSignal.any([late.signal, signal]),
    });
    if (!response.ok) {
      response.body?.cancel().catch(() => {});
      throw new Error(`answered ${response.status}`);
    }
    return await readBounded(response);
  } catch (error) {
    if (late.signal.aborted) throw new Error(`no answer within ${trustLimits.fetchTimeout / 1000} s`);
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  } finally {
    cancel();
  }
}

async function readBounded({ body }: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > trustLimits.listBytes) throw new Error(`the list is longer than ${trustLimits.listBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
