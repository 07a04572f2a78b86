import type { DropCounters, RefusalCheck } from '@reeve/dtls';
import type { Millis } from '../ids.ts';

/** A check that a connection failed: one of the handshake, or of what came after it. `handshakes/checks.ts` explains each. */
export type Check =
  | RefusalCheck
  | 'endpoint-mismatch'
  | 'unknown-endpoint'
  | 'nosec-not-allowed'
  | 'identity-change'
  | 'stale-registration'
  | 'unasked'
  | 'version'
  | 'block-wise'
  | 'bad-frame'
  | 'replayed';

/** What a certificate says; each text is cut to a bounded length. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Hex. */
  readonly serial: string;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  /** Common name, DNS names and URIs. */
  readonly names: readonly string[];
}

/** What is known of a handshake that failed. Lists and texts are cut to a bounded length. */
export interface HandshakeFacts {
  /** Of the certificate that was presented, if it can be read. */
  readonly certificate?: CertificateFacts;
  readonly serverName?: string;
  readonly offered?: readonly string[];
  readonly wanted?: readonly string[];
  /** IANA name of the cipher suite, once it was chosen. */
  readonly suite?: string;
  /** Name of the alert that was sent or came. */
  readonly alert?: string;
}

/** What of the DTLS side was counted since the start, and what is there now. */
export interface Census {
  readonly established: readonly {
    readonly kind: 'psk' | 'raw-key' | 'certificate';
    readonly suite: string;
    readonly resumed: boolean;
    readonly count: number;
  }[];
  /** Records that were dropped without an answer, by reason; `handshakes/counters.ts` has words for each. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly sessions: { readonly live: number; readonly asleep: number; readonly underWay: number };
}

/** Why records are dropped without an answer. */
export type DropReason = keyof DropCounters;
