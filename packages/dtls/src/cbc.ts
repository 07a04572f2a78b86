/**
 * Records protected by AES-CBC and HMAC-SHA-256: initialization vector, ciphertext and, inside of it (RFC 5246
 * §6.2.3.2) or after it (RFC 7366 §3), the code.
 *
 * With the code inside, how long the check of a forged record takes must not tell where its padding ends (Lucky
 * Thirteen). So the code is always computed, over an input of a length that does not depend on the padding as seen in
 * calls of the compression function, and all failures end in the same place. That is as far as JavaScript allows:
 * nothing here controls caches, the compiler or the garbage collector, and the suites are off unless asked for.
 */
import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { associatedData } from './associated-data.ts';
import { digest, HASH_LENGTHS } from './hmac.ts';
import type { Protection } from './protection.ts';
import type { RecordKeys } from './record-keys.ts';

const BLOCK_LENGTH = 16;
const MAC_LENGTH = HASH_LENGTHS.sha256.digest;
const HASH_BLOCK_LENGTH = HASH_LENGTHS.sha256.block;
/** One octet of 0x80 and the length, which a hash adds to its input (FIPS 180-4 §5.1.1). */
const HASH_PADDING_LENGTH = 9;
const MAX_PADDING = 256;

const ZEROS = Buffer.alloc(BLOCK_LENGTH);
/** To keep the compression function as busy as with the least padding. */
const IDLE_INPUT = Buffer.alloc(MAX_PADDING + HASH_BLOCK_LENGTH);

export const CBC: Protection = {
  prefixLength: BLOCK_LENGTH,

  fragmentLength(keys, plaintextLength) {
    const [inside, outside] = keys.encryptThenMac ? [0, MAC_LENGTH] : [MAC_LENGTH, 0];
    return BLOCK_LENGTH + paddedLength(plaintextLength + inside) + outside;
  },

  seal(keys, record, headerLength, plaintextLength) {
    const start = headerLength + BLOCK_LENGTH;
    let end = start + plaintextLength;
    if (!keys.encryptThenMac) {
      const associated = associatedData(record, headerLength, plaintextLength);
      record.set(keys.mac('write').digest(associated, record.subarray(start, end)), end);
      end += MAC_LENGTH;
    }
    const ciphertextEnd = start + paddedLength(end - start);
    record.fill(ciphertextEnd - end - 1, end, ciphertextEnd);
    encrypt(keys, record, headerLength, ciphertextEnd);
    if (!keys.encryptThenMac) return;
    const encrypted = record.subarray(headerLength, ciphertextEnd);
    const associated = associatedData(record, headerLength, encrypted.length);
    record.set(keys.mac('write').digest(associated, encrypted), ciphertextEnd);
  },

  open: (keys, record, headerLength) =>
    keys.encryptThenMac ? openMacOutside(keys, record, headerLength) : openMacInside(keys, record, headerLength),
};

/** The length with at least one octet of padding. */
function paddedLength(length: number): number {
  return length - (length % BLOCK_LENGTH) + BLOCK_LENGTH;
}

/**
 * Encrypts in place. The initialization vector is the encryption of epoch and sequence number, which nobody without
 * the key can foretell (NIST SP 800-38A, appendix C): it is what CBC makes of a first block, begun with zeros.
 */
function encrypt(keys: RecordKeys, record: Buffer, start: number, end: number): void {
  record.fill(0, start, start + BLOCK_LENGTH);
  record.copy(record, start, 3, 11);
  const cipher = createCipheriv('aes-128-cbc', keys.key('write'), ZEROS).setAutoPadding(false);
  record.set(cipher.update(record.subarray(start, end)), start);
}

/** @param fragment initialization vector and whole blocks */
function decrypt(keys: RecordKeys, fragment: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', keys.key('read'), fragment.subarray(0, BLOCK_LENGTH));
  return decipher.setAutoPadding(false).update(fragment.subarray(BLOCK_LENGTH));
}

function openMacOutside(keys: RecordKeys, record: Uint8Array, headerLength: number): Uint8Array | undefined {
  const encrypted = record.subarray(headerLength, Math.max(headerLength, record.length - MAC_LENGTH));
  if (encrypted.length < 2 * BLOCK_LENGTH || encrypted.length % BLOCK_LENGTH !== 0) return undefined;
  const associated = associatedData(record, headerLength, encrypted.length);
  const code = keys.mac('read').digest(associated, encrypted);
  if (!timingSafeEqual(code, record.subarray(record.length - MAC_LENGTH))) return undefined;
  const decrypted = decrypt(keys, encrypted);
  const { bad, length } = checkPadding(decrypted, decrypted.length);
  return bad === 0 ? decrypted.subarray(0, decrypted.length - length) : undefined;
}

function openMacInside(keys: RecordKeys, record: Uint8Array, headerLength: number): Uint8Array | undefined {
  const fragment = record.subarray(headerLength);
  const longest = fragment.length - BLOCK_LENGTH - MAC_LENGTH - 1;
  if (longest < 0 || fragment.length % BLOCK_LENGTH !== 0) return undefined;
  const decrypted = decrypt(keys, fragment);
  const { bad, length } = checkPadding(decrypted, decrypted.length - MAC_LENGTH);
  const end = decrypted.length - MAC_LENGTH - length;
  const associated = associatedData(record, headerLength, end);
  const code = keys.mac('read').digest(associated, decrypted.subarray(0, end));
  const idle = hashBlocks(associated.length + longest) - hashBlocks(associated.length + end);
  digest('sha256', IDLE_INPUT.subarray(0, idle * HASH_BLOCK_LENGTH));
  const equal = timingSafeEqual(code, decrypted.subarray(end, end + MAC_LENGTH)) ? 0 : -1;
  return (bad | equal) === 0 ? decrypted.subarray(0, end) : undefined;
}

/** Calls of the compression function for so much input after the key's block. */
function hashBlocks(inputLength: number): number {
  return Math.ceil((inputLength + HASH_PADDING_LENGTH) / HASH_BLOCK_LENGTH);
}

/**
 * The padding at the end, in a time that depends on the length of the input alone: `bad` is 0 or -1, and then the
 * padding counts as its length octet alone, as RFC 5246 §6.2.3.2 advises.
 *
 * @param room octets that the padding with its length octet may have
 */
function checkPadding(decrypted: Uint8Array, room: number): { readonly bad: number; readonly length: number } {
  const last = decrypted[decrypted.length - 1] ?? 0;
  let difference = (room - last - 1) >> 31;
  const checked = Math.min(MAX_PADDING, decrypted.length);
  for (let i = 1; i <= checked; i++) {
    // All ones while the octet, counted from the end, belongs to the padding.
    const belongs = (i - last - 2) >> 31;
    difference |= belongs & ((decrypted[decrypted.length - i] ?? 0) ^ last);
  }
  const bad = (difference | -difference) >> 31;
  return { bad, length: (last & ~bad) + 1 };
}
