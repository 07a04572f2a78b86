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
