/** Records protected by an AEAD (RFC 5246 §6.2.3.3, RFC 6655 §3, RFC 5288 §3): explicit nonce, ciphertext, tag. */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import { associatedData } from './associated-data.ts';
import { LONGEST_PLAINTEXT } from './ccm.ts';
import type { Protection } from './protection.ts';
import type { Direction, RecordKeys } from './record-keys.ts';

/** Explicit part of a nonce; we put epoch and sequence number there, which no two records of an epoch share. */
const EXPLICIT_NONCE_LENGTH = 8;
const NONCE_LENGTH = 12;

// node:crypto copies the nonce at once, so one scratch serves all records.
const nonce = Buffer.alloc(NONCE_LENGTH);

export const AEAD: Protection = {
  prefixLength: EXPLICIT_NONCE_LENGTH,

  fragmentLength: (keys, plaintextLength) => EXPLICIT_NONCE_LENGTH + plaintextLength + keys.suite.cipher.tagLength,

  seal(keys, record, headerLength, plaintextLength) {
    record.copy(record, headerLength, 3, 3 + EXPLICIT_NONCE_LENGTH);
    setNonce(keys, 'write', record, headerLength);
    const start = headerLength + EXPLICIT_NONCE_LENGTH;
    const end = start + plaintextLength;
    const associated = associatedData(record, headerLength, plaintextLength);
    const kept = plaintextLength <= LONGEST_PLAINTEXT ? keys.ccm('write') : undefined;
    if (kept) {
      kept.seal(nonce, associated, record, start, end);
      return;
    }
    const cipher = createCipher(keys);
    cipher.setAAD(associated, { plaintextLength });
    record.set(cipher.update(record.subarray(start, end)), start);
    cipher.final();
    record.set(cipher.getAuthTag(), end);
  },

  open(keys, record, headerLength) {
    const start = headerLength + EXPLICIT_NONCE_LENGTH;
    const end = record.length - keys.suite.cipher.tagLength;
    if (end < start) return undefined;
    const plaintextLength = end - start;
    setNonce(keys, 'read', record, headerLength);
    const associated = associatedData(record, headerLength, plaintextLength);
    const kept = plaintextLength <= LONGEST_PLAINTEXT ? keys.ccm('read') : undefined;
    if (kept) return kept.open(nonce, associated, record, start, end);
    try {
      const decipher = createDecipher(keys);
      decipher.setAuthTag(record.subarray(end));
      decipher.setAAD(associated, { plaintextLength });
      const plaintext = decipher.update(record.subarray(start, end));
      decipher.final();
      return plaintext;
    } catch {
      // node:crypto says by an exception that the tag does not match.
      return undefined;
    }
  },
};

/** The implicit part from the keys, the explicit one from the fragment. */
function setNonce(keys: RecordKeys, direction: Direction, record: Uint8Array, fragmentAt: number): void {
  const implicit = NONCE_LENGTH - EXPLICIT_NONCE_LENGTH;
  const ivAt = keys.ivOffset(direction);
  for (let i = 0; i < implicit; i++) nonce[i] = keys.material[ivAt + i] ?? 0;
  for (let i = 0; i < EXPLICIT_NONCE_LENGTH; i++) nonce[implicit + i] = record[fragmentAt + i] ?? 0;
}

// The modes differ in their static types only; each call above is legal for all.
function createCipher(keys: RecordKeys): CipherGCM {
  const { algorithm, tagLength } = keys.suite.cipher;
  return createCipheriv(algorithm as 'aes-128-gcm', keys.key('write'), nonce, { authTagLength: tagLength });
}

function createDecipher(keys: RecordKeys): DecipherGCM {
  const { algorithm, tagLength } = keys.suite.cipher;
  return createDecipheriv(algorithm as 'aes-128-gcm', keys.key('read'), nonce, { authTagLength: tagLength });
}
