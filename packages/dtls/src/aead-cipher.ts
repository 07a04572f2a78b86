import type { RecordKeys } from './record-keys.ts';

/** Octets of every nonce (RFC 6655 §3, RFC 5288 §3). */
export const NONCE_LENGTH = 12;

/** Does something with the octets of `record` from `start` to `end`, and the tag behind them. */
type Work<Result> = (
  keys: RecordKeys,
  nonce: Uint8Array,
  associated: Uint8Array,
  record: Uint8Array,
  start: number,
  end: number,
) => Result;

/** One AEAD for the records of all sessions. The caller never seals twice under one key and nonce. */
export interface AeadCipher {
  /** Encrypts in place with our key, and writes the tag. */
  readonly seal: Work<void>;
  /** The plaintext by the peer's key, if the tag is that of all the rest. */
  readonly open: Work<Uint8Array | undefined>;
}
