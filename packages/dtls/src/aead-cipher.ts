import type { RecordKeys } from './record-keys.ts';

/** Octets of every nonce (RFC 6655 §3, RFC 5288 §3). */
export const NONCE_LENGTH = 12;

/**
 * One AEAD for the records of all sessions. What is protected stands in `record` from `start` to `end`, and its tag
 * behind it. The caller never seals twice under one key and nonce.
 */
export interface AeadCipher {
  /** Encrypts in place with our key, and writes the tag. */
  seal(
    keys: RecordKeys,
    nonce: Uint8Array,
    associated: Uint8Array,
    record: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** The plaintext by the peer's key, if the tag is that of all the rest. */
  open(
    keys: RecordKeys,
    nonce: Uint8Array,
    associated: Uint8Array,
    record: Uint8Array,
    start: number,
    end: number,
  ): Uint8Array | undefined;
}
