const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Every limit of the notices. Times in milliseconds. */
export const noticeLimits = {
  webhooks: 50,
  /** Notices of one webhook that wait; the next ones become dead letters at once. */
  waiting: 10_000,
  /** Dead letters kept of one webhook; the oldest go first. */
  dead: 1000,
  /** An answer must begin within this time. */
  timeout: 10 * SECOND,
  /** A notice is dead after so many tries … */
  tries: 12,
  /** … or when a try fails so long after it was written. */
  life: 24 * HOUR,
  firstRetry: 5 * SECOND,
  /** Each wait is so many times the one before: twelve tries spread over some 22 hours. */
  retryFactor: 2.5,
  /** Waits differ by up to this part either way, so that webhooks of one receiver do not come all at once. */
  jitter: 0.2,
  /** After a fault of the store, and at the latest to look at the clock again. */
  pause: 5 * SECOND,
  longestWait: HOUR,
  /** Evidence told in a notice: the newest. */
  evidence: 10,
  errorLength: 200,
} as const;

/**
 * Wait before the next try.
 *
 * @param attempts made so far, 1 or more
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function retryWait(attempts: number, random: number): number {
  const { firstRetry, retryFactor, jitter } = noticeLimits;
  return Math.round(firstRetry * retryFactor ** (attempts - 1) * (1 + jitter * (2 * random - 1)));
}
