import { describe, expect, it } from 'vitest';
import { describeRule } from './describe.ts';
import { ruleOf } from './testing.ts';

describe('a rule in words', () => {
  it.each([
    ['region: {path: /6/0, in: [US-CA]}', 'must stay in California (500 m band)'],
    ['region: {path: /6/0, in: [US-CA, Nevada], band: 2km}', 'must stay in California or in Nevada (2 km band)'],
    [
      'region: {path: /6/0, in: [{circle: {lat: 37.77, lon: -122.42, radius: 5km}}]}',
      'must stay within 5 km of 37.77, −122.42',
    ],
    ['threshold: {path: /3/0/9, below: 20}', 'Battery Level (/3/0/9) must not be below 20'],
    ['threshold: {path: /3/0/9, above: 70, for: 90s}', 'Battery Level (/3/0/9) must not be above 70 for 1 min 30 s'],
    [
      'threshold: {path: /3/0/9, below: 0, samples: 3}',
      'Battery Level (/3/0/9) must not be below 0 in 3 samples in a row',
    ],
    ['threshold: {path: /3303/0/5700, above: 70}', 'Sensor Value (/3303/0/5700) must not be above 70'],
    ['threshold: {path: /32770/0/5700, above: 70}', '/32770/0/5700 must not be above 70'],
    ['set: {path: /3/0/3, in: [a, b]}', 'Firmware Version (/3/0/3) must be a or b'],
    ['set: {path: /3/0/3, notIn: [a]}', 'Firmware Version (/3/0/3) must not be a'],
    [
      'set: {path: /3/0/3, in: [a, b, c, d, e, f, g]}',
      'Firmware Version (/3/0/3) must be a, b, c, d, e or one of 2 more',
    ],
    ['silence: {after: 15m}', 'must be heard from at least every 15 min'],
  ])('%s', (rule, words) => {
    expect(describeRule(ruleOf(`{id: a, ${rule}}`))).toBe(words);
  });
});
