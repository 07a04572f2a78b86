import { generateKeyPairSync } from 'node:crypto';
import { selfSigned } from '@reeve/dtls';
import type { Millis } from '../ids.ts';

/** How far the clocks of devices may be behind. */
const CLOCK_SKEW_MS = 24 * 3_600_000;

/** A key pair that was made for a device, on P-256. */
export interface MadeKeys {
  /** In DER: what the device shows, a SubjectPublicKeyInfo or a certificate. */
  readonly shown: Buffer;
  /** PKCS #8 in DER. */
  readonly privateKey: Buffer;
}

/** @param name what a certificate is to call the device: nobody vouches for it, since it is known octet by octet */
export function makeKeys(kind: 'raw-key' | 'certificate', name: string, now: Millis): MadeKeys {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    shown:
      kind === 'raw-key'
        ? keys.publicKey.export({ type: 'spki', format: 'der' })
        : Buffer.from(selfSigned(name, keys, now - CLOCK_SKEW_MS)),
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
  };
}
