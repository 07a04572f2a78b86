import { describe, expect, it } from 'vitest';
import { chartColumns, timeRange, valueRange } from './chartData.ts';

describe('the columns of a chart', () => {
  it('are in seconds, hold numbers only, and draw each limit as a level line', () => {
    const history = { at: [1000, 2000, 3000], value: [80, 'n/a', 15] };
    expect(chartColumns(history, { below: 20 })).toEqual([
      [1, 3],
      [80, 15],
      [20, 20],
      [null, null],
    ]);
  });
});

describe('the vertical range', () => {
  it('always contains values and limits', () => {
    expect(valueRange(30, 80, { below: 20 })).toEqual([14, 86]);
    expect(valueRange(30, 80, { above: 100 })).toEqual([23, 107]);
  });

  it('has a height even for one level or no value', () => {
    expect(valueRange(5, 5, {})).toEqual([4, 6]);
    expect(valueRange(Number.NaN, Number.NaN, {})).toEqual([0, 1]);
  });
});

describe('the horizontal range', () => {
  it('is that of the values, but never shorter than its marks can tell apart', () => {
    expect(timeRange(1000, 4600)).toEqual([1000, 4600]);
    expect(timeRange(1000, 1000.2)).toEqual([940.2, 1000.2]);
  });
});
