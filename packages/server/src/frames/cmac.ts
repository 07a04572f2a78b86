import { createCipheriv, type KeyObject } from 'node:crypto';

const BLOCK = 16;
const ZEROS = Buffer.alloc(BLOCK);
/** What a doubling adds that carries out of 128 bits (RFC 4493 §2.3). */
const CARRY = 0x87;

/** AES-CMAC with a key of 128 bits (RFC 4493): 16 octets. */
export function cmac(key: KeyObject, message: Uint8Array): Buffer {
  const once = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const whole = double(once.update(ZEROS));
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK));
  const last = Buffer.alloc(BLOCK);
  const tail = message.subarray((blocks - 1) * BLOCK);
  last.set(tail);
  if (tail.length < BLOCK) last[tail.length] = 0x80;
  const mask = tail.length === BLOCK ? whole : double(whole);
  for (let at = 0; at < BLOCK; at++) last[at] = (last[at] ?? 0) ^ (mask[at] ?? 0);
  const chain = createCipheriv('aes-128-cbc', key, ZEROS).setAutoPadding(false);
  chain.update(message.subarray(0, (blocks - 1) * BLOCK));
  return chain.update(last);
}

/** Twice an element of the field with 2^128 elements. */
function double(block: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK);
  let carry = 0;
  for (let at = BLOCK - 1; at >= 0; at--) {
    const byte = block[at] ?? 0;
    result[at] = ((byte << 1) | carry) & 0xff;
    carry = byte >> 7;
  }
  if (carry === 1) result[BLOCK - 1] = (result[BLOCK - 1] ?? 0) ^ CARRY;
  return result;
}
