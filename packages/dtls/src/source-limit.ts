/** How many records that fail to open one source may send. */
import type { AddressKey } from './effects.ts';
import { hashOf } from './slot-index.ts';

/** Sources are told apart as far as they fall into different ones of so many counters. */
const COUNTERS = 8_192;
const WINDOW_MS = 1_000;

/**
 * Counts failed records by source, so that a flood of them costs no more than reading their addresses. A fixed table:
 * forged addresses cannot make it grow. Whoever forges the address of a device at more than the limit delays that
 * device's records while the flood lasts, but ends nothing.
 */
export class SourceLimit {
  readonly #seed: number;
  readonly #perWindow: number;
  /** Made with the first failure: most clients never see one. */
  #failures: Uint16Array | undefined;
  #window = 0;

  /**
   * @param seed secret, so that nobody can pick addresses that share a counter
   * @param perSecond failed records that a source may send in a second, at most 65535
   */
  constructor(seed: number, perSecond: number) {
    this.#seed = seed;
    this.#perWindow = perSecond;
  }

  /** Whether a source has used up what it may send; its records are then dropped unopened. */
  exceeded(source: AddressKey, now: number): boolean {
    if (this.#failures === undefined) return false;
    this.#advance(this.#failures, now);
    return (this.#failures[this.#counterOf(source)] ?? 0) >= this.#perWindow;
  }

  /** Notes that a record did not open. */
  failed(source: AddressKey, now: number): void {
    this.#failures ??= new Uint16Array(COUNTERS);
    this.#advance(this.#failures, now);
    const counter = this.#counterOf(source);
    this.#failures[counter] = Math.min(this.#perWindow, (this.#failures[counter] ?? 0) + 1);
  }

  #advance(failures: Uint16Array, now: number): void {
    const window = Math.floor(now / WINDOW_MS);
    if (window === this.#window) return;
    this.#window = window;
    failures.fill(0);
  }

  #counterOf(source: AddressKey): number {
    return hashOf(this.#seed, Buffer.from(source)) % COUNTERS;
  }
}
