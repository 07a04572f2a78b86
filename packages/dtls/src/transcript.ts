/** The handshake messages of both sides so far, in order (RFC 5246 §7.4.9, RFC 6347 §4.2.6). */
import { digest } from './hmac.ts';
import type { HashName } from './suites.ts';

/**
 * Kept as messages and hashed at once when a hash is asked for: few points of a handshake need one, and a one-shot
 * hash takes less than the copies of a running one.
 */
export class Transcript {
  #messages: Uint8Array[] = [];
  #hash: Buffer | undefined;

  /** Adds a message with its header, in the form in which it counts: as if it had been sent whole. */
  add(message: Uint8Array): void {
    this.#messages.push(message);
    this.#hash = undefined;
  }

  /** Begins anew. */
  clear(): void {
    this.#messages = [];
    this.#hash = undefined;
  }

  /** All messages as one, as a CertificateVerify signs them (RFC 5246 §7.4.8). */
  bytes(): Buffer {
    return Buffer.concat(this.#messages);
  }

  /** The hash of all messages; the session hash of RFC 7627 §3 once the ClientKeyExchange is the last of them. */
  hash(algorithm: HashName): Buffer {
    this.#hash ??= digest(algorithm, this.bytes());
    return this.#hash;
  }
}
