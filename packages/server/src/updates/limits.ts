/** Everything that bounds updates. Times in milliseconds. */
export const updateLimits = {
  running: 10_000,
  /** How long an update may take unless it says otherwise. */
  expiryMs: 24 * 3_600_000,
  /** How soon a device is asked again how far it is: at first, and at last. */
  leastPollMs: 1000,
  longestPollMs: 30_000,
  /** How soon a device that puts an installation off is told again. */
  deferredMs: 3_600_000,
  /** How much is sent between two commits of how far it is, in bytes. */
  savedEvery: 65_536,
} as const;
