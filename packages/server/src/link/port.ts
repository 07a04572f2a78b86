import type { AlertName, RefusalCheck } from '@reeve/dtls';
import type { CredentialId, DeviceId, Millis, RegistrationId } from '../ids.ts';
import type { RegisteredObject } from '../store/tables.ts';
import type { BootstrapDown, BootstrapUp } from './bootstrap-port.ts';
import type { LinkColumns, LinkTold } from './columns.ts';
import type { Census, Check, HandshakeFacts } from './handshake-facts.ts';
import type { ListenAddress, Listener, Transport } from './listening.ts';
import type { LinkBody, LinkObservation, LinkOperation, RequestOutcome } from './operation-port.ts';
import type { OscoreDown, OscoreUp } from './oscore-port.ts';
import type { TlsKey } from './tls-secrets.ts';
import type { TransferDown, TransferUp } from './transfer-port.ts';

export type { ListenAddress, Listener } from './listening.ts';
export type { LinkBody, LinkObservation, LinkOperation, LinkRecord, RequestOutcome } from './operation-port.ts';

/**
 * The link port: everything that passes between the session owner (sockets, DTLS, CoAP, LwM2M encoding) and the
 * capabilities. Only arrays of structured-cloneable messages cross it, one array a tick in each direction, so that the
 * link runs in the main thread, in a worker, or on another node.
 */
export interface Link {
  /** Hands messages down; never blocks and never throws. */
  post(messages: readonly LinkDown[]): void;
  /** Where the sockets really listen (port 0 resolved). */
  readonly addresses: readonly ListenAddress[];
  close(): Promise<void>;
}

/** Starts a link. `deliver` is called with the messages of one tick, in order. */
export type OpenLink = (config: LinkConfig, deliver: (messages: readonly LinkUp[]) => void) => Promise<Link>;

export interface LinkConfig {
  readonly listen: readonly Listener[];
  /** Slot of this process among those that share their Connection IDs. */
  readonly connectionIdSlot: number;
  /** Handled before the first socket opens. */
  readonly initial: readonly LinkDown[];
  /** File that the keys of all sessions are appended to, in NSS's key log format: for debugging only. */
  readonly keyLogFile?: string;
  /** CoAP transmission parameters for all peers; tests shorten them. */
  readonly transmission?: { readonly ackTimeoutMs?: number; readonly maxRetransmit?: number };
}

declare const brand: unique symbol;
/** One security association (a DTLS session), one connection, or one address of a NoSec device. Opaque above the link. */
export type SessionId = string & { readonly [brand]: 'SessionId' };
/** A request of the device that waits for its answer. */
export type ExchangeRef = number & { readonly [brand]: 'ExchangeRef' };
/** A request to the device that waits for its outcome; chosen by the capability. */
export type RequestRef = number & { readonly [brand]: 'RequestRef' };

/** What is known of the association that a message came through. */
export interface SessionInfo {
  readonly sessionId: SessionId;
  readonly transport: Transport;
  /** `ip:port` for people. */
  readonly address: string;
  /** Index of the socket that the message came in on, and through which replies leave. */
  readonly ingress: number;
  /** Label of the authenticated identity: `psk:`, `rpk:`, `x509:` or `oscore:` and hex digits. Absent for NoSec. */
  readonly identity?: string;
  /** What admitted it, as the answer to the lookup named it. */
  readonly credential?: CredentialId;
}

/** What a peer without a pre-shared key shows of itself. */
export type Presented =
  | { readonly kind: 'raw-key'; readonly publicKey: Uint8Array /** SubjectPublicKeyInfo in DER. */ }
  | { readonly kind: 'certificate'; readonly chain: readonly Uint8Array[] /** DER, leaf first. */ };

/** Whether a peer that proves what it presented is admitted; `alert` is what a refused one is told. */
export type PeerVerdict =
  | { readonly ok: true; readonly credential: CredentialId; readonly suites?: readonly string[] }
  | { readonly ok: false; readonly check: RefusalCheck; readonly detail: string; readonly alert: AlertName };

/** What the server proves itself with to peers that ask for these names. */
export interface LinkIdentity {
  /** SNI names; absent: for every other name. */
  readonly serverNames?: readonly string[];
  /** Chain in DER, leaf first. */
  readonly certificates?: readonly Uint8Array[];
  /** SubjectPublicKeyInfo in DER. */
  readonly rawKey?: Uint8Array;
  /** PKCS #8 in DER. */
  readonly privateKey: Uint8Array;
}

/** What the device offers, as it registered it. */
export interface Offer {
  /** Before all its paths: the alternate path, then the prefix of a device behind a gateway; `/` for neither. */
  readonly rootPath: string;
  /** By which a gateway names the device behind it. */
  readonly prefix?: string;
  readonly contentFormats: readonly number[];
  readonly objects: readonly RegisteredObject[];
}

export interface Heard {
  /** When the datagram was read from the socket. */
  readonly at: Millis;
  readonly session: SessionInfo;
  /** Sequence number of the DTLS record that it came in; undefined for NoSec. */
  readonly record?: number | undefined;
}

/** What it takes to carry a DTLS session over a restart. */
export interface SessionSnapshot {
  /** Keys and parameters: secret. */
  readonly bytes: Uint8Array;
  /** Records with numbers below this may have been sent, or may be yet. */
  readonly sendLimit: number;
  /** Ours, in hex; absent if the session is found by its address. */
  readonly connectionId?: string;
}

/** Link → capabilities. */
export type LinkUp =
  | BootstrapUp
  | OscoreUp
  | TransferUp
  /** `identity` is in hex. */
  | { readonly kind: 'find-psk'; readonly lookup: number; readonly ingress: number; readonly identity: string }
  | { readonly kind: 'find-peer'; readonly lookup: number; readonly ingress: number; readonly presented: Presented }
  /** Whether a session that was established with this may be resumed. */
  | {
      readonly kind: 'find-resumed';
      readonly lookup: number;
      readonly ingress: number;
      readonly identity: string;
      readonly credential: CredentialId;
    }
  /** Without a snapshot the session ends with the process. */
  | ({ readonly kind: 'session-opened'; readonly replaced?: SessionId; readonly snapshot?: SessionSnapshot } & Heard)
  /** The session wants to send records with numbers below `upTo`, which the store must reserve for it first. */
  | { readonly kind: 'reserve'; readonly sessionId: SessionId; readonly upTo: number }
  /** The peer has proved that it is reached elsewhere now. */
  | ({ readonly kind: 'session-moved'; readonly snapshot: Uint8Array } & Heard)
  | { readonly kind: 'session-closed'; readonly at: Millis; readonly sessionId: SessionId; readonly reason: string }
  | ({
      readonly kind: 'register';
      readonly exchange: ExchangeRef;
      readonly endpoint?: string;
      /** Seconds; 0 = never expires. */
      readonly lifetime: number;
      readonly version: string;
      readonly binding: string;
      readonly queueMode: boolean;
      /** Telephone number, without a leading +, or an external identifier. */
      readonly sms?: string;
      /** Names of what it offers beside what it lists. */
      readonly profileId?: string;
      readonly offer: Offer;
      readonly extra: Readonly<Record<string, string>>;
    } & Heard)
  | ({
      readonly kind: 'update';
      readonly exchange: ExchangeRef;
      readonly registrationId: RegistrationId;
      readonly lifetime?: number;
      readonly binding?: string;
      readonly queueMode?: boolean;
      readonly sms?: string;
      readonly profileId?: string;
      readonly offer?: Offer;
    } & Heard)
  | ({ readonly kind: 'deregister'; readonly exchange: ExchangeRef; readonly registrationId: RegistrationId } & Heard)
  | ({
      readonly kind: 'notification';
      /** What `accept` or `reject` names; absent for a non-confirmable one. */
      readonly exchange?: ExchangeRef | undefined;
      readonly registrationId: RegistrationId;
      readonly token: string;
      /** The text of the observation's target. */
      readonly path: string;
      /** False: older than one already seen (RFC 7641 §3.4): to be acknowledged, not evaluated as current. */
      readonly fresh: boolean;
      /** The device ended the observation with this notification. */
      readonly ends: boolean;
      readonly code: number;
      readonly body: LinkTold;
    } & Heard)
  /** Values that the device sends of its own accord, of whatever objects it registered. */
  | ({
      readonly kind: 'send';
      readonly exchange: ExchangeRef;
      readonly registrationId: RegistrationId;
      /** Of the device that sends; nothing if it sends for those behind it alone. */
      readonly body: Extract<LinkBody, { kind: 'records' }> | LinkColumns;
      /** What a gateway sends for devices behind it. */
      readonly behind?: readonly {
        readonly registrationId: RegistrationId;
        readonly body: Extract<LinkBody, { kind: 'records' }>;
      }[];
    } & Heard)
  | {
      readonly kind: 'outcome';
      readonly at: Millis;
      readonly request: RequestRef;
      readonly outcome: RequestOutcome;
      readonly session?: SessionInfo | undefined;
      /** Sequence number of the DTLS record that the answer came in. */
      readonly record?: number | undefined;
    }
  /** A registered device can't do a content format: to be tried last, and to be told again with `bind` and `restore`. */
  | { readonly kind: 'format-refused'; readonly registrationId: RegistrationId; readonly format: number }
  | {
      readonly kind: 'refused';
      readonly at: Millis;
      readonly address: string;
      /** Index of the socket that it came in on. */
      readonly ingress?: number;
      /** Label of the identity that was presented; proved only if the handshake was finished. */
      readonly identity?: string;
      readonly endpoint?: string;
      readonly check: Check;
      readonly detail: string;
      /** Absent if the handshake was finished, or not needed. */
      readonly handshake?: HandshakeFacts;
    }
  | ({ readonly kind: 'census' } & Census)
  | {
      readonly kind: 'trace';
      readonly at: Millis;
      readonly sessionId: SessionId;
      readonly direction: 'in' | 'out';
      readonly text: string;
      readonly bytes: number;
    };

/** Capabilities → link. */
export type LinkDown =
  | BootstrapDown
  | OscoreDown
  | TransferDown
  /** Without `found` nobody has this identity here. */
  | {
      readonly kind: 'psk';
      readonly lookup: number;
      readonly found?: {
        readonly key: Uint8Array;
        readonly credential: CredentialId;
        readonly suites?: readonly string[];
      };
    }
  | { readonly kind: 'peer'; readonly lookup: number; readonly verdict: PeerVerdict }
  | { readonly kind: 'resumed'; readonly lookup: number; readonly good: boolean }
  /** Takes the place of all identities of the server that were handed down before. */
  | { readonly kind: 'identities'; readonly identities: readonly LinkIdentity[] }
  /** Object definitions beside the shipped ones, in the notation of `lwm2m`; what is removed goes first. */
  | {
      readonly kind: 'definitions';
      readonly added: readonly string[];
      readonly removed: readonly { readonly objectId: number; readonly version: string }[];
    }
  /** Keys for TLS, whose identities have to be known before anybody asks; those put take the place of older ones. */
  | {
      readonly kind: 'tls-keys';
      /** Identities are in hex. */
      readonly put: readonly ({ readonly identity: string } & TlsKey)[];
      readonly removed: readonly string[];
    }
  /** Answers a Register, Update, De-register or Send; called only after the commit. */
  | {
      readonly kind: 'answer';
      readonly exchange: ExchangeRef;
      readonly code: number;
      readonly location?: readonly string[];
      readonly maxAge?: number;
    }
  /** Acknowledges a notification; called only after the commit. */
  | { readonly kind: 'accept'; readonly exchange: ExchangeRef }
  /** Resets a notification that nobody wants. */
  | { readonly kind: 'reject'; readonly exchange: ExchangeRef }
  /** Ties a session to a registration: its notifications are matched and decoded by it. */
  | {
      readonly kind: 'bind';
      readonly sessionId: SessionId;
      readonly deviceId: DeviceId;
      readonly registrationId: RegistrationId;
      readonly version: string;
      readonly offer: Offer;
      /** Content formats that it has refused. */
      readonly refusedFormats?: readonly number[];
      /** The registration whose place it takes: that and its observations are forgotten, as by `unbind`. */
      readonly replaces?: RegistrationId | undefined;
    }
  /** Forgets a registration and its observations. */
  | { readonly kind: 'unbind'; readonly registrationId: RegistrationId }
  /** A session of before a restart; comes before all that names it. */
  | {
      readonly kind: 'restore-session';
      readonly session: SessionInfo;
      readonly snapshot: Uint8Array;
      /** No record was ever sent with this number or one above; those below `sendLimit` may be sent now. */
      readonly sendFrom: number;
      readonly sendLimit: number;
      /** This record and those before it are replays. */
      readonly received?: number;
    }
  /** Answers a `reserve`. */
  | { readonly kind: 'reserved'; readonly sessionId: SessionId; readonly upTo: number }
  /** Another process owns the session: it ends here, and the peer hears nothing of it. */
  | { readonly kind: 'drop-session'; readonly sessionId: SessionId }
  /** A registration without a session of its own yet, with observations of before a restart, to be matched again. */
  | {
      readonly kind: 'restore';
      readonly registrationId: RegistrationId;
      /** Registration of the gateway that the device is behind: whatever comes of it comes over that one's session. */
      readonly through?: RegistrationId;
      readonly version: string;
      readonly offer: Offer;
      /** Content formats that it has refused. */
      readonly refusedFormats?: readonly number[];
      readonly observations: readonly LinkObservation[];
    }
  | {
      readonly kind: 'perform';
      readonly request: RequestRef;
      readonly sessionId: SessionId;
      /** Registration of the device that it is for, if that is behind the gateway whose session this is. */
      readonly behind?: RegistrationId;
      /** How long the device listens after it was heard, if it sleeps then: a request that it has not taken ends with that. */
      readonly awakeMs?: number;
      readonly operation: LinkOperation;
    }
  | { readonly kind: 'close-session'; readonly sessionId: SessionId }
  /** Ends all sessions and handshakes of an identity (its label), whose credential is not good any more. */
  | { readonly kind: 'close-identity'; readonly identity: string }
  | { readonly kind: 'trace'; readonly sessionId: SessionId; readonly on: boolean }
  /** Asks for a `census`. */
  | { readonly kind: 'census' };
