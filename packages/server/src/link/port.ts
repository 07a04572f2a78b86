import type { DeviceId, Millis, RegistrationId } from '../ids.ts';
import type { RegisteredObject, StoredValue } from '../store/tables.ts';

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

export interface ListenAddress {
  readonly transport: 'coaps' | 'coap';
  readonly host: string;
  readonly port: number;
}

export interface LinkConfig {
  readonly listen: readonly ListenAddress[];
  /** Handled before the first socket opens. */
  readonly initial: readonly LinkDown[];
  /** CoAP transmission parameters for all peers; tests shorten them. */
  readonly transmission?: { readonly ackTimeoutMs?: number; readonly maxRetransmit?: number };
}

declare const brand: unique symbol;
/** One security association (a DTLS session), or one address of a NoSec device. Opaque above the link. */
export type SessionId = string & { readonly [brand]: 'SessionId' };
/** A request of the device that waits for its answer. */
export type ExchangeRef = number & { readonly [brand]: 'ExchangeRef' };
/** A request to the device that waits for its outcome; chosen by the capability. */
export type RequestRef = number & { readonly [brand]: 'RequestRef' };

/** What is known of the association that a message came through. */
export interface SessionInfo {
  readonly sessionId: SessionId;
  readonly transport: 'coaps' | 'coap';
  /** `ip:port` for people. */
  readonly address: string;
  /** Index of the socket that the message came in on, and through which replies leave. */
  readonly ingress: number;
  /** Authenticated PSK identity in hex; absent for NoSec. */
  readonly identity?: string;
}

/** One value of an answer or notification, in its stored form. `time` is SenML's, in milliseconds since the epoch. */
export interface LinkRecord {
  readonly path: string;
  readonly stored: StoredValue;
  readonly time?: Millis;
}

/** A payload after decoding by its own content format. */
export type LinkBody =
  | {
      readonly kind: 'records';
      readonly records: readonly LinkRecord[] /** More blocks were to come. */;
      readonly truncated: boolean;
    }
  | { readonly kind: 'undecodable'; readonly detail: string }
  | { readonly kind: 'empty' };

/** What the device offers, as it registered it. */
export interface Offer {
  readonly rootPath: string;
  readonly contentFormats: readonly number[];
  readonly objects: readonly RegisteredObject[];
}

/** An operation on a device. Values are typed, so that the link can encode them in a format that the device has. */
export type LinkOperation =
  | { readonly kind: 'read'; readonly path: string }
  | {
      readonly kind: 'write';
      readonly mode: 'replace' | 'partial';
      readonly path: string;
      readonly records: readonly LinkRecord[];
    }
  | { readonly kind: 'execute'; readonly path: string; readonly arguments?: string }
  | { readonly kind: 'observe'; readonly path: string }
  | { readonly kind: 'cancel-observe'; readonly path: string; readonly token: string };

/** How a request to the device ended. */
export type RequestOutcome =
  | {
      readonly kind: 'answered';
      readonly code: number;
      readonly body: LinkBody /** Hex token, if an observation is live now. */;
      readonly token?: string;
    }
  /** Sent, and never answered: the device may have acted on it. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'reset' }
  /** Nothing left the server: it may be tried again. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  /** It cannot be said in a format that the device has: trying again would not help. */
  | { readonly kind: 'unencodable'; readonly reason: string };

interface Heard {
  /** When the datagram was read from the socket. */
  readonly at: Millis;
  readonly session: SessionInfo;
}

/** Link → capabilities. */
export type LinkUp =
  | { readonly kind: 'find-psk'; readonly lookup: number; readonly identity: string }
  | ({ readonly kind: 'session-opened'; readonly replaced?: SessionId } & Heard)
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
      readonly offer?: Offer;
    } & Heard)
  | ({ readonly kind: 'deregister'; readonly exchange: ExchangeRef; readonly registrationId: RegistrationId } & Heard)
  | ({
      readonly kind: 'notification';
      /** What `accept` or `reject` names; absent for a non-confirmable one. */
      readonly exchange?: ExchangeRef;
      readonly registrationId: RegistrationId;
      readonly token: string;
      readonly path: string;
      /** False: older than one already seen (RFC 7641 §3.4): to be acknowledged, not evaluated as current. */
      readonly fresh: boolean;
      /** The device ended the observation with this notification. */
      readonly ends: boolean;
      readonly code: number;
      readonly body: LinkBody;
    } & Heard)
  | {
      readonly kind: 'outcome';
      readonly at: Millis;
      readonly request: RequestRef;
      readonly outcome: RequestOutcome;
      readonly session?: SessionInfo;
    }
  | {
      readonly kind: 'refused';
      readonly at: Millis;
      readonly address: string;
      readonly identity?: string;
      readonly endpoint?: string;
      /** Stable word for the check that failed; `refusals.ts` has the advice for each. */
      readonly check: string;
      readonly detail: string;
    }
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
  | { readonly kind: 'psk'; readonly lookup: number; readonly key?: Uint8Array }
  /** Answers a Register, Update or De-register; called only after the commit. */
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
    }
  /** Forgets a registration and its observations. */
  | { readonly kind: 'unbind'; readonly registrationId: RegistrationId }
  /** Observations of before a restart, to be matched again. */
  | {
      readonly kind: 'restore';
      readonly registrationId: RegistrationId;
      readonly version: string;
      readonly offer: Offer;
      readonly observations: readonly { readonly path: string; readonly token: string }[];
    }
  | {
      readonly kind: 'perform';
      readonly request: RequestRef;
      readonly sessionId: SessionId;
      readonly operation: LinkOperation;
    }
  | { readonly kind: 'close-session'; readonly sessionId: SessionId }
  /** Ends all sessions and handshakes of an identity (hex), whose key is not good any more. */
  | { readonly kind: 'close-identity'; readonly identity: string }
  | { readonly kind: 'trace'; readonly sessionId: SessionId; readonly on: boolean };
