/** What goes out of an endpoint: effects for the caller to carry out, in order. */
import type { Alert } from './alert.ts';

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
  /** No key is known for the identity. The peer sees the same as for a wrong key: silence. */
  | 'unknown-identity'
  /** The peer's first protected record can't be opened: it holds another key. */
  | 'wrong-key'
  /** The protected handshake opened, but its Finished does not match the transcript. */
  | 'bad-finished'
  | 'no-common-suite'
  | 'unsupported-version'
  | 'malformed'
  | 'unexpected-message'
  /** A cap of the limits table. */
  | 'limit'
  /** Nothing more came in time. */
  | 'timeout'
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
  | 'exhausted';

export type DtlsEffect =
  /** Send a datagram. */
  | { readonly kind: 'send'; readonly address: AddressKey; readonly datagram: Uint8Array }
  /** Find the key of an identity and answer with `pskFound`. */
  | { readonly kind: 'findPsk'; readonly lookup: LookupId; readonly identity: Uint8Array }
  /** Both sides proved that they hold the key. */
  | {
      readonly kind: 'established';
      readonly session: SessionKey;
      readonly address: AddressKey;
      readonly identity: Uint8Array;
      /** IANA name of the cipher suite. */
      readonly suite: string;
      readonly extendedMasterSecret: boolean;
      /** The session of the same address that this one takes the place of; its `closed` follows. */
      readonly replaced?: SessionKey;
    }
  /** Authentic application data. */
  | { readonly kind: 'received'; readonly session: SessionKey; readonly address: AddressKey; readonly data: Uint8Array }
  | { readonly kind: 'closed'; readonly session: SessionKey; readonly reason: ClosedReason; readonly alert?: Alert }
  /** A handshake that did not become a session; at most one for each handshake. */
  | {
      readonly kind: 'refused';
      readonly address: AddressKey;
      readonly identity?: Uint8Array;
      readonly check: RefusalCheck;
      /** One sentence for people. */
      readonly detail: string;
      /** What the peer offered, when the check was about that. */
      readonly offered?: readonly string[];
    };
