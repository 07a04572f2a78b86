const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every limit of what the server trusts. Times in milliseconds. */
export const trustLimits = {
  /** Certificate authorities of an organisation. */
  authorities: 100,
  /** Certificates of one device that are remembered; the oldest goes first, and its sessions with it. */
  seenPerDevice: 4,
  /** Octets of a revocation list that is fetched. */
  listBytes: 8 * 1024 * 1024,
  /** A whole list must have come within this time. */
  fetchTimeout: 30 * SECOND,
  /** Lists fetched at the same time. */
  fetches: 2,
  /** A list is fetched again after half of the time that it has left, within these bounds. */
  soonestFetch: HOUR,
  latestFetch: DAY,
  /** Wait after a first failure; doubled for each one that follows. */
  firstRetry: MINUTE,
  latestRetry: 6 * HOUR,
  /** Waits differ by up to this part either way. */
  jitter: 0.2,
  /** People are told so long before a list is stale, or a quarter of its life if that is less. */
  staleWarning: 7 * DAY,
  /** People are told so long before a certificate of the server or an authority expires. */
  expiryWarning: 30 * DAY,
  /** Certificate paths that are checked at the same time, and those that may wait for that. */
  checks: 8,
  waitingChecks: 256,
} as const;

/** A wait with its jitter. @param random in [0, 1) */
export function jittered(wait: number, random: number): number {
  return Math.round(wait * (1 + trustLimits.jitter * (2 * random - 1)));
}
