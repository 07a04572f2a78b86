/**
 * AEADs by OpenSSL's own functions, in one context for each cipher and direction, which every record gives its key. An
 * object of `node:crypto` for each record takes 6 µs for 40 octets, and its native half is for the garbage collector;
 * this takes 0.5 µs, and sessions hold nothing for it.
 */
import { type AeadCipher, NONCE_LENGTH } from './aead-cipher.ts';
import { LONGEST_ASSOCIATED_DATA } from './associated-data.ts';
import type { Address, Libcrypto } from './libcrypto.ts';
import { MAX_PLAINTEXT } from './record.ts';
import type { Direction, RecordKeys } from './record-keys.ts';
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

/** One AEAD, for one thread. */
export class EvpCipher implements AeadCipher {
  readonly #library: Libcrypto;
  readonly #cipher: RecordCipher;
  /** CCM is told the length before anything else, and judges the tag with the text (EVP_EncryptInit(3)). */
  readonly #isCcm: boolean;
  readonly #sealer: Address;
  readonly #opener: Address;
  readonly #memory = new Uint8Array(MEMORY_LENGTH);
  readonly #at: Address;

  /** @throws if the library does not have the cipher */
  constructor(library: Libcrypto, cipher: RecordCipher) {
    this.#library = library;
    this.#cipher = cipher;
    this.#isCcm = cipher.algorithm === 'aes-128-ccm';
    this.#at = library.addressOf(this.#memory);
    this.#sealer = this.#context(1);
    this.#opener = this.#context(0);
  }

  seal(
    keys: RecordKeys,
    nonce: Uint8Array,
    associated: Uint8Array,
    record: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { tagLength } = this.#cipher;
    const library = this.#library;
    this.#load(keys, 'write', nonce, associated);
    this.#loadText(record, start, end);
    const done =
      this.#begin(this.#sealer, 1) &&
      this.#update(this.#sealer, associated.length, end - start) &&
      (this.#isCcm || library.EVP_CipherFinal_ex(this.#sealer, this.#at + TEXT, this.#at + WRITTEN) > 0) &&
      library.EVP_CIPHER_CTX_ctrl(this.#sealer, GET_TAG, tagLength, this.#at + TAG) > 0;
    if (!done) throw new Error(`OpenSSL did not encrypt with ${this.#cipher.algorithm}`);
    const memory = this.#memory;
    for (let from = TEXT, to = start; to < end; from++, to++) record[to] = memory[from] ?? 0;
    for (let i = 0; i < tagLength; i++) record[end + i] = memory[TAG + i] ?? 0;
  }

  open(
    keys: RecordKeys,
    nonce: Uint8Array,
    associated: Uint8Array,
    record: Uint8Array,
    start: number,
    end: number,
  ): Buffer | undefined {
    // No record of a session has so much (RFC 5246 §6.2.3).
    if (end - start > LONGEST_TEXT) return undefined;
    const { tagLength } = this.#cipher;
    const library = this.#library;
    const memory = this.#memory;
    this.#load(keys, 'read', nonce, associated);
    this.#loadText(record, start, end);
    for (let i = 0; i < tagLength; i++) memory[TAG + i] = record[end + i] ?? 0;
    const authentic =
      this.#begin(this.#opener, 0) &&
      library.EVP_CIPHER_CTX_ctrl(this.#opener, SET_TAG, tagLength, this.#at + TAG) > 0 &&
      this.#update(this.#opener, associated.length, end - start) &&
      (this.#isCcm || library.EVP_CipherFinal_ex(this.#opener, this.#at + TEXT, this.#at + WRITTEN) > 0);
    if (!authentic) {
      library.ERR_clear_error();
      return undefined;
    }
    const plaintext = Buffer.allocUnsafe(end - start);
    for (let from = TEXT, to = 0; to < plaintext.length; from++, to++) plaintext[to] = memory[from] ?? 0;
    return plaintext;
  }

  #context(encrypts: 0 | 1): Address {
    const { algorithm, tagLength } = this.#cipher;
    const library = this.#library;
    const context = library.EVP_CIPHER_CTX_new();
    const cipher = library.EVP_get_cipherbyname(algorithm);
    const ready =
      cipher !== NOWHERE &&
      library.EVP_CipherInit_ex(context, cipher, NOWHERE, NOWHERE, NOWHERE, encrypts) > 0 &&
      library.EVP_CIPHER_CTX_ctrl(context, SET_IV_LENGTH, NONCE_LENGTH, NOWHERE) > 0 &&
      (!this.#isCcm || library.EVP_CIPHER_CTX_ctrl(context, SET_TAG, tagLength, NOWHERE) > 0);
    if (!ready) throw new Error(`OpenSSL has no ${algorithm}`);
    return context;
  }

  /** Brings to where the functions find it what is not the text. */
  #load(keys: RecordKeys, direction: Direction, nonce: Uint8Array, associated: Uint8Array): void {
    if (associated.length > LONGEST_ASSOCIATED_DATA)
      throw new RangeError('There is no room for so much associated data');
    const memory = this.#memory;
    const keyAt = keys.keyOffset(direction);
    for (let i = 0; i < this.#cipher.keyLength; i++) memory[KEY + i] = keys.material[keyAt + i] ?? 0;
    for (let i = 0; i < NONCE_LENGTH; i++) memory[NONCE + i] = nonce[i] ?? 0;
    for (let i = 0; i < associated.length; i++) memory[ASSOCIATED + i] = associated[i] ?? 0;
  }

  #loadText(record: Uint8Array, start: number, end: number): void {
    if (end - start > LONGEST_TEXT) throw new RangeError('There is no room for so long a text');
    for (let from = start, to = TEXT; from < end; from++, to++) this.#memory[to] = record[from] ?? 0;
  }

  #begin(context: Address, encrypts: 0 | 1): boolean {
    const at = this.#at;
    return this.#library.EVP_CipherInit_ex(context, NOWHERE, NOWHERE, at + KEY, at + NONCE, encrypts) > 0;
  }

  #update(context: Address, associatedLength: number, textLength: number): boolean {
    const library = this.#library;
    const written = this.#at + WRITTEN;
    const text = this.#at + TEXT;
    return (
      (!this.#isCcm || library.EVP_CipherUpdate(context, NOWHERE, written, NOWHERE, textLength) > 0) &&
      library.EVP_CipherUpdate(context, NOWHERE, written, this.#at + ASSOCIATED, associatedLength) > 0 &&
      library.EVP_CipherUpdate(context, text, written, text, textLength) > 0
    );
  }
}
