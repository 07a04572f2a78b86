import { createHmac, type KeyObject } from 'node:crypto';

/**
 * Headers that let a receiver verify a notice: HMAC-SHA256 (RFC 2104) with the webhook's secret over
 * `timestamp.id.body`. `docs/webhooks.md` has the verifier.
 *
 * @param timestamp of this try, in seconds since the Unix epoch
 */
export function signedHeaders(key: KeyObject, timestamp: number, id: string, body: string): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${timestamp}.${id}.${body}`).digest('hex');
  return { 'reeve-id': id, 'reeve-timestamp': String(timestamp), 'reeve-signature': `v1=${signature}` };
}
