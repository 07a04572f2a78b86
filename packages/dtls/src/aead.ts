/** Records protected by an AEAD (RFC 5246 §6.2.3.3, RFC 6655 §3, RFC 5288 §3): explicit nonce, ciphertext, tag. */
import { NONCE_LENGTH } from './aead-cipher.ts';
import { associatedData } from './associated-data.ts';
import { cipherOf } from './ciphers.ts';
import type { Protection } from './protection.ts';
import type { Direction, RecordKeys } from './record-keys.ts';

/** Explicit part of a nonce; we put epoch and sequence number there, which no two records of an epoch share. */
const EXPLICIT_NONCE_LENGTH = 8;

// Ciphers are done with the nonce at once, so one scratch serves all records.
const nonce = Buffer.alloc(NONCE_LENGTH);

export const AEAD: Protection = {
  prefixLength: EXPLICIT_NONCE_LENGTH,

  fragmentLength: (keys, plaintextLength) => EXPLICIT_NONCE_LENGTH + plaintextLength + keys.suite.cipher.tagLength,

  seal(keys, record, headerLength, plaintextLength) {
    record.copy(record, headerLength, 3, 3 + EXPLICIT_NONCE_LENGTH);
    setNonce(keys, 'write', record, headerLength);
    const start = headerLength + EXPLICIT_NONCE_LENGTH;
    const associated = associatedData(record, headerLength, plaintextLength);
    cipherOf(keys.suite).seal(keys, nonce, associated, record, start, start + plaintextLength);
  },

  open(keys, record, headerLength) {
    const start = headerLength + EXPLICIT_NONCE_LENGTH;
    const end = record.length - keys.suite.cipher.tagLength;
    if (end < start) return undefined;
    setNonce(keys, 'read', record, headerLength);
    const associated = associatedData(record, headerLength, end - start);
    return cipherOf(keys.suite).open(keys, nonce, associated, record, start, end);
  },
};

/** The implicit part from the keys, the explicit one from the fragment. */
function setNonce(keys: RecordKeys, direction: Direction, record: Uint8Array, fragmentAt: number): void {
  const implicit = NONCE_LENGTH - EXPLICIT_NONCE_LENGTH;
  const ivAt = keys.ivOffset(direction);
  for (let i = 0; i < implicit; i++) nonce[i] = keys.material[ivAt + i] ?? 0;
  for (let i = 0; i < EXPLICIT_NONCE_LENGTH; i++) nonce[implicit + i] = record[fragmentAt + i] ?? 0;
}
