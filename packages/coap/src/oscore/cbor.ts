/** What OSCORE writes in CBOR (RFC 8949): short arrays of a few kinds of values, in the shortest form. */
export type CborValue = number | string | Uint8Array | null | readonly CborValue[];

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const NULL = 0xf6;

/** Writes a value; integers below 2^16 in size, as all of OSCORE's are. */
export function encodeCbor(value: CborValue): Uint8Array {
  const out: number[] = [];
  write(out, value);
  return Uint8Array.from(out);
}

/** The bytes in a byte string that is all there is; undefined if it is anything else. */
export function unwrapBytes(encoded: Uint8Array): Uint8Array | undefined {
  const [first = 0, second = 0] = encoded;
  if (first >> 5 !== BYTES) return undefined;
  const short = first & 31;
  const start = short < 24 ? 1 : 2;
  const length = short < 24 ? short : short === 24 && second >= 24 ? second : -1;
  return encoded.length === start + length ? encoded.subarray(start) : undefined;
}

function write(out: number[], value: CborValue): void {
  if (value === null) {
    out.push(NULL);
  } else if (typeof value === 'number') {
    if (value >= 0) head(out, UNSIGNED, value);
    else head(out, NEGATIVE, -1 - value);
  } else if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    head(out, TEXT, bytes.length);
    out.push(...bytes);
  } else if (value instanceof Uint8Array) {
    head(out, BYTES, value.length);
    out.push(...value);
  } else {
    head(out, ARRAY, value.length);
    for (const item of value) write(out, item);
  }
}

function head(out: number[], major: number, argument: number): void {
  const type = major << 5;
  if (argument < 24) out.push(type | argument);
  else if (argument < 0x100) out.push(type | 24, argument);
  else out.push(type | 25, argument >> 8, argument & 0xff);
}
