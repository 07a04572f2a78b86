/**
 * Everything that a peer's bytes can make grow, and how far (one table for the whole package).
 * Beyond a limit a parser answers a `limit` error; it never allocates first.
 */
export const LIMITS = {
  /** Bytes of one content payload of any format. */
  payloadBytes: 1 << 20,
  /** Data items (numbers, strings, arrays, maps, tags) of one CBOR or JSON document; elements of one TLV. */
  items: 65_536,
  /** Nesting of arrays, maps and tags. SenML needs 2, a tagged decimal fraction 4. */
  depth: 6,
  /** Records of one content payload. */
  records: 16_384,
  /** Paths of one composite operation. */
  paths: 256,
  /** Characters of one JSON number: a 64-bit integer has at most 20. */
  numberChars: 64,
  /** Links of one link-format document. */
  links: 4_096,
  /** Parameters of one link. */
  linkParams: 32,
  /** Query parameters of one Register, Update or Write-Attributes request. */
  queryParams: 32,
  /** Bytes of a device's endpoint name, as one Uri-Query option can carry it. */
  endpointBytes: 252,
} as const;
