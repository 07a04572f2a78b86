/** Everything that bounds the queue of commands. */
export const commandLimits = {
  /** Commands that may wait for one device, and for all. */
  perDevice: 100,
  waiting: 10_000,
  /** How long a command waits for its device unless it says otherwise. */
  expiryMs: 24 * 3_600_000,
  /** Times that a command may fail to leave the server before it is given up. */
  unsent: 10,
  /** Receipts kept with a command, the newest; the journal has the others. */
  receipts: 100,
  /** Characters of the joined answers of a device that is asked in pieces, after which it is asked for no other one. */
  joinedSize: 1_048_576,
  /** Commands that expire, are deleted or read at a time. */
  batch: 500,
} as const;
