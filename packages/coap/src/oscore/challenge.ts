import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;
const VALUE_BYTES = 8;

/**
 * What a peer has to bring back to show that its request is fresh. There is another value for each address, so that it
 * shows too that the peer receives where it sends from (RFC 9175 §2.3).
 */
export class Challenge {
  readonly #random: (n: number) => Uint8Array;
  #key: KeyObject | undefined;

  constructor(random: (n: number) => Uint8Array) {
    this.#random = random;
  }

  /** The value for an address. */
  valueFor(from: string): Uint8Array {
    this.#key ??= createSecretKey(this.#random(KEY_BYTES));
    return createHmac('sha256', this.#key).update(from).digest().subarray(0, VALUE_BYTES);
  }

  /** The value that was sent to an address; undefined if there cannot have been any. */
  sentTo(from: string): Uint8Array | undefined {
    return this.#key && this.valueFor(from);
  }

  /** Values of before are good no more. */
  renew(): void {
    this.#key = undefined;
  }
}
