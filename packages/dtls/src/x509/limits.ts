/** Every cap on what a peer's certificates or a revocation list can make grow, in one table. */
export const X509_LIMITS = {
  /** Octets of one certificate. */
  certificateBytes: 8_192,
  /** Certificates in a peer's Certificate message. */
  chainCertificates: 10,
  /** Levels of DER elements inside one another; a certificate needs about ten. */
  derDepth: 16,
  /** Octets of an object identifier. */
  oidBytes: 32,
  /** Octets of a serial number (RFC 5280 §4.1.2.2). */
  serialBytes: 20,
  /** Extensions in a certificate, in a list, or of one list entry. */
  extensions: 32,
  /** Relative names in a name, and attributes in one of those. */
  nameParts: 32,
  /** Subject alternative names. */
  alternativeNames: 64,
  /** Steps in the search for paths from a leaf to an anchor. */
  pathSteps: 256,
  /** Paths whose signatures are checked, when several lead to an anchor. */
  paths: 4,
  /** Bits of an RSA modulus, at most; checking a signature gets slow beyond. */
  rsaBits: 8_192,
  /** Octets of a certificate revocation list. */
  crlBytes: 32 * 1024 * 1024,
  /** Revoked certificates in one list. */
  crlEntries: 1_000_000,
  /** Octets of a PEM file. */
  pemBytes: 48 * 1024 * 1024,
  /** Blocks in a PEM file. */
  pemBlocks: 1_000,
} as const;
