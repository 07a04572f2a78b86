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

/** What a cipher is tried with: of nothing, the tag is all that there is to judge. */
const ASSOCIATED = Buffer.from('of more than one block of AES');
const TEXTS = [ASSOCIATED, ASSOCIATED.subarray(0, 0)];

/** A cipher by OpenSSL's own functions, if what this build of them does is what `node:crypto` does. */
export function evpCipherOf(functions: Libcrypto, suite: Suite): AeadCipher | undefined {
  try {
    const cipher = evpCipher(functions, suite.cipher);
    return TEXTS.every((text) => isRight(cipher, suite, text)) ? cipher : undefined;
  } catch {
    functions.ERR_clear_error();
    return undefined;
  }
}

/** Seals as `node:crypto` does, opens that, refuses it with another tag, and opens it again. */
function isRight(cipher: AeadCipher, suite: Suite, text: Buffer): boolean {
  const { keyLength, fixedIvLength, tagLength } = suite.cipher;
  const material = new Uint8Array(2 * (keyLength + fixedIvLength));
  const keys = new RecordKeys({ suite, encryptThenMac: false, material });
  const nonce = new Uint8Array(NONCE_LENGTH);
  const sealedBy = ({ seal }: AeadCipher): Buffer => {
    const record = Buffer.concat([text, Buffer.alloc(tagLength)]);
    seal(keys, nonce, ASSOCIATED, record, 0, text.length);
    return record;
  };
  const sealed = sealedBy(nodeCipher(suite.cipher));
  const forged = Buffer.from(sealed);
  forged[text.length] = (sealed[text.length] ?? 0) ^ 1;
  const opened = (record: Buffer) => cipher.open(keys, nonce, ASSOCIATED, record, 0, text.length);
  const opens = (): boolean => text.equals(opened(sealed) ?? forged);
  return sealedBy(cipher).equals(sealed) && opens() && opened(forged) === undefined && opens();
}
