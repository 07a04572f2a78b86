/** SHA-256 and HMAC-SHA-256 of short inputs. */
import { hash } from 'node:crypto';

const BLOCK_LENGTH = 64;
const DIGEST_LENGTH = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** The SHA-256 digest. A digest asked for as text is made three times faster than one asked for as a Buffer. */
export function sha256(data: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

/**
 * HMAC-SHA-256 under one key (RFC 2104 §2), from two one-shot hashes: on Node 24 that takes a third of the time of
 * `createHmac`, and leaves no native object for the garbage collector; a handshake takes some fifteen of them.
 */
export class HmacSha256 {
  /** The key in its inner and its outer disguise. */
  readonly #pads: Buffer;

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK_LENGTH ? sha256(key) : key;
    this.#pads = Buffer.alloc(2 * BLOCK_LENGTH);
    this.#pads.fill(INNER_PAD, 0, BLOCK_LENGTH).fill(OUTER_PAD, BLOCK_LENGTH);
    for (let i = 0; i < short.length; i++) {
      const octet = short[i] ?? 0;
      this.#pads[i] = octet ^ INNER_PAD;
      this.#pads[BLOCK_LENGTH + i] = octet ^ OUTER_PAD;
    }
  }

  /** The code of the parts, one after the other; 32 octets. */
  digest(first: Uint8Array, second?: Uint8Array, third?: Uint8Array): Buffer {
    const secondAt = BLOCK_LENGTH + first.length;
    const thirdAt = secondAt + (second?.length ?? 0);
    const inner = Buffer.allocUnsafe(thirdAt + (third?.length ?? 0));
    inner.set(this.#pads.subarray(0, BLOCK_LENGTH), 0);
    inner.set(first, BLOCK_LENGTH);
    if (second) inner.set(second, secondAt);
    if (third) inner.set(third, thirdAt);
    const outer = Buffer.allocUnsafe(BLOCK_LENGTH + DIGEST_LENGTH);
    outer.set(this.#pads.subarray(BLOCK_LENGTH), 0);
    outer.write(hash('sha256', inner, 'binary'), BLOCK_LENGTH, 'binary');
    const digest = sha256(outer);
    inner.fill(0, 0, BLOCK_LENGTH);
    outer.fill(0);
    return digest;
  }

  /** Overwrites the key; the object is of no use after that. */
  wipe(): void {
    this.#pads.fill(0);
  }
}
