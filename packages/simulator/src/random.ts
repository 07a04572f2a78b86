import { randomFillSync } from 'node:crypto';

/** A replayable source of numbers in [0, 1) (mulberry32). For scenarios, never for keys. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POOL_BYTES = 16_384;

/**
 * Cryptographic randomness in small pieces (at most `POOL_BYTES`) from large draws: a draw for each token would cost more
 * than the rest of its message.
 */
export function pooledRandom(): (n: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return (n) => {
    if (used + n > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += n;
    return pool.slice(used - n, used);
  };
}
