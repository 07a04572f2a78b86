import { createHash, randomBytes } from 'node:crypto';

/** A fresh secret of 256 random bits in base64url, 43 characters, after an optional prefix that tells what it is. */
export function newSecret(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

/**
 * The form in which a secret is stored and looked up: SHA-256 in hex. A secret of 256 random bits needs no salt and no
 * slow hash, and a look-up by hash tells nothing about the secret by its timing.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
