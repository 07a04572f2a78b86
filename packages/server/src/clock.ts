import type { Millis } from './ids.ts';

/** Runs something once after some milliseconds of real time; the result takes it back. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

type Job = (now: Millis) => unknown;

interface Options {
  readonly tenths: readonly Job[];
  readonly seconds: readonly Job[];
  readonly minutes: readonly Job[];
  readonly days: readonly Job[];
  readonly now: () => Millis;
}

const PERIODS = { tenths: 100, seconds: 1_000, minutes: 60_000, days: 24 * 3_600_000 } as const;

/** Runs recurring jobs, each never beside itself. A job that fails is run again at its next turn. */
export class Clock {
  readonly #timers: NodeJS.Timeout[] = [];

  constructor({ now, ...jobs }: Options) {
    for (const [period, list] of Object.entries(jobs) as [keyof typeof PERIODS, readonly Job[]][]) {
      for (const job of list) this.#timers.push(setInterval(alone(job, now), PERIODS[period]));
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

function alone(job: Job, now: () => Millis): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    Promise.resolve()
      .then(() => job(now()))
      .catch(() => {})
      .finally(() => {
        running = false;
      });
  };
}
