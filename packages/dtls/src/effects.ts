/** What goes out of an endpoint: effects for the caller to carry out, in order. */
import type { KeyObject } from 'node:crypto';
import type { Alert, AlertName } from './alert.ts';
import type { CryptoTask, JobId } from './compute.ts';
import type { IdentityLabel, PresentedIdentity } from './identity.ts';

/** Where a peer is, as the caller names it (an address and port, say); opaque here. */
export type AddressKey = string & { readonly __brand: 'AddressKey' };
/** A security association. Not derived from the address, which may move while the session lives. */
export type SessionKey = string & { readonly __brand: 'SessionKey' };
/** One outstanding question to the caller. */
export type LookupId = number & { readonly __brand: 'LookupId' };

export function addressKey(address: string): AddressKey {
  return address as AddressKey;
}

export function sessionKey(key: string): SessionKey {
  return key as SessionKey;
}

/** Which check a refused handshake failed. */
export type RefusalCheck =
  /** No credential is known for the identity. With pre-shared keys the peer sees the same as for a wrong key: silence. */
  | 'unknown-identity'
  /** The peer's first protected record can't be opened: it holds another key. */
  | 'wrong-key'
  /** The protected handshake opened, but its Finished does not match the transcript. */
  | 'bad-finished'
  /** The signature that proves that the peer holds its private key is wrong. */
  | 'bad-signature'
  | 'no-common-suite'
  | 'no-common-group'
  | 'no-common-signature-scheme'
  /** One side wants raw public keys, the other certificates. */
  | 'no-common-certificate-type'
  /** Nobody is known here by the name that the client asked for, and there is no default. */
  | 'unknown-server-name'
  /** The peer has presented neither certificate nor raw public key. */
  | 'no-certificate'
  /** The server is not the one that the client was told to expect. */
  | 'wrong-server'
  /** The extended master secret is required, and the peer does not do it. */
  | 'extended-master-secret'
  /** Checks of a certificate and its path. */
  | 'unknown-ca'
  | 'expired-certificate'
  | 'not-yet-valid'
  | 'bad-certificate'
  | 'revoked'
  | 'certificate-usage'
  | 'unsupported-certificate'
  | 'crl-stale'
  | 'certificate-name'
  | 'unsupported-version'
  | 'malformed'
  | 'unexpected-message'
  /** A cap of the limits table, or a full queue of the caller. */
  | 'limit'
  /** Nothing more came in time. */
  | 'timeout'
  /** Nothing more came in time, and part of a message or flight is here: the rest is lost each time. */
  | 'fragment-lost'
  /** Nothing more came in time, while the peer asked for our flight again and again: only small datagrams reach it. */
  | 'mtu'
  /** The peer sent a fatal alert. */
  | 'alert'
  /** Many ClientHellos with wrong cookies: somebody sends from forged addresses. Reported once a cookie's life. */
  | 'bad-cookie-flood';

export type ClosedReason =
  /** `close` was called. */
  | 'local'
  /** The peer sent close_notify. */
  | 'peer'
  /** The peer sent a fatal alert. */
  | 'alert'
  /** A newer handshake from the same address has finished. */
  | 'replaced'
  /** The session was the one silent longest when the limit `sessions` or `sessionsPerIdentity` was reached. */
  | 'evicted'
  /** All sequence numbers are used. */
  | 'exhausted'
  /** `abandonSession` was called: the peer was not told. */
  | 'abandoned';

/** A handshake that did not become a session; at most one for each handshake. */
export interface Refusal {
  readonly kind: 'refused';
  readonly address: AddressKey;
  readonly check: RefusalCheck;
  /** One sentence for people. */
  readonly detail: string;
  /** What the peer presented, as far as the handshake got; not proven unless the check says so. */
  readonly identity?: PresentedIdentity;
  /** What the peer offered, and what was wanted of it, when the check was about that. */
  readonly offered?: readonly string[];
  readonly wanted?: readonly string[];
  /** The name that the client asked for. */
  readonly serverName?: string;
  /** IANA name of the cipher suite, once it was chosen. */
  readonly suite?: string;
  /** The alert that the peer was sent, or that it sent. */
  readonly alert?: string;
  /** A live session of the same address, which goes on. */
  readonly sessionHint?: SessionKey;
}

export type DtlsEffect =
  /** Send a datagram. */
  | { readonly kind: 'send'; readonly address: AddressKey; readonly datagram: Uint8Array }
  /** Find the key of an identity and answer with `pskFound`. */
  | {
      readonly kind: 'findPsk';
      readonly lookup: LookupId;
      readonly identity: Uint8Array;
      readonly serverName?: string;
    }
  /** Say whether a peer, which proved that it holds the private key, is admitted, and answer with `peerFound`. */
  | {
      readonly kind: 'findPeer';
      readonly lookup: LookupId;
      readonly presented: Exclude<PresentedIdentity, { readonly kind: 'psk' }>;
      readonly serverName?: string;
    }
  /**
   * Say whether a credential still admits an identity, and answer with `resumedFound`: neither ticket nor session id
   * outlives its credential.
   */
  | {
      readonly kind: 'findResumed';
      readonly lookup: LookupId;
      readonly identity: IdentityLabel;
      readonly credential: string;
    }
  /** Do asymmetric cryptography, here or on another thread, and answer with `computed`. */
  | { readonly kind: 'compute'; readonly job: JobId; readonly task: CryptoTask }
  /** Both sides proved that they hold their keys. */
  | {
      readonly kind: 'established';
      readonly session: SessionKey;
      readonly address: AddressKey;
      /** Of the peer; of both if they share a key. */
      readonly identity: IdentityLabel;
      /** What admitted the peer, in the words of the caller's answer; empty for what was given in the options. */
      readonly credential: string;
      /** IANA name of the cipher suite. */
      readonly suite: string;
      readonly extendedMasterSecret: boolean;
      /** Whether an earlier session's secret was used again. */
      readonly resumed: boolean;
      /** By which the peer's records are told apart, whatever address they come from. */
      readonly connectionId?: Uint8Array;
      /** With the option `reservations`: sequence numbers below this one are reserved with the session itself. */
      readonly reserved?: number;
      /** The session of the same address that this one takes the place of; its `closed` follows. */
      readonly replaced?: SessionKey;
    }
  /** Authentic application data. */
  | {
      readonly kind: 'received';
      readonly session: SessionKey;
      readonly address: AddressKey;
      readonly data: Uint8Array;
      /** Sequence number of its record. */
      readonly record: number;
    }
  /**
   * Reserve the sequence numbers from `from` to below `upTo`, if the store still says that those below `from` are
   * reserved, and answer with `reserved` once that is done. If it says otherwise, another process owns the session.
   */
  | { readonly kind: 'reserve'; readonly session: SessionKey; readonly from: number; readonly upTo: number }
  /** The newest authentic record came from there; that the peer receives there is not proven yet. */
  | { readonly kind: 'addressCandidate'; readonly session: SessionKey; readonly address: AddressKey }
  | {
      readonly kind: 'addressMoved';
      readonly session: SessionKey;
      readonly address: AddressKey;
      readonly from: AddressKey;
    }
  | { readonly kind: 'closed'; readonly session: SessionKey; readonly reason: ClosedReason; readonly alert?: Alert }
  | Refusal;

/** The answer to `findPsk`: a key of 1 to 65535 octets. */
export interface PskFound {
  readonly key: KeyObject | Uint8Array;
  /** Opaque text by which the caller names what admits the peer; at most 64 characters. */
  readonly credential: string;
  /** Suites that this credential allows, by IANA name; those of the options if left out. */
  readonly suites?: readonly string[];
}

/** The answer to `findPeer`. */
export type PeerFound =
  | { readonly ok: true; readonly credential: string; readonly suites?: readonly string[] }
  | { readonly ok: false; readonly check: RefusalCheck; readonly detail: string; readonly alert: AlertName };
