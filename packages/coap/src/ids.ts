declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/**
 * Who is at the other end: an opaque name for the security association (never an address).
 * Message ids, duplicates and responses are matched within one peer (RFC 7252 §9.1.1).
 */
export type PeerKey = Branded<string, 'PeerKey'>;
/** Names a peer. */
export const PeerKey = (value: string): PeerKey => value as PeerKey;

/**
 * What an observation belongs to: an opaque name that outlives a security association (for LwM2M the registration),
 * so that a notification is still recognised when it comes over a later session of the same device.
 */
export type ObservationScope = Branded<string, 'ObservationScope'>;
/** Names an observation scope. */
export const ObservationScope = (value: string): ObservationScope => value as ObservationScope;

/** A request or ping of ours; unique within one core. */
export type RequestId = Branded<number, 'RequestId'>;
/** Numbers a request. */
export const RequestId = (value: number): RequestId => value as RequestId;

/** An incoming request or confirmable notification that the application must answer; unique within one core. */
export type ExchangeId = Branded<number, 'ExchangeId'>;
/** Numbers an exchange. */
export const ExchangeId = (value: number): ExchangeId => value as ExchangeId;
