import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReplayWindow } from './replay-window.ts';
import { LAST_NUMBER, SenderNumbers } from './sender-numbers.ts';

it('takes each number once, and none that is 32 or more below the highest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 200 }), fc.nat(2 ** 30), (steps, offset) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      for (const step of steps) {
        const number = offset * 1000 + step;
        const expected = !seen.has(number) && number > Math.max(-1, ...seen) - 32;
        expect(window.isFresh(number)).toBe(expected);
        if (!expected) continue;
        window.accept(number);
        seen.add(number);
      }
    }),
  );
});

it('that starts at a number takes nothing from before it', () => {
  const window = ReplayWindow.startingAt(50);
  for (let number = 0; number < 50; number++) expect(window.isFresh(number)).toBe(false);
  expect(window.isFresh(50)).toBe(true);
  window.accept(50);
  expect(window.isFresh(50)).toBe(false);
  expect(window.isFresh(51)).toBe(true);
});

it('numbers are given out only below what is reserved, and asked for before they end', () => {
  const numbers = new SenderNumbers(10, 14, 4);
  const taken: (number | undefined)[] = [];
  const wanted: number[] = [];
  for (let i = 0; i < 6; i++) {
    taken.push(numbers.take());
    const upTo = numbers.wants();
    if (upTo !== undefined) wanted.push(upTo);
  }
  expect(taken).toEqual([10, 11, 12, 13, undefined, undefined]);
  expect(wanted).toEqual([18]);
  numbers.reserved(18);
  expect(numbers.take()).toBe(14);
});

it('the last number is 2^40 - 1', () => {
  const numbers = new SenderNumbers(LAST_NUMBER, LAST_NUMBER, 1024);
  expect(numbers.take()).toBeUndefined();
  expect(numbers.wants()).toBe(LAST_NUMBER + 1);
  numbers.reserved(LAST_NUMBER + 1);
  expect(numbers.take()).toBe(LAST_NUMBER);
  expect(numbers.take()).toBeUndefined();
  expect(numbers.wants()).toBeUndefined();
});
