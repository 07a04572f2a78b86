import { createPublicKey } from 'node:crypto';
import { type Certificate, parseCertificate, readPem } from '@reeve/dtls';
import { ReeveError } from '../errors.ts';

/** What people bring, and where the parts of a PEM file have it. */
const kinds = { 'public key': 'publicKeys', certificate: 'certificates', 'revocation list': 'crls' } as const;

/** Curves of the keys that the cipher suites here can use. */
export const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1']);

/**
 * The DER of what somebody gave as PEM or as base64.
 *
 * @param at the field that it came in, for the error
 * @throws ReeveError `invalid-request`
 */
export function readDer(text: string, what: keyof typeof kinds, at: string): Uint8Array {
  if (!text.includes('-----BEGIN')) return readBase64(text, what, at);
  const pem = readPem(text);
  if (!pem.ok) throw refused(at, `can't be read: ${pem.detail}`);
  const found = pem[kinds[what]];
  const [first] = found;
  if (!first) throw refused(at, `holds no ${what}`);
  if (found.length > 1) throw refused(at, `holds ${found.length} of them; give one ${what}`);
  return first;
}

/** Buffer skips what is no base64, so the length tells; all that is read here is a SEQUENCE. */
function readBase64(text: string, what: keyof typeof kinds, at: string): Uint8Array {
  const base64 = text.replace(/\s/g, '').replace(/=+$/, '');
  const der = Buffer.from(base64, 'base64');
  if (der[0] === 0x30 && der.length === Math.floor((base64.length * 3) / 4)) return der;
  throw refused(at, `is no ${what}: neither PEM nor DER in base64`);
}

/** A SubjectPublicKeyInfo in DER that devices can prove. @throws ReeveError `invalid-request` */
export function readPublicKey(text: string, at: string): Uint8Array {
  const der = readDer(text, 'public key', at);
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (!CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? '')) throw new Error('another curve');
    return key.export({ format: 'der', type: 'spki' });
  } catch {
    throw refused(at, 'is no ECDSA public key on P-256 or P-384 (SubjectPublicKeyInfo)');
  }
}

/** @throws ReeveError `invalid-request` */
export function readCertificate(text: string, at: string): Certificate {
  const parsed = parseCertificate(readDer(text, 'certificate', at));
  if (parsed.ok) return parsed.certificate;
  throw refused(at, `is no certificate that can be used: ${parsed.detail}`);
}

/** A request that does not say what it should. */
export function refused(at: string, message: string): ReeveError {
  return new ReeveError('invalid-request', `${at} ${message}`, [{ at, message }]);
}
