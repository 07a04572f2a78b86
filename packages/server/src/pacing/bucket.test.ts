import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket } from './bucket.ts';

describe('a bucket', () => {
  it('gives what a second brings, and the rest as it comes', () => {
    const bucket = new Bucket(100, 0);
    bucket.take(100, 0);
    expect(bucket.hasSome(0)).toBe(false);
    expect(bucket.hasSome(1)).toBe(true);
    bucket.take(50, 500);
    expect(bucket.hasSome(500)).toBe(false);
    bucket.take(30, 60_000);
    expect(bucket.hasSome(60_000)).toBe(true);
    bucket.take(70, 60_000);
    expect(bucket.hasSome(60_000)).toBe(false);
  });

  it('lets through what is larger than itself, and has it paid off', () => {
    const bucket = new Bucket(10, 0);
    bucket.take(1000, 0);
    expect(bucket.hasSome(99_000)).toBe(false);
    expect(bucket.hasSome(99_001)).toBe(true);
  });

  it('is overdrawn by what cannot wait no further than by a second', () => {
    const bucket = new Bucket(100, 0);
    for (let count = 0; count < 1000; count++) bucket.take(50, 0);
    expect(bucket.hasSome(1000)).toBe(false);
    expect(bucket.hasSome(1001)).toBe(true);
  });

  it('neither wins nor loses by a clock that is set back', () => {
    const bucket = new Bucket(100, 10_000);
    bucket.take(100, 10_000);
    expect(bucket.hasSome(0)).toBe(false);
    expect(bucket.hasSome(10)).toBe(true);
  });

  it('never gives more than its rate and one burst and one request', () => {
    const steps = fc.array(fc.record({ ms: fc.nat(3000), bytes: fc.integer({ min: 1, max: 500 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), steps, (rate, wanted) => {
        const bucket = new Bucket(rate, 0);
        let now = 0;
        let taken = 0;
        for (const { ms, bytes } of wanted) {
          now += ms;
          if (!bucket.hasSome(now)) continue;
          bucket.take(bytes, now);
          taken += bytes;
          expect(taken).toBeLessThanOrEqual(rate * (1 + now / 1000) + 500);
        }
      }),
    );
  });
});
