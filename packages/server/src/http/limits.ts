/** Every limit of the HTTP side. Times in milliseconds. */
export const httpLimits = {
  /** Largest request body: a policy of 262 144 characters with every one of them escaped fits. */
  bodyBytes: 2 * 1024 * 1024,
  /** Longest path parameter: an endpoint name of 255 bytes, percent-encoded. */
  paramLength: 1024,
  connections: 2000,
  /** A request must have arrived whole after this time. */
  requestTime: 30_000,
  /** An idle connection is closed after this time. */
  keepAlive: 72_000,
  /** Sign-in attempts per minute, per address and of everybody together. */
  signInsPerAddress: 20,
  signIns: 300,
  /** Addresses whose attempts are counted at the same time. */
  signInAddresses: 1000,
  streams: 200,
  /** What may wait for one stream's client to read it; more, and the client is disconnected. */
  streamBytes: 1024 * 1024,
  /** A stream sends something at least so often, and its credentials are proved again. */
  heartbeat: 15_000,
  /** A client that reads its backlog has to take the next piece within this time. */
  drainTime: 30_000,
  /** Journal entries read at once for a stream that catches up. */
  catchUpPage: 500,
} as const;
