import { describe, expect, it } from 'vitest';
import { nearestWord } from './nearest.ts';

describe('nearest word', () => {
  it.each([
    ['treshold', ['region', 'threshold', 'set'], 'threshold'],
    ['enforec', ['monitor', 'enforce'], 'enforce'],
    ['ENFORCE', ['monitor', 'enforce'], 'enforce'],
    ['Californa', ['California', 'Colorado'], 'California'],
    ['US-CAL', ['US-AL', 'US-CA', 'US-CO'], 'US-CA'],
    ['fixs', ['fixes', 'clearFixes'], 'fixes'],
    ['banana', ['region', 'threshold', 'set'], undefined],
    ['', ['in'], undefined],
    ['x'.repeat(100_000), ['region'], undefined],
  ])('of %.20s', (word, valid, nearest) => {
    expect(nearestWord(word, valid)).toBe(nearest);
  });
});
