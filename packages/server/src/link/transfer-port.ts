import type { ExchangeRef, Heard } from './port.ts';

/** One part of a long opaque value (RFC 7959 §2.5), written to one resource. */
export interface WritePart {
  readonly kind: 'write-part';
  readonly path: string;
  /** Bytes ahead of it: a whole number of parts of its size. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes of the whole value. */
  readonly size: number;
  /** Size exponent of the parts: they have 2^(szx+4) bytes, all but the last. */
  readonly szx: number;
  /** What the parts of one value have in common (Request-Tag, RFC 9175 §3), in hex. */
  readonly tag: string;
}

/** Which part of a body is meant. */
interface PartNumber {
  readonly num: number;
  readonly szx: number;
}

/** Transfers → capabilities: a registered device asks for a part of what is kept for it under a token. */
export type TransferUp = {
  readonly kind: 'fetch';
  readonly exchange: ExchangeRef;
  readonly token: string;
} & PartNumber &
  Heard;

/** Capabilities → transfers: that part. */
export type TransferDown = {
  readonly kind: 'part';
  readonly exchange: ExchangeRef;
  readonly bytes: Uint8Array;
  /** Bytes of the whole. */
  readonly size: number;
  /** What tells parts of different bodies apart, at most 8 bytes in hex. */
  readonly etag: string;
} & PartNumber;
