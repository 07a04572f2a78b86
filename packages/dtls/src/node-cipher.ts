import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import type { AeadCipher } from './aead-cipher.ts';
import type { RecordCipher } from './suites.ts';

/** An AEAD by `node:crypto`, with an object for each record. */
export function nodeCipher({ algorithm, tagLength }: RecordCipher): AeadCipher {
  const options = { authTagLength: tagLength };
  return {
    seal(keys, nonce, associated, record, start, end) {
      // The modes differ in their static types only; each call is legal for all.
      const cipher: CipherGCM = createCipheriv(algorithm as 'aes-128-gcm', keys.key('write'), nonce, options);
      cipher.setAAD(associated, { plaintextLength: end - start });
      record.set(cipher.update(record.subarray(start, end)), start);
      cipher.final();
      record.set(cipher.getAuthTag(), end);
    },

    open(keys, nonce, associated, record, start, end) {
      try {
        const key = keys.key('read');
        const decipher: DecipherGCM = createDecipheriv(algorithm as 'aes-128-gcm', key, nonce, options);
        decipher.setAuthTag(record.subarray(end, end + tagLength));
        decipher.setAAD(associated, { plaintextLength: end - start });
        const plaintext = decipher.update(record.subarray(start, end));
        decipher.final();
        return plaintext;
      } catch {
        // node:crypto says by an exception that the tag does not match.
        return undefined;
      }
    },
  };
}
