/** The keys that protect an epoch's records. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { Ccm } from './ccm.ts';
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
  #keepsCiphers = false;
  #writeCcm: Ccm | undefined;
  #readCcm: Ccm | undefined;

  constructor({ suite, encryptThenMac, material }: EpochKeys) {
    this.suite = suite;
    this.encryptThenMac = encryptThenMac;
    this.material = material;
  }

  key(direction: Direction): KeyObject {
    if (direction === 'write') {
      this.#writeKey ??= this.#makeKey(0);
      return this.#writeKey;
    }
    this.#readKey ??= this.#makeKey(1);
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

  /** Keeps cipher objects from one record to the next from now on, for what there are such. */
  keepCiphers(): void {
    this.#keepsCiphers = this.suite.cipher.algorithm === 'aes-128-ccm';
  }

  /** The ciphers that are kept, if they are. */
  ccm(direction: Direction): Ccm | undefined {
    if (!this.#keepsCiphers) return undefined;
    if (direction === 'write') {
      this.#writeCcm ??= new Ccm(this.key('write'), this.suite.cipher.tagLength);
      return this.#writeCcm;
    }
    this.#readCcm ??= new Ccm(this.key('read'), this.suite.cipher.tagLength);
    return this.#readCcm;
  }

  /** Where the implicit part of the nonces begins in `material`. */
  ivOffset(direction: Direction): number {
    const { macKeyLength, keyLength, fixedIvLength } = this.suite.cipher;
    return 2 * (macKeyLength + keyLength) + (direction === 'write' ? 0 : fixedIvLength);
  }

  // A slice and not a view: the view of a short array moves its octets off the heap for good.
  #makeKey(index: 0 | 1): KeyObject {
    const { macKeyLength, keyLength } = this.suite.cipher;
    const start = 2 * macKeyLength + index * keyLength;
    return createSecretKey(this.material.slice(start, start + keyLength));
  }

  #makeMac(index: 0 | 1): Hmac {
    const { macKeyLength } = this.suite.cipher;
    return new Hmac('sha256', this.material.slice(index * macKeyLength, (index + 1) * macKeyLength));
  }
}
