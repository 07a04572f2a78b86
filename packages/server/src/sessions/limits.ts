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
  /**
   * As `restartJump`, for OSCORE: of the 2^40 numbers that its keys have this leaves room for 60 000 restarts and more,
   * and most messages name theirs in three bytes.
   */
  oscoreJump: 2 ** 24,
  /** Numbers that OSCORE may use before it asks for more. */
  oscoreBlock: 1024,
  /** Sessions that are taken over together at the start. */
  revivedAtOnce: 1000,
} as const;
