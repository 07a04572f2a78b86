/** The OSCORE option's value: what the COSE object says in the clear, compressed (RFC 8613 §6.1). */
export interface OscoreValue {
  /** 1–5 bytes, the shortest that hold the number. */
  readonly partialIv?: Uint8Array;
  readonly kidContext?: Uint8Array;
  readonly kid?: Uint8Array;
}

const PIV_LENGTH = 0x07;
const KID = 0x08;
const KID_CONTEXT = 0x10;
const RESERVED = 0xe0;
const MAX_PIV_LENGTH = 5;
const MAX_VALUE_LENGTH = 255;

/** Writes the value; nothing in it is no bytes at all. */
export function encodeOscoreValue({ partialIv, kidContext, kid }: OscoreValue): Uint8Array {
  if (!partialIv && !kidContext && !kid) return new Uint8Array(0);
  const flags = (partialIv?.length ?? 0) | (kid ? KID : 0) | (kidContext ? KID_CONTEXT : 0);
  return Uint8Array.from([
    flags,
    ...(partialIv ?? []),
    ...(kidContext ? [kidContext.length, ...kidContext] : []),
    ...(kid ?? []),
  ]);
}

/** Reads a value, in views of it; undefined for one that is malformed, or uses flags that are not defined. */
export function decodeOscoreValue(value: Uint8Array): OscoreValue | undefined {
  const flags = value[0];
  if (flags === undefined) return {};
  const pivLength = flags & PIV_LENGTH;
  // RFC 8613 §6.1: a value with a flag byte of zero is written without it.
  if (flags === 0 || flags & RESERVED || pivLength > MAX_PIV_LENGTH || value.length > MAX_VALUE_LENGTH) {
    return undefined;
  }
  let at = 1;
  const result: { -readonly [K in keyof OscoreValue]: OscoreValue[K] } = {};
  if (pivLength > 0) {
    result.partialIv = value.subarray(at, at + pivLength);
    at += pivLength;
    // Zero in front would let one number be written, and hashed, in several ways.
    if (pivLength > 1 && result.partialIv[0] === 0) return undefined;
  }
  if (flags & KID_CONTEXT) {
    const length = value[at++];
    if (length === undefined || at > value.length) return undefined;
    result.kidContext = value.subarray(at, at + length);
    at += length;
  }
  if (at > value.length) return undefined;
  if (flags & KID) result.kid = value.subarray(at);
  else if (at < value.length) return undefined;
  return result;
}

/** A sender sequence number as a Partial IV: big-endian, without zeros in front; zero is one byte. */
export function partialIvOf(number: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = number; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** The number of a Partial IV. */
export function numberOf(partialIv: Uint8Array): number {
  let number = 0;
  for (const byte of partialIv) number = number * 256 + byte;
  return number;
}
