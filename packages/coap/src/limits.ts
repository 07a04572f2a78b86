/** Everything that a peer could make grow, and how far. `CoapCore.sizes()` reports the same keys. */
export interface CoapLimits {
  /** Peers with state. At the limit the longest silent idle peer goes; when none is idle the newcomer is refused. */
  readonly peers: number;
  /**
   * Incoming exchanges remembered for each peer: those the application has not answered yet, and answered ones kept to
   * recognise duplicates. Only answered ones make room for new ones; when all wait for an answer a new message is
   * dropped without a word, because its retransmission is the retry, while a 5.03 could be followed by the
   * execution of a late duplicate.
   */
  readonly exchangesPerPeer: number;
  /** Requests and pings of ours to one peer, the one under way included. */
  readonly requestsPerPeer: number;
  /** Observations of ours in one scope. */
  readonly observationsPerScope: number;
  /** Observations of ours in all. */
  readonly observations: number;
  /** Observers that one peer may have here. At the limit a request is answered without Observe (RFC 7641 §4.1). */
  readonly observersPerPeer: number;
  /**
   * Bytes of options and payload kept with an answered exchange. Of a longer answer only the code is kept: a duplicate
   * of a safe method is then handed to the application again, a duplicate of any other gets the bare code.
   */
  readonly cachedAnswerBytes: number;
  /** Bytes of a datagram, in and out. RFC 7252 §4.6 suggests 1152 where the path is not known. */
  readonly messageBytes: number;
  /** Connections (RFC 8323). */
  readonly streams: number;
  /** Bytes of a message that a peer sends over a connection; it is told so (RFC 8323 §5.3.1). */
  readonly streamMessageBytes: number;
}

/** What block-wise transfer adds: bodies that come or go in parts. `CoapEndpoint.sizes()` reports the same keys. */
export interface BodyLimits {
  /** Bodies in parts of one peer, in either direction. At the limit a new one is refused. */
  readonly bodiesPerPeer: number;
  /** Bodies in parts, of all peers. */
  readonly bodies: number;
  /** Bytes of one body that a peer sends, or that is kept to be fetched. */
  readonly bodyBytes: number;
  /** Bytes of all bodies together. */
  readonly allBodyBytes: number;
}

export const DEFAULT_BODY_LIMITS: BodyLimits = {
  bodiesPerPeer: 4,
  bodies: 10_000,
  bodyBytes: 262_144,
  allBodyBytes: 67_108_864,
};

export const DEFAULT_LIMITS: CoapLimits = {
  peers: 200_000,
  exchangesPerPeer: 8,
  requestsPerPeer: 64,
  observationsPerScope: 256,
  observations: 2_000_000,
  observersPerPeer: 64,
  cachedAnswerBytes: 128,
  messageBytes: 1152,
  streams: 10_000,
  streamMessageBytes: 16_384,
};
