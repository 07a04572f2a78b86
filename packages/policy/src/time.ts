import type { Millis } from './units.ts';

const MINUTE: Millis = 60_000;

/** Before this no device's clock can have been set: 2020-01-01T00:00:00Z. */
export const EARLIEST_CLOCK: Millis = 1_577_836_800_000;
/** How far a device's clock may be ahead of ours. */
export const CLOCK_AHEAD: Millis = 5 * MINUTE;
/** A sample that took longer than this to arrive corrects history, but says nothing about now. */
export const LATE_AFTER: Millis = 10 * MINUTE;

/** What a device said of when it measured: a time to believe, one not to believe, or nothing. */
export type ClockQuality = 'good' | 'doubtful' | 'none';

export interface JudgedTime {
  /** When the sample is taken to have been measured: as the device said when its clock is good, else on arrival. */
  readonly at: Millis;
  readonly clock: ClockQuality;
}

/** Decides which time of a sample counts. */
export function judgeTime({
  observedAt,
  receivedAt,
}: {
  observedAt?: Millis | undefined;
  receivedAt: Millis;
}): JudgedTime {
  if (observedAt === undefined) return { at: receivedAt, clock: 'none' };
  const good = observedAt >= EARLIEST_CLOCK && observedAt <= receivedAt + CLOCK_AHEAD;
  return good ? { at: observedAt, clock: 'good' } : { at: receivedAt, clock: 'doubtful' };
}
