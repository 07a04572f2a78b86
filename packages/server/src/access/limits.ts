const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Every limit of sign-in and credentials. Times in milliseconds. */
export const accessLimits = {
  people: 1000,
  tokens: 1000,
  /** Sign-in links that are neither used nor too old. */
  links: 100,
  sessions: 1000,
  /** Life of a sign-in link. */
  linkLife: 10 * MINUTE,
  /** A session ends when it was not used for so long … */
  sessionIdle: 12 * HOUR,
  /** … and after so long in any case. */
  sessionLife: 30 * 24 * HOUR,
  /** The time of last use is written at most so often. */
  touchEvery: 5 * MINUTE,
  /** That a token was held back is written at most so often for each. */
  refusalEvery: HOUR,
} as const;
