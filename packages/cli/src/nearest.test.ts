import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['shw', 'show'],
  ['lable', undefined],
  ['labl', 'label'],
  ['serach', 'search'],
  ['xyz', undefined],
  ['', undefined],
])('the nearest of "%s" is %s', (word, expected) => {
  expect(nearest(word, ['show', 'label', 'search', 'ls'])).toBe(expected);
});
