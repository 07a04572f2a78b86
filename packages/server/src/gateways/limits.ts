/** What a gateway can make grow, and how far. */
export const gatewayLimits = {
  /** Devices behind one gateway. */
  devices: 1000,
  /** Bytes of a prefix: it is one Uri-Path option of every request. */
  prefixBytes: 64,
  /** Devices that may come, change or go at once at one gateway's word … */
  changes: 3000,
  /** … and how many more each second. */
  changesPerSecond: 1,
} as const;
