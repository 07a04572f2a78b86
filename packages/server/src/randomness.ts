import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8192;

/**
 * Cryptographic randomness in small pieces from large draws: a draw for every nonce and token would cost more than the
 * piece is worth. No byte is given twice, and what was given is wiped from the pool.
 */
export function pooledRandom(): (length: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return (length) => {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    if (used + length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const piece = pool.slice(used, used + length);
    pool.fill(0, used, used + length);
    used += length;
    return piece;
  };
}

/** Bytes of a draw: who keeps a piece keeps all of it. */
const SHOWN_BYTES = 1024;

/**
 * Randomness for what anybody may see, as tokens and jitter: views of draws that are not wiped, at half the cost of pieces
 * with memory of their own.
 */
export function shownRandom(random: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let draw: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (used + length > draw.length) {
      draw = random(Math.max(length, SHOWN_BYTES));
      used = 0;
    }
    used += length;
    return draw.subarray(used - length, used);
  };
}
