import { KeyObject } from 'node:crypto';

/** A copy of a pre-shared key that can serve; an empty one, or none, can't. */
export function usableKey(key: KeyObject | Uint8Array | undefined): Uint8Array | undefined {
  if (key instanceof KeyObject) return key.type === 'secret' && key.symmetricKeySize ? key.export() : undefined;
  return key !== undefined && key.length > 0 ? Uint8Array.from(key) : undefined;
}
