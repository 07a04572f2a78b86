/** What connections may take. How long a message may be, and how slowly it may come, are limits of CoAP. */
export const streamLimits = {
  /** Connections in all, handshakes under way included. */
  connections: 10_000,
  /** Of them from one network: a /24 of IPv4, a /48 of IPv6. */
  connectionsPerNetwork: 2_000,
  /** TLS handshakes under way, in all and from one network. */
  handshakes: 512,
  handshakesPerNetwork: 64,
  /** How long a handshake may take, until its peer is admitted, ms. */
  handshakeMs: 10_000,
  /** Bytes that wait to be written to a peer that does not read. */
  unsentBytes: 262_144,
  /** How long a connection without a registration may be silent, ms. */
  idleMs: 120_000,
  /** How long peers have to close their side when the server stops, ms. */
  farewellMs: 250,
  /** Certificates of a peer's chain that are looked at. */
  chain: 8,
} as const;
