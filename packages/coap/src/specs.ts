import type { CoapOption } from './options.ts';
import type { TransmissionParameters } from './parameters.ts';

/** A request to send. */
export interface RequestSpec {
  /** Method: `Code.Get`. */
  readonly code: number;
  /** All options but Observe, in any order. */
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  /** Default true. */
  readonly confirmable?: boolean;
  /** 0–8 bytes; by default 8 random ones. A deregistration needs that of its observation. */
  readonly token?: Uint8Array;
  /** Establishes an observation in the scope that the peer is bound to, or ends the one of `token` (RFC 7641 §3). */
  readonly observe?: 'register' | 'deregister';
  /** Payload and answer are parts of bodies (RFC 7959) that the caller deals with itself: they go and come as they are. */
  readonly inParts?: true;
  /** Differences from the peer's transmission parameters. */
  readonly parameters?: Partial<TransmissionParameters>;
}

/** A response to send. */
export interface ResponseSpec {
  readonly code: number;
  /** All options but Observe, in any order. */
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  /**
   * Whether a separate response is confirmable; by default it is when the request was. A piggybacked one is neither.
   */
  readonly confirmable?: boolean;
  /**
   * Makes the peer an observer with the request's token, if that is what the request asks for and the code says success
   * (RFC 7641 §4.1). Means nothing for other requests.
   */
  readonly observe?: boolean;
}

/** A notification to send. A code other than 2.xx is the last one of its observation (RFC 7641 §4.2). */
export interface NotificationSpec {
  readonly code: number;
  /** All options but Observe, in any order. */
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  readonly confirmable: boolean;
}
