import type { History } from '@reeve/contract';

/** Where a rule draws the line, as in the API's rule status. */
export interface Limits {
  below?: number | undefined;
  above?: number | undefined;
}

type Column = (number | null)[];

/** Columns for the chart: seconds, the value, then the limits as level lines. */
export type ChartColumns = [at: number[], value: Column, below: Column, above: Column];

/** Seconds that a chart shows at least, so that the marks of its axis differ. */
const SHORTEST = 60;

/** The numbers of a stretch of history beside the limits of a rule; what is no number cannot be drawn. */
export function chartColumns(history: Pick<History, 'at' | 'value'>, limits: Limits): ChartColumns {
  const at: number[] = [];
  const values: Column = [];
  history.value.forEach((value, index) => {
    const time = history.at[index];
    if (typeof value !== 'number' || time === undefined) return;
    at.push(time / 1000);
    values.push(value);
  });
  const [first] = at;
  const last = at.at(-1);
  if (first !== undefined && last !== undefined && last - first < SHORTEST) {
    at.push(first + SHORTEST);
    values.push(null);
  }
  const level = (limit: number | undefined) => at.map(() => limit ?? null);
  return [at, values, level(limits.below), level(limits.above)];
}

/** The vertical range that shows all values and limits, with a tenth of it as air on both sides. */
export function valueRange(low: number, high: number, limits: Limits): [number, number] {
  const all = [low, high, limits.below ?? Number.NaN, limits.above ?? Number.NaN].filter(Number.isFinite);
  if (all.length === 0) return [0, 1];
  const min = Math.min(...all);
  const max = Math.max(...all);
  const air = max === min ? 1 : (max - min) / 10;
  return [min - air, max + air];
}
