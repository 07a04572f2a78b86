/** The Certificate message, in the form that was negotiated (RFC 5246 §7.4.2, RFC 7250 §3). */
import { isEcdsaKey } from './algorithms.ts';
import type { PresentedIdentity } from './identity.ts';
import { notWellFormed, type Objection } from './objection.ts';
import { decode, encode, list, opaque, struct } from './schema.ts';
import { parseCertificate } from './x509/certificate.ts';

export type CertificateKind = 'raw-key' | 'certificate';
export type PresentedKey = Exclude<PresentedIdentity, { readonly kind: 'psk' }>;

const chainBody = struct<{ chain: readonly Uint8Array[] }>({ chain: list(3, opaque(3)) });
const rawKeyBody = struct<{ publicKey: Uint8Array }>({ publicKey: opaque(3) });

/** What a peer presents, with the key that has to prove it. */
export interface Presented {
  readonly identity: PresentedKey;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
}

export function encodeCertificate(identity: PresentedKey): Uint8Array {
  if (identity.kind === 'raw-key') return encode(rawKeyBody, identity);
  return encode(chainBody, identity);
}

export type ReadCertificate =
  | { readonly ok: true; readonly value: Presented }
  | { readonly ok: false; readonly objection: Objection; readonly identity?: PresentedKey };

/** What the peer's Certificate says; whether it is any good is for `findPeer` to say. Nothing of `content` is kept. */
export function readCertificate(kind: CertificateKind, content: Uint8Array): ReadCertificate {
  const bytes = Uint8Array.from(content);
  if (kind === 'raw-key') {
    const parsed = decode(rawKeyBody, bytes);
    if (!parsed.ok) return { ok: false, objection: notWellFormed('the Certificate', parsed.error) };
    const { publicKey } = parsed.value;
    return withKey({ kind, publicKey }, publicKey);
  }
  const parsed = decode(chainBody, bytes);
  if (!parsed.ok) return { ok: false, objection: notWellFormed('the Certificate', parsed.error) };
  const [leaf] = parsed.value.chain;
  const identity: PresentedKey = { kind, chain: parsed.value.chain };
  if (leaf === undefined) return withKey(identity, new Uint8Array(0));
  const certificate = parseCertificate(leaf);
  if (!certificate.ok) {
    const detail = `the certificate can't be read: ${certificate.detail}`;
    return { ok: false, objection: { check: 'bad-certificate', detail, alert: 'bad_certificate' }, identity };
  }
  return withKey(identity, certificate.certificate.publicKey);
}

function withKey(identity: PresentedKey, publicKey: Uint8Array): ReadCertificate {
  if (publicKey.length === 0) {
    const what = identity.kind === 'raw-key' ? 'raw public key' : 'certificate';
    const detail = `the peer has no ${what} that fits what was asked for`;
    return { ok: false, objection: { check: 'no-certificate', detail, alert: 'handshake_failure' } };
  }
  if (isEcdsaKey(publicKey)) return { ok: true, value: { identity, publicKey } };
  const detail = 'the key of the peer is not an ECDSA key on P-256 or P-384';
  const objection: Objection = { check: 'unsupported-certificate', detail, alert: 'unsupported_certificate' };
  return { ok: false, objection, identity };
}
