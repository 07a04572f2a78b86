/** AEAD protection of records (RFC 6347 §4.1.2.1, RFC 5246 §6.2.3.3, RFC 6655 §3, RFC 5288 §3). */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, type KeyObject } from 'node:crypto';
import { type DtlsRecord, RECORD_HEADER_LENGTH, writeRecordHeader } from './record.ts';
import type { Suite } from './suites.ts';

/** Explicit part of a nonce; we put epoch and sequence number there, which no two records of an epoch share. */
const EXPLICIT_NONCE_LENGTH = 8;
const NONCE_LENGTH = 12;
const AAD_LENGTH = 13;

/** One direction's key and the implicit part of its nonces. */
interface DirectionKeys {
  readonly key: KeyObject;
  readonly iv: Uint8Array;
}

/** The keys of an epoch, seen from one side. */
export interface EpochKeys {
  readonly suite: Suite;
  readonly write: DirectionKeys;
  readonly read: DirectionKeys;
}

/** Octets that protection adds to a plaintext, record header included. */
export function protectionOverhead(suite: Suite): number {
  return RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH + suite.tagLength;
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
  keys: EpochKeys,
  type: number,
  epoch: number,
  sequence: number,
  plaintext: Uint8Array,
): Uint8Array {
  const { suite, write } = keys;
  const record = Buffer.allocUnsafe(protectionOverhead(suite) + plaintext.length);
  writeRecordHeader(record, type, epoch, sequence, record.length - RECORD_HEADER_LENGTH);
  record.copy(record, RECORD_HEADER_LENGTH, 3, 3 + EXPLICIT_NONCE_LENGTH);
  setNonce(write.iv, record, RECORD_HEADER_LENGTH);
  setAssociatedData(record, plaintext.length);
  const cipher = createCipher(suite, write.key);
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const start = RECORD_HEADER_LENGTH + EXPLICIT_NONCE_LENGTH;
  record.set(cipher.update(plaintext), start);
  cipher.final();
  record.set(cipher.getAuthTag(), start + plaintext.length);
  return record;
}

/** The plaintext of a protected record, or nothing when it is not authentic. */
export function openRecord(keys: EpochKeys, record: DtlsRecord): Uint8Array | undefined {
  const { suite, read } = keys;
  const length = record.fragment.length - EXPLICIT_NONCE_LENGTH - suite.tagLength;
  if (length < 0) return undefined;
  setNonce(read.iv, record.fragment, 0);
  setAssociatedData(record.bytes, length);
  const end = EXPLICIT_NONCE_LENGTH + length;
  try {
    const decipher = createDecipher(suite, read.key);
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
  const options = { authTagLength: suite.tagLength };
  return createCipheriv(suite.cipher as 'aes-128-gcm', key, nonce, options);
}

function createDecipher(suite: Suite, key: KeyObject): DecipherGCM {
  const options = { authTagLength: suite.tagLength };
  return createDecipheriv(suite.cipher as 'aes-128-gcm', key, nonce, options);
}
