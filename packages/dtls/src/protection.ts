/** AEAD protection of records (RFC 6347 §4.1.2.1, RFC 5246 §6.2.3.3, RFC 6655 §3, RFC 5288 §3). */
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { type DtlsRecord, RECORD_HEADER_LENGTH, writeRecordHeader } from './record.ts';
import type { Suite } from './suites.ts';

/** Explicit part of a nonce; we put epoch and sequence number there, which no two records of an epoch share. */
const EXPLICIT_NONCE_LENGTH = 8;
const NONCE_LENGTH = 12;
const AAD_LENGTH = 13;

/** The keys of an epoch, seen from one side, as octets that can be kept and made into keys again. */
export interface EpochKeys {
  readonly suite: Suite;
  /** Whether a CBC suite encrypts first (RFC 7366); false for an AEAD. */
  readonly encryptThenMac: boolean;
  /** Our MAC key, the peer's; our key, the peer's; our implicit nonce part, the peer's: as long as the suite has them. */
  readonly material: Uint8Array;
}

/** The keys of an epoch in use; what is made of the octets lives only between the first use and `cool`. */
export class RecordKeys {
  readonly source: EpochKeys;
  #writeKey: KeyObject | undefined;
  #readKey: KeyObject | undefined;

  constructor(source: EpochKeys) {
    this.source = source;
  }

  get suite(): Suite {
    return this.source.suite;
  }

  get writeKey(): KeyObject {
    this.#writeKey ??= createSecretKey(this.#key(0));
    return this.#writeKey;
  }

  get readKey(): KeyObject {
    this.#readKey ??= createSecretKey(this.#key(1));
    return this.#readKey;
  }

  get writeIv(): Uint8Array {
    return this.#iv(0);
  }

  get readIv(): Uint8Array {
    return this.#iv(1);
  }

  /** Drops the native objects; the next use makes them again. */
  cool(): void {
    this.#writeKey = undefined;
    this.#readKey = undefined;
  }

  #key(index: 0 | 1): Uint8Array {
    const { macKeyLength, keyLength } = this.suite.cipher;
    const start = 2 * macKeyLength + index * keyLength;
    return this.source.material.subarray(start, start + keyLength);
  }

  #iv(index: 0 | 1): Uint8Array {
    const { macKeyLength, keyLength, fixedIvLength } = this.suite.cipher;
    const start = 2 * (macKeyLength + keyLength) + index * fixedIvLength;
    return this.source.material.subarray(start, start + fixedIvLength);
  }
}

/** Octets that protection adds to a plaintext, record header included. */
export function protectionOverhead(suite: Suite): number {
  return RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH + suite.cipher.tagLength;
}

// node:crypto copies nonce and associated data at once, so one scratch of each serves all records.
const nonce = Buffer.alloc(NONCE_LENGTH);
const aad = Buffer.alloc(AAD_LENGTH);

/** Sets the associated data: epoch and sequence number, type, version, plaintext length. */
function setAssociatedData(header: Uint8Array, plaintextLength: number): void {
  for (let i = 0; i < 8; i++) aad[i] = header[3 + i] ?? 0;
  for (let i = 0; i < 3; i++) aad[8 + i] = header[i] ?? 0;
  aad.writeUInt16BE(plaintextLength, 11);
}

function setNonce(iv: Uint8Array, explicit: Uint8Array, offset: number): void {
  nonce.set(iv, 0);
  for (let i = 0; i < EXPLICIT_NONCE_LENGTH; i++) nonce[iv.length + i] = explicit[offset + i] ?? 0;
}

/** A protected record. The caller never uses a sequence number twice. */
export function sealRecord(
  keys: RecordKeys,
  type: number,
  epoch: number,
  sequence: number,
  plaintext: Uint8Array,
): Uint8Array {
  const { suite } = keys;
  const record = Buffer.allocUnsafe(protectionOverhead(suite) + plaintext.length);
  writeRecordHeader(record, type, epoch, sequence, record.length - RECORD_HEADER_LENGTH);
  record.copy(record, RECORD_HEADER_LENGTH, 3, 3 + EXPLICIT_NONCE_LENGTH);
  setNonce(keys.writeIv, record, RECORD_HEADER_LENGTH);
  setAssociatedData(record, plaintext.length);
  const cipher = createCipher(suite, keys.writeKey);
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const start = RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH;
  record.set(cipher.update(plaintext), start);
  cipher.final();
  record.set(cipher.getAuthTag(), start + plaintext.length);
  return record;
}

/** The plaintext of a protected record, or nothing when it is not authentic. */
export function openRecord(keys: RecordKeys, record: DtlsRecord): Uint8Array | undefined {
  const { suite } = keys;
  const length = record.fragment.length - EXPLICIT_NONCE_LENGTH - suite.cipher.tagLength;
  if (length < 0) return undefined;
  setNonce(keys.readIv, record.fragment, 0);
  setAssociatedData(record.bytes, length);
  const end = EXPLICIT_NONCE_LENGTH + length;
  try {
    const decipher = createDecipher(suite, keys.readKey);
    decipher.setAuthTag(record.fragment.subarray(end));
    decipher.setAAD(aad, { plaintextLength: length });
    const plaintext = decipher.update(record.fragment.subarray(EXPLICIT_NONCE_LENGTH, end));
    decipher.final();
    return plaintext;
  } catch {
    // node:crypto says by an exception that the tag does not match.
    return undefined;
  }
}

// The two modes differ in their static types only; each call below is legal for both.
function createCipher(suite: Suite, key: KeyObject): CipherGCM {
  const options = { authTagLength: suite.cipher.tagLength };
  return createCipheriv(suite.cipher.algorithm as 'aes-128-gcm', key, nonce, options);
}

function createDecipher(suite: Suite, key: KeyObject): DecipherGCM {
  const options = { authTagLength: suite.cipher.tagLength };
  return createDecipheriv(suite.cipher.algorithm as 'aes-128-gcm', key, nonce, options);
}
