/**
 * AEADs by OpenSSL's own functions, in one context for each cipher and direction, which every record gives its key. An
 * object of `node:crypto` for each record takes 6 µs for 40 octets, and its native half is for the garbage collector;
 * this takes 0.5 µs, and sessions hold nothing for it.
 */
import { type AeadCipher, NONCE_LENGTH } from './aead-cipher.ts';
import { LONGEST_ASSOCIATED_DATA } from './associated-data.ts';
import type { Address, Libcrypto } from './libcrypto.ts';
import { MAX_PLAINTEXT } from './record.ts';
import type { RecordKeys } from './record-keys.ts';
import type { RecordCipher } from './suites.ts';

/** What is hidden behind a plaintext is one octet (RFC 9146 §4). */
const LONGEST_TEXT = MAX_PLAINTEXT + 1;

/** Commands of EVP_CIPHER_CTX_ctrl (openssl/evp.h). */
const SET_IV_LENGTH = 0x09;
const GET_TAG = 0x10;
const SET_TAG = 0x11;

const NOWHERE: Address = 0;

/** Where each thing stands that the functions read and write. */
const KEY = 0;
const NONCE = 32;
const TAG = 48;
/** An `int`: how much was written, which is known before. */
const WRITTEN = 64;
const ASSOCIATED = 72;
const TEXT = ASSOCIATED + LONGEST_ASSOCIATED_DATA;
const MEMORY_LENGTH = TEXT + LONGEST_TEXT;

/** The directions of a context (EVP_CipherInit_ex). */
const ENCRYPT = 1;
const DECRYPT = 0;

/**
 * One AEAD, for one thread.
 *
 * @throws if the library does not have the cipher
 */
export function evpCipher(library: Libcrypto, { algorithm, keyLength, tagLength }: RecordCipher): AeadCipher {
  /** CCM is told the length before anything else, and judges the tag with the text (EVP_EncryptInit(3)). */
  const isCcm = algorithm === 'aes-128-ccm';
  const memory = new Uint8Array(MEMORY_LENGTH);
  const at = library.addressOf(memory);
  const sealer = newContext(ENCRYPT);
  const opener = newContext(DECRYPT);

  function newContext(direction: number): Address {
    const context = library.EVP_CIPHER_CTX_new();
    const cipher = library.EVP_get_cipherbyname(algorithm);
    const ready =
      context !== NOWHERE &&
      cipher !== NOWHERE &&
      library.EVP_CipherInit_ex(context, cipher, NOWHERE, NOWHERE, NOWHERE, direction) > 0 &&
      library.EVP_CIPHER_CTX_ctrl(context, SET_IV_LENGTH, NONCE_LENGTH, NOWHERE) > 0 &&
      (!isCcm || library.EVP_CIPHER_CTX_ctrl(context, SET_TAG, tagLength, NOWHERE) > 0);
    if (!ready) throw new Error(`OpenSSL has no ${algorithm}`);
    return context;
  }

  /** Brings to where the functions find it what is not the text. What has no room would be written over other memory. */
  function load(keys: RecordKeys, keyAt: number, nonce: Uint8Array, associated: Uint8Array): void {
    if (associated.length > LONGEST_ASSOCIATED_DATA)
      throw new RangeError('There is no room for so much associated data');
    for (let i = 0; i < keyLength; i++) memory[KEY + i] = keys.material[keyAt + i] ?? 0;
    for (let i = 0; i < NONCE_LENGTH; i++) memory[NONCE + i] = nonce[i] ?? 0;
    for (let i = 0; i < associated.length; i++) memory[ASSOCIATED + i] = associated[i] ?? 0;
  }

  function loadText(record: Uint8Array, start: number, end: number): void {
    if (end - start > LONGEST_TEXT) throw new RangeError('There is no room for so long a text');
    for (let from = start, to = TEXT; from < end; from++, to++) memory[to] = record[from] ?? 0;
  }

  function begin(context: Address, direction: number): boolean {
    return library.EVP_CipherInit_ex(context, NOWHERE, NOWHERE, at + KEY, at + NONCE, direction) > 0;
  }

  function update(context: Address, associatedLength: number, textLength: number): boolean {
    return (
      (!isCcm || library.EVP_CipherUpdate(context, NOWHERE, at + WRITTEN, NOWHERE, textLength) > 0) &&
      library.EVP_CipherUpdate(context, NOWHERE, at + WRITTEN, at + ASSOCIATED, associatedLength) > 0 &&
      library.EVP_CipherUpdate(context, at + TEXT, at + WRITTEN, at + TEXT, textLength) > 0 &&
      (isCcm || library.EVP_CipherFinal_ex(context, at + TEXT, at + WRITTEN) > 0)
    );
  }

  return {
    seal(keys, nonce, associated, record, start, end) {
      load(keys, keys.keyOffset('write'), nonce, associated);
      loadText(record, start, end);
      const done =
        begin(sealer, ENCRYPT) &&
        update(sealer, associated.length, end - start) &&
        library.EVP_CIPHER_CTX_ctrl(sealer, GET_TAG, tagLength, at + TAG) > 0;
      if (!done) {
        library.ERR_clear_error();
        throw new Error(`OpenSSL did not encrypt with ${algorithm}`);
      }
      for (let from = TEXT, to = start; to < end; from++, to++) record[to] = memory[from] ?? 0;
      for (let i = 0; i < tagLength; i++) record[end + i] = memory[TAG + i] ?? 0;
    },

    open(keys, nonce, associated, record, start, end) {
      // No record of a session has so much (RFC 5246 §6.2.3).
      if (end - start > LONGEST_TEXT) return undefined;
      load(keys, keys.keyOffset('read'), nonce, associated);
      loadText(record, start, end);
      for (let i = 0; i < tagLength; i++) memory[TAG + i] = record[end + i] ?? 0;
      const authentic =
        begin(opener, DECRYPT) &&
        library.EVP_CIPHER_CTX_ctrl(opener, SET_TAG, tagLength, at + TAG) > 0 &&
        update(opener, associated.length, end - start);
      if (!authentic) {
        library.ERR_clear_error();
        return undefined;
      }
      const plaintext = Buffer.allocUnsafe(end - start);
      for (let from = TEXT, to = 0; to < plaintext.length; from++, to++) plaintext[to] = memory[from] ?? 0;
      return plaintext;
    },
  };
}
