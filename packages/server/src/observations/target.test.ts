import { describe, expect, it } from 'vitest';
import { baseOf, formatTarget, MAX_TARGET_PATHS, parseTarget } from './target.ts';

describe('the text of what is observed', () => {
  it.each([
    ['/3/0/9', { paths: ['/3/0/9'] }, '/3/0/9'],
    ['/3/0/7/1?pmin=10', { paths: ['/3/0/7/1'], attributes: { pmin: 10 } }, '/3/0/7/1'],
    ['/3/0/9 /6/0?con=1&pmax=60', { paths: ['/3/0/9', '/6/0'], attributes: { con: 1, pmax: 60 } }, '/'],
    ['/ /6', { paths: ['/', '/6'] }, '/'],
  ])('%s', (text, target, base) => {
    const parsed = parseTarget(text);
    expect(parsed).toEqual(target);
    expect(parsed && formatTarget(parsed)).toBe(text);
    expect(baseOf(text)).toBe(base);
  });

  it('names each path once, and attributes in one order', () => {
    const parsed = parseTarget('/3/0/9 /3/0/9?st=1.50&pmin=5');
    expect(parsed && formatTarget(parsed)).toBe('/3/0/9?pmin=5&st=1.5');
  });

  it.each([
    '',
    ' /3',
    '/3/',
    '/3?',
    '/3?pmin',
    '/3?x=1',
    '/3?pmin=1?pmax=2',
    '/3 6',
    Array.from({ length: MAX_TARGET_PATHS + 1 }, (_, n) => `/${n}`).join(' '),
  ])('"%s" is none', (text) => expect(parseTarget(text)).toBeUndefined());
});
