import { KeyObject } from 'node:crypto';

/** The most octets that a premaster secret has room for (RFC 4279 §2). */
const LONGEST_KEY = 2 ** 16 - 1;

/** A copy of a pre-shared key that can serve; an empty one, one that is too long, or none, can't. */
export function usableKey(key: KeyObject | Uint8Array | undefined): Uint8Array | undefined {
  const length = key instanceof KeyObject ? key.symmetricKeySize : key?.length;
  if (key === undefined || !length || length > LONGEST_KEY) return undefined;
  return key instanceof KeyObject ? key.export() : Uint8Array.from(key);
}
