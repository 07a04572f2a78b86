/** What a caller may set, and how what is dropped is counted. */
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
  /** Largest datagram of a handshake, in octets. The default fits IPv6's smallest MTU. */
  readonly mtu?: number;
  readonly retransmit?: Partial<RetransmitParameters>;
}

/** What was dropped without a word (RFC 6347 §4.1.2.7), counted since the start. */
export interface DropCounters {
  /** Not a DTLS record. */
  notRecord: number;
  /** Seen before, or older than the replay window. */
  replayed: number;
  /** A protected record that no key opens. */
  notAuthentic: number;
  /** A message that means nothing where its handshake or session stands. */
  unexpected: number;
  /** A record or ClientHello whose structure is wrong. */
  malformed: number;
  /** ClientHellos with a wrong cookie. */
  badCookie: number;
  /** Over a limit. */
  overLimit: number;
}

export function noDrops(): DropCounters {
  return { notRecord: 0, replayed: 0, notAuthentic: 0, unexpected: 0, malformed: 0, badCookie: 0, overLimit: 0 };
}

export const DEFAULT_MTU = 1232;
/** Room for the longest headers and one octet. */
export const SMALLEST_MTU = 80;
export const DEFAULT_RETRANSMIT: RetransmitParameters = { initialMs: 1_000, maxMs: 60_000, attempts: 5 };
