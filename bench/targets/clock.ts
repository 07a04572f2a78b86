import { performance } from 'node:perf_hooks';

let ahead = 0;
const { now: wallClock } = Date;
const monotonic = performance.now.bind(performance);

/** Puts the clocks of this process forward, so that nobody has to wait until what has a lifetime is forgotten. */
export function putForward(ms: number): void {
  ahead += ms;
  Date.now = () => wallClock() + ahead;
  performance.now = () => monotonic() + ahead;
}
