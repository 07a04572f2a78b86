/** What connections may take. How long a message may be, and how slowly it may come, are limits of CoAP. */
export interface StreamLimits {
  /** Connections in all, handshakes under way included. */
  readonly connections: number;
  /** Of them from one network: a /24 of IPv4, a /48 of IPv6. */
  readonly connectionsPerNetwork: number;
  /** TLS handshakes under way, in all and from one network. */
  readonly handshakes: number;
  readonly handshakesPerNetwork: number;
  /** How long a handshake may take, until its peer is admitted, ms. */
  readonly handshakeMs: number;
  /** Bytes that wait to be written to a peer that does not read. */
  readonly unsentBytes: number;
  /** How long a connection may be silent that is not the last of a registered device, ms. */
  readonly idleMs: number;
  /** How long peers have to close their side when the server stops, ms. */
  readonly farewellMs: number;
  /** Peers that are told to come back in one second after that, and seconds after which the last may. */
  readonly returnsPerSecond: number;
  readonly longestHoldOff: number;
  /** Certificates of a peer's chain that are looked at. */
  readonly chain: number;
}

export const streamLimits: StreamLimits = {
  connections: 10_000,
  connectionsPerNetwork: 2_000,
  handshakes: 512,
  handshakesPerNetwork: 64,
  handshakeMs: 10_000,
  unsentBytes: 262_144,
  idleMs: 120_000,
  farewellMs: 250,
  returnsPerSecond: 100,
  longestHoldOff: 300,
  chain: 8,
};
