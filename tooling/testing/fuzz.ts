/**
 * Budget and seed of a fuzzing test.
 *
 * CI runs at least 100 000 inputs per target; a developer's run is shorter so that the loop stays quick.
 * `REEVE_FUZZ_RUNS` overrides the count and `REEVE_FUZZ_SEED` replays a failure.
 */
export interface FuzzPlan {
  readonly seed: number;
  readonly runs: number;
}

const CI_RUNS = 100_000;
const LOCAL_RUNS = 5_000;

/** The plan for one fuzz target; prints the line from which a failure is replayed. */
export function fuzzPlan(target: string): FuzzPlan {
  const seed = Number(process.env.REEVE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const runs = Number(process.env.REEVE_FUZZ_RUNS ?? (process.env.CI ? CI_RUNS : LOCAL_RUNS));
  process.stdout.write(`fuzz ${target}: ${runs} inputs, REEVE_FUZZ_SEED=${seed}\n`);
  return { seed, runs };
}

/** A small replayable generator (mulberry32); returns floats in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes that are the same at every run: n of them at each call. */
export function seededBytes(seed: number): (n: number) => Uint8Array {
  const random = seededRandom(seed);
  return (n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
}
