import { describe, expect, it } from 'vitest';
import { Shared } from './shared.ts';

/** Asks for as many different values as are wanted, and says how many were made for the first of them in all. */
function madeOfFirst(shared: Shared<object>, others: number, keyOf: (index: number) => string): number {
  let made = 0;
  const first = () =>
    shared.of(keyOf(0), () => {
      made++;
      return {};
    });
  first();
  for (let index = 1; index <= others; index++) shared.of(keyOf(index), () => ({}));
  first();
  return made;
}

describe('a value that many share', () => {
  it('is made once', () => {
    const shared = new Shared<object>();
    const one = shared.of('a', () => ({}));
    shared.of('b', () => ({}));
    expect(shared.of('a', () => ({}))).toBe(one);
    expect(madeOfFirst(new Shared(), 9_999, String)).toBe(1);
  });

  it('is remembered beside a bounded number of others', () => {
    expect(madeOfFirst(new Shared(), 10_000, String)).toBe(2);
    expect(madeOfFirst(new Shared(100), 100, String)).toBe(2);
  });

  it('is remembered beside others of a bounded length: a device that says ever new things of itself fills no memory', () => {
    const long = (index: number) => String(index).padStart(100_000, '-');
    expect(madeOfFirst(new Shared(), 80, long)).toBe(1);
    expect(madeOfFirst(new Shared(), 100, long)).toBe(2);
  });
});
