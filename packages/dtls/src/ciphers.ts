import { type AeadCipher, NONCE_LENGTH } from './aead-cipher.ts';
import { evpCipher } from './evp-cipher.ts';
import { type Libcrypto, loadLibcrypto } from './libcrypto.ts';
import { nodeCipher } from './node-cipher.ts';
import { RecordKeys } from './record-keys.ts';
import type { RecordCipher, Suite } from './suites.ts';

const library = loadLibcrypto();
const known = new Map<RecordCipher, AeadCipher>();

/** The cipher of a suite's records, by the quickest way to OpenSSL that there is. */
export function cipherOf(suite: Suite): AeadCipher {
  let cipher = known.get(suite.cipher);
  if (cipher === undefined) {
    cipher = (library && evpCipherOf(library, suite)) ?? nodeCipher(suite.cipher);
    known.set(suite.cipher, cipher);
  }
  return cipher;
}

/** A cipher by OpenSSL's own functions, if what this build of them makes is what `node:crypto` makes. */
export function evpCipherOf(functions: Libcrypto, suite: Suite): AeadCipher | undefined {
  try {
    const cipher = evpCipher(functions, suite.cipher);
    return sample(cipher, suite).equals(sample(nodeCipher(suite.cipher), suite)) ? cipher : undefined;
  } catch {
    return undefined;
  }
}

function sample(cipher: AeadCipher, suite: Suite): Buffer {
  const { keyLength, fixedIvLength, tagLength } = suite.cipher;
  const material = new Uint8Array(2 * (keyLength + fixedIvLength));
  const keys = new RecordKeys({ suite, encryptThenMac: false, material });
  const text = Buffer.from('of more than one block of AES');
  const record = Buffer.concat([text, Buffer.alloc(tagLength)]);
  cipher.seal(keys, new Uint8Array(NONCE_LENGTH), text, record, 0, text.length);
  return record;
}
