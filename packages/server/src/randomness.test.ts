import { expect, it } from 'vitest';
import { pooledRandom, shownRandom } from './randomness.ts';

const sources = { pooledRandom: pooledRandom(), shownRandom: shownRandom(pooledRandom()) };

it.each(Object.entries(sources))(
  '%s gives pieces of the length asked for, none of them twice, none of them changed later',
  (_, random) => {
    const pieces = Array.from({ length: 2000 }, () => random(16));
    const seen = pieces.map((piece) => Buffer.from(piece).toString('hex'));
    expect(new Set(seen).size).toBe(2000);
    random(8192);
    expect(pieces.map((piece) => Buffer.from(piece).toString('hex'))).toEqual(seen);
    expect(random(0)).toHaveLength(0);
    expect(random(10_000)).toHaveLength(10_000);
    expect(random(8192).some((byte) => byte !== 0)).toBe(true);
  },
);
