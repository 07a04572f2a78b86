/** Every bound of kept sessions, in one place. */
export const sessionLimits = {
  /** Days that a session outlives the lifetime of the registration under it, or its last contact if there is none. */
  keepDays: 7,
  /**
   * After a restart a session goes on by a random number of records below this. Should two servers ever run on copies
   * of the same data, which no reservation in either store can notice, they send with different numbers all the same.
   * Of the 2^48 numbers that a session has this leaves room for some 8000 restarts.
   */
  restartJump: 2 ** 36,
  /** Records that a session may send at once after a restart: enough for the first answers, or to say that it ends. */
  restartBlock: 64,
  /** Sessions that are taken over together at the start. */
  revivedAtOnce: 1000,
} as const;
