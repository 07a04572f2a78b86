const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Every limit of waking devices by SMS; the configuration may set the first three. Times in milliseconds. */
export const wakeLimits = {
  /** Between two messages to one device, whether they arrived or not. */
  minutesBetween: 10,
  /** Messages to one device in a day (UTC). */
  perDay: 12,
  /** Messages to all devices in an hour. */
  perHour: 500,
  /** A device that is not to be woken now is looked at again after this, or when something is queued for it. */
  lookAgain: MINUTE,
  /** After a failure nobody is woken for so long; twice as long after each further one, … */
  firstPause: 5 * SECOND,
  /** … and at most this. */
  longestPause: 10 * MINUTE,
} as const;
