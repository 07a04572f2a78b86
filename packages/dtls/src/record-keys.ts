/** The keys that protect an epoch's records. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { Hmac } from './hmac.ts';
import type { Suite } from './suites.ts';

/** The keys of an epoch, seen from one side, as octets that can be kept and made into keys again. */
export interface EpochKeys {
  readonly suite: Suite;
  /** Whether a CBC suite encrypts first (RFC 7366); of no meaning for an AEAD. */
  readonly encryptThenMac: boolean;
  /** Our MAC key, the peer's; our key, the peer's; our implicit nonce part, the peer's: as long as the suite has them. */
  readonly material: Uint8Array;
}

/** Which side's keys: ours to seal with, the peer's to open with. */
export type Direction = 'write' | 'read';

/**
 * The keys of an epoch in use, made of the octets at their first use: native keys take most of the memory of a session,
 * and one that sleeps has none.
 */
export class RecordKeys implements EpochKeys {
  readonly suite: Suite;
  readonly encryptThenMac: boolean;
  readonly material: Uint8Array;
  #writeKey: KeyObject | undefined;
  #readKey: KeyObject | undefined;
  #writeMac: Hmac | undefined;
  #readMac: Hmac | undefined;

  constructor({ suite, encryptThenMac, material }: EpochKeys) {
    this.suite = suite;
    this.encryptThenMac = encryptThenMac;
    this.material = material;
  }

  key(direction: Direction): KeyObject {
    if (direction === 'write') {
      this.#writeKey ??= this.#makeKey('write');
      return this.#writeKey;
    }
    this.#readKey ??= this.#makeKey('read');
    return this.#readKey;
  }

  mac(direction: Direction): Hmac {
    if (direction === 'write') {
      this.#writeMac ??= this.#makeMac(0);
      return this.#writeMac;
    }
    this.#readMac ??= this.#makeMac(1);
    return this.#readMac;
  }

  /** Where the key begins in `material`. */
  keyOffset(direction: Direction): number {
    const { macKeyLength, keyLength } = this.suite.cipher;
    return 2 * macKeyLength + (direction === 'write' ? 0 : keyLength);
  }

  /** Where the implicit part of the nonces begins in `material`. */
  ivOffset(direction: Direction): number {
    const { macKeyLength, keyLength, fixedIvLength } = this.suite.cipher;
    return 2 * (macKeyLength + keyLength) + (direction === 'write' ? 0 : fixedIvLength);
  }

  // A slice and not a view: the view of a short array moves its octets off the heap for good.
  #makeKey(direction: Direction): KeyObject {
    const start = this.keyOffset(direction);
    return createSecretKey(this.material.slice(start, start + this.suite.cipher.keyLength));
  }

  #makeMac(index: 0 | 1): Hmac {
    const { macKeyLength } = this.suite.cipher;
    return new Hmac('sha256', this.material.slice(index * macKeyLength, (index + 1) * macKeyLength));
  }
}
