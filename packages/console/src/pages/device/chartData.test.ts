import { describe, expect, it } from 'vitest';
import { chartColumns, valueRange } from './chartData.ts';

describe('the columns of a chart', () => {
  it('are in seconds, hold numbers only, and draw each limit as a level line', () => {
    const history = { at: [1000, 2000, 63_000], value: [80, 'n/a', 15] };
    expect(chartColumns(history, { below: 20 })).toEqual([
      [1, 63],
      [80, 15],
      [20, 20],
      [null, null],
    ]);
  });

  it('leave room for the minute that a first value begins', () => {
    expect(chartColumns({ at: [1000], value: [80] }, { above: 90 })).toEqual([
      [1, 61],
      [80, null],
      [null, null],
      [90, 90],
    ]);
    expect(chartColumns({ at: [], value: [] }, {})).toEqual([[], [], [], []]);
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
