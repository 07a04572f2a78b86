/** Limits of the bootstrap server. */
export const bootstrapLimits = {
  /** Devices that are bootstrapped at the same time; others are told to come back. */
  atOnce: 256,
  /** Seconds until a device that found no room is to come back. */
  retryAfter: 30,
  /** Without a Finish a device gives up after this time (OMA Core §6.1.6.5). */
  sessionMs: 247_000,
  /** Steps that are kept of one session. */
  steps: 256,
  /** Sessions that are kept of one device; older ones make room. */
  keptPerDevice: 20,
  /** Old sessions that are read and deleted together. */
  prunedAtOnce: 500,
  /** Templates of an organisation. */
  templates: 1000,
  /** Accounts that a device has keys of its own for. */
  accountKeysPerDevice: 16,
} as const;
