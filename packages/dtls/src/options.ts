/** What a caller may set. */
import type { DtlsLimits } from './limits.ts';
import type { SuiteName } from './suites.ts';

/** When flights are sent again (RFC 6347 §4.2.4.1). */
export interface RetransmitParameters {
  /** First wait, in ms; doubled each time. RFC 7925 §11 suggests 9 s for constrained devices. */
  readonly initialMs: number;
  /** Longest wait, in ms. */
  readonly maxMs: number;
  /** How often a flight is sent again before the handshake is given up. */
  readonly attempts: number;
}

export interface EndpointOptions {
  /** Cryptographic randomness: `n` octets. */
  readonly random: (n: number) => Uint8Array;
  readonly limits?: Partial<DtlsLimits>;
  /** Allowed cipher suites, the preferred one first; all that are implemented if left out. */
  readonly suites?: readonly SuiteName[];
  /** Largest datagram of a handshake, in octets; a ClientHello alone is never cut. */
  readonly mtu?: number;
  readonly retransmit?: Partial<RetransmitParameters>;
}

/** Fits the smallest MTU of IPv6 (1280) with its and UDP's headers. */
export const DEFAULT_MTU = 1232;
/** Room for the longest headers and a little of a message. */
export const SMALLEST_MTU = 80;
export const DEFAULT_RETRANSMIT: RetransmitParameters = { initialMs: 1_000, maxMs: 60_000, attempts: 5 };
