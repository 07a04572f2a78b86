/** What a caller may set. */
import type { KeyObject } from 'node:crypto';
import type { GroupName } from './algorithms.ts';
import type { AddressKey } from './effects.ts';
import type { DtlsLimits } from './limits.ts';
import type { ResumptionState } from './resumption.ts';
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

/** Sequence numbers are reserved in a store before they are used, so that a session can outlive its process. */
export interface ReservationOptions {
  /** Numbers of the first block of a session, at least 1; busy sessions ask for larger ones. */
  readonly block: number;
}

export interface EndpointOptions {
  /** Cryptographic randomness: `n` octets. */
  readonly random: (n: number) => Uint8Array;
  readonly limits?: Partial<DtlsLimits>;
  /** Allowed cipher suites, the preferred one first; `DEFAULT_SUITES` if left out. */
  readonly suites?: readonly SuiteName[];
  /** Allowed groups, the preferred one first; all that are implemented if left out. */
  readonly groups?: readonly GroupName[];
  /** Whether a peer that does not do the extended master secret is refused (RFC 7627); false if left out. */
  readonly requireExtendedMasterSecret?: boolean;
  /** Largest datagram of a handshake, in octets; a ClientHello and a Finished are never cut, however long they are. */
  readonly mtu?: number;
  readonly retransmit?: Partial<RetransmitParameters>;
  /** All sequence numbers are free to use if left out. */
  readonly reservations?: ReservationOptions;
  /**
   * Gets a line of NSS's key log format for each handshake: whoever reads it can decrypt the session. For debugging.
   */
  readonly keyLog?: (line: string) => void;
}

/** By what a server is known to those that ask for one of its names. */
export interface ServerIdentity {
  /** Names that clients ask for (RFC 6066 §3); the default identity if left out. */
  readonly serverNames?: readonly string[];
  /** Certificates in DER, the server's own first, for clients that want certificates. */
  readonly certificates?: readonly Uint8Array[];
  /** SubjectPublicKeyInfo in DER, for clients that want raw public keys. */
  readonly rawKey?: Uint8Array;
  /** The private key of both: ECDSA on P-256 or P-384. */
  readonly privateKey: KeyObject;
}

/** By what a client may prove itself to a server. */
export type ClientKind = 'psk' | 'raw-key' | 'certificate';

export interface ServerOptions extends EndpointOptions {
  /** How long a secret makes cookies, in ms; a cookie is good for one to two times as long. */
  readonly cookieSecretLifetimeMs?: number;
  /** The part of an address that `limits.halfOpenPerPrefix` counts by (a /24, say); the whole address if left out. */
  readonly prefixOf?: (address: AddressKey) => string;
  /** Who the server is to clients that want a certificate or a raw public key; without any, only keys are shared. */
  readonly identities?: readonly ServerIdentity[];
  /** All kinds if left out. */
  readonly clientKinds?: readonly ClientKind[];
  /** Names of the authorities whose certificates are welcome, as DER Names; a hint for clients that have several. */
  readonly certificateAuthorities?: readonly Uint8Array[];
  /** Connection IDs of ours (RFC 9146), all of one length, each so random that no two are the same; none if left out. */
  readonly connectionIds?: { readonly length: number; readonly make: () => Uint8Array };
  /** How clients may resume sessions; not at all if left out. */
  readonly resumption?: ServerResumption;
}

export interface ServerResumption {
  /** Sessions that are remembered here by their id (RFC 5246 §7.4.1.2); the oldest goes first. None if left out. */
  readonly sessionIds?: number;
  /** Whether clients that know tickets get one (RFC 5077). */
  readonly tickets?: boolean;
  /** How long a session can be resumed and a ticket key makes tickets, in ms. */
  readonly lifetimeMs?: number;
}

/** Who a client is, and how it knows its server. */
export type ClientIdentity =
  | {
      readonly kind: 'psk';
      /** At most `limits.identityBytes` octets. */
      readonly identity: Uint8Array;
      /** Not empty. */
      readonly key: Uint8Array | KeyObject;
    }
  | {
      readonly kind: 'raw-key';
      /** SubjectPublicKeyInfo in DER. */
      readonly publicKey: Uint8Array;
      readonly privateKey: KeyObject;
      /** The only key that the server may have, as SubjectPublicKeyInfo in DER. */
      readonly serverKey: Uint8Array;
    }
  | {
      /** The server's certificates are shown by `findPeer`. */
      readonly kind: 'certificate';
      /** In DER, the client's own first. */
      readonly chain: readonly Uint8Array[];
      readonly privateKey: KeyObject;
    };

export interface ClientOptions extends EndpointOptions {
  /** Where the server is. */
  readonly address: AddressKey;
  readonly identity: ClientIdentity;
  /** The name of the server to ask for (RFC 6066 §3). */
  readonly serverName?: string;
  /** A Connection ID for the server to send with, or only its own for us to send with; none if left out (RFC 9146). */
  readonly connectionId?: Uint8Array | 'zero-length' | 'none';
  /** Largest plaintext that the server may send in one record: 512, 1024, 2048 or 4096 octets (RFC 6066 §4). */
  readonly maxFragmentLength?: 512 | 1024 | 2048 | 4096;
  /** Largest protected plaintext that the server may send in one record, in octets, at least 64 (RFC 8449). */
  readonly recordSizeLimit?: number;
  /**
   * Whether the client offers to resume its sessions, by id or by ticket; and one from before, if there is one. A state
   * of another identity, server key or server name is not offered; what `findPeer` says now is not asked again.
   */
  readonly resumption?: { readonly tickets?: boolean; readonly state?: ResumptionState };
}

/** Fits the smallest MTU of IPv6 (1280) with its and UDP's headers. */
export const DEFAULT_MTU = 1232;
/** Room for the longest headers and a little of a message. */
export const SMALLEST_MTU = 80;
export const DEFAULT_RETRANSMIT: RetransmitParameters = { initialMs: 1_000, maxMs: 60_000, attempts: 5 };
/** A day: the most that RFC 5246 §F.1.4 suggests. */
export const DEFAULT_RESUMPTION_LIFETIME_MS = 86_400_000;
