/** Unsigned big-endian integers of 1 to 6 octets, in a fraction of the time of a `DataView` made for a few of them. */

/** The caller has checked that the octets are there. */
export function readUint(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

export function writeUint(bytes: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    // Storing takes the lowest octet.
    bytes[i] = rest;
    rest = Math.floor(rest / 256);
  }
}
