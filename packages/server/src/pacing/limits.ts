/** How much the server sends devices without urgency: bytes a second, with the headers that carry them. */
export interface DownlinkLimits {
  /** To all devices together. */
  readonly bytesPerSecond: number;
  /** To the devices of one site. */
  readonly siteBytesPerSecond: number;
  /** The same for the sites named here. */
  readonly sites: Readonly<Record<string, number>>;
}

/** Some 10 000 requests a second in all, and some 600 to a site: no small fleet ever waits. */
export const defaultDownlink: DownlinkLimits = { bytesPerSecond: 1_000_000, siteBytesPerSecond: 64_000, sites: {} };
