/** What frames are bounded by. */
export const frameLimits = {
  /** Octets of a frame: those of the thinnest network that is meant. */
  frame: 12,
  /** Numbers ahead of the newest in which a frame is looked for: so many may be lost in a row. */
  ahead: 4 * 4096,
  /** Numbers behind the newest in which a late frame still counts. */
  behind: 32,
  /** Fields of a layout. */
  fields: 24,
  /** Layouts of an organisation. */
  layouts: 1000,
  /** Frames of one device that may come at once, genuine or not … */
  burst: 300,
  /** … and in an hour from then on. */
  perHour: 60,
  /** Frames of all devices together in a second. */
  perSecond: 1000,
} as const;
