import { MAX_PLAINTEXT } from './record.ts';

/**
 * Every cap on what a peer can make grow, in one table. `sizes()` of an endpoint counts the same things;
 * what is capped *per handshake* or *per message* is counted there as the sum over all handshakes.
 */
export const DEFAULT_LIMITS = {
  /** Handshakes under way, in all. One more ends the one that began first. */
  halfOpen: 10_000,
  /** Handshakes under way from addresses with the same prefix (see `prefixOf`); the same holds there. */
  halfOpenPerPrefix: 1_000,
  /** Handshakes that wait for the answer to `findPsk`, `findPeer` or `findResumed`, in all. */
  lookups: 1_000,
  /** Milliseconds that a server keeps a handshake, whatever arrives for it; it bounds a lookup too. */
  handshakeMs: 60_000,
  /** Octets of one handshake message; a chain of certificates is by far the longest. */
  handshakeMessageBytes: 6_144,
  /** Octets of incomplete and early handshake messages, per handshake. */
  reassemblyBytes: 8_192,
  /** How far ahead of the next expected handshake message another may be kept. */
  messagesAhead: 8,
  /** Octets of records kept until the keys that open them count, per handshake. */
  heldBytes: 4_096,
  /** Octets of a pre-shared key identity; RFC 4279 §5.3 asks for at least 128. */
  identityBytes: 256,
  /** Established sessions. One more ends the one that has been silent longest. */
  sessions: 1_000_000,
  /** Those that are awake, each of which takes ten times the memory. One more puts the one silent longest to sleep. */
  activeSessions: 100_000,
  /** Milliseconds of silence after which a session is put to sleep. */
  hibernateMs: 30_000,
  /** Those of one identity, so that a single key cannot end everybody's; the same holds there. */
  sessionsPerIdentity: 8,
  /** Milliseconds that the last flight is kept for a peer that did not get it, unless its first data comes earlier. */
  lastFlightMs: 120_000,
  /** Octets of application data in one record. */
  applicationBytes: MAX_PLAINTEXT,
  /** Octets of application data that wait until sequence numbers are reserved, per session. */
  waitingBytes: 4_096,
  /** Protected records of one source that do not open, per second; more of its records are dropped unopened. */
  failedRecordsPerSource: 256,
  /** ClientHellos with a wrong cookie within one life of a cookie secret, before that is reported once. */
  badCookies: 1_000,
} as const satisfies { readonly [name: string]: number };

export type DtlsLimits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };

/** What an endpoint holds right now; each number stays within the limit that it names. */
export interface DtlsSizes {
  /** Handshakes under way: `halfOpen`. */
  readonly halfOpen: number;
  /** Handshakes of the prefix that has most: `halfOpenPerPrefix`. */
  readonly halfOpenPerPrefix: number;
  /** Answers to lookups outstanding: `lookups`. */
  readonly lookups: number;
  /** Results of `compute` outstanding: at most one for each handshake. */
  readonly jobs: number;
  /** Octets held for reassembly: `halfOpen` × `reassemblyBytes`. */
  readonly reassemblyBytes: number;
  /** Octets of records held for the next epoch: `halfOpen` × `heldBytes`. */
  readonly heldBytes: number;
  /** Established sessions: `sessions`. */
  readonly sessions: number;
  /** Sessions that are awake: `activeSessions`. */
  readonly activeSessions: number;
  /** Established sessions of the identity that has most: `sessionsPerIdentity`. */
  readonly sessionsPerIdentity: number;
  /** Sessions that still keep their last flight. */
  readonly lastFlights: number;
  /** Entries in the queue of deadlines: one for each handshake and last flight. */
  readonly deadlines: number;
}
