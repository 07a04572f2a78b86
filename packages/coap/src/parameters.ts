/** How a sender retries and how long it waits (RFC 7252 §4.8). Times in milliseconds. */
export interface TransmissionParameters {
  /** ACK_TIMEOUT: shortest wait before the first retransmission. */
  readonly ackTimeoutMs: number;
  /** ACK_RANDOM_FACTOR: the first wait is drawn from [ackTimeoutMs, ackTimeoutMs × this]. */
  readonly ackRandomFactor: number;
  /** MAX_RETRANSMIT: retransmissions after the first transmission. */
  readonly maxRetransmit: number;
  /** MAX_LATENCY: how long a datagram may be on its way. */
  readonly maxLatencyMs: number;
  /**
   * How long a request that was acknowledged, or sent non-confirmable, waits for its response before it counts as
   * timed out and the next one may go. The default is MAX_TRANSMIT_WAIT, 93 s: the time in which the peer can bring a
   * separate response through with all its retransmissions, and how long an LwM2M client in queue mode stays awake.
   */
  readonly responseTimeoutMs: number;
  /**
   * How long the peer listens after it was heard. Then nothing is retransmitted to it, and a request that it has not
   * acknowledged ends: one in queue mode would sleep through the rest (LwM2M Core §6.4.1). Infinite for any other.
   */
  readonly awakeMs: number;
  /** Largest block of a body that goes in parts: a power of two from 16 to 1024 bytes (RFC 7959 §2.2). */
  readonly blockBytes: number;
}

/** The defaults of RFC 7252 §4.8. */
export const DEFAULT_PARAMETERS: TransmissionParameters = {
  ackTimeoutMs: 2_000,
  ackRandomFactor: 1.5,
  maxRetransmit: 4,
  maxLatencyMs: 100_000,
  responseTimeoutMs: 93_000,
  awakeMs: Number.POSITIVE_INFINITY,
  blockBytes: 1024,
};

/** MAX_TRANSMIT_SPAN: from the first transmission of a confirmable message to its last (RFC 7252 §4.8.2). */
function maxTransmitSpanMs({ ackTimeoutMs, ackRandomFactor, maxRetransmit }: TransmissionParameters): number {
  return ackTimeoutMs * (2 ** maxRetransmit - 1) * ackRandomFactor;
}

/** MAX_TRANSMIT_WAIT: from the first transmission of a confirmable message until its sender gives up. */
export function maxTransmitWaitMs({ ackTimeoutMs, ackRandomFactor, maxRetransmit }: TransmissionParameters): number {
  return ackTimeoutMs * (2 ** (maxRetransmit + 1) - 1) * ackRandomFactor;
}

/** EXCHANGE_LIFETIME: how long the id of a confirmable message must not be used again; 247 s by default. */
export function exchangeLifetimeMs(parameters: TransmissionParameters): number {
  const processingDelay = parameters.ackTimeoutMs;
  return maxTransmitSpanMs(parameters) + 2 * parameters.maxLatencyMs + processingDelay;
}

/** NON_LIFETIME: how long the id of a non-confirmable message must not be used again; 145 s by default. */
export function nonLifetimeMs(parameters: TransmissionParameters): number {
  return maxTransmitSpanMs(parameters) + parameters.maxLatencyMs;
}
