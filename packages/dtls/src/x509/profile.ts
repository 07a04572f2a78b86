/** Whom to trust, as data, and the rules for one certificate of a path. */
import { type KeyAlgorithm, schemeOf } from './algorithms.ts';
import type { Certificate } from './certificate.ts';
import { KeyUsage } from './extensions.ts';
import { type CertificateRefusal, refusal } from './refusal.ts';
import type { RevocationList } from './revocation.ts';

/**
 * Whom to trust and for what. The rules beyond these settings are the same everywhere, a strict subset of RFC 5280 §6:
 *
 * - A path leads from the peer's certificate over intermediates to an anchor; anchors need not be self-signed. The
 *   peer's own certificate comes first in its chain, the others in any order; those that lead nowhere are ignored if
 *   they can be read at all. Names chain octet by octet; key identifiers must not contradict each other.
 * - All certificates, anchors too: DER, version 3, within their validity, without unknown critical extensions and
 *   without name constraints; signatures (but the anchor's) by ECDSA, RSA (PKCS #1 or PSS) with SHA-256, 384 or 512, or
 *   by Ed25519.
 * - CAs: `cA`, keyCertSign if there is a keyUsage, pathLenConstraint kept, the purpose if there is an extKeyUsage; a key
 *   of P-256, P-384, Ed25519 or RSA of 2048 to 8192 bits.
 * - The peer's: not a CA, digitalSignature if there is a keyUsage, a key of P-256 or P-384, which is what ECDHE_ECDSA
 *   needs.
 * - anyExtendedKeyUsage stands for no purpose. Policies are not processed, so critical ones are refused.
 *
 * What DER and RFC 5280 forbid and devices in the field have, is tolerated: a DEFAULT that is written out, members of a
 * SET in any order, GeneralizedTime before 2050, serial number 0.
 */
export interface TrustProfile {
  readonly anchors: readonly Certificate[];
  /** CA certificates that the peer may leave out, to save octets; they are trusted only through an anchor. */
  readonly intermediates?: readonly Certificate[];
  /** The peer's role. */
  readonly purpose: 'client' | 'server';
  /** Whether the peer's certificate must have an extKeyUsage with the purpose, or only if it has one (the default). */
  readonly extendedKeyUsage?: 'required' | 'if-present';
  /** Certificates below the anchor, the peer's included; by default 4. */
  readonly maxDepth?: number;
  /** Certificates of peers that are good although they have expired. */
  readonly admitExpired?: readonly ExpiredAdmission[];
  /** Lists that were checked when they were loaded. CAs without a list are not asked. */
  readonly revocation?: readonly RevocationList[];
  /** Whether a list that is not current still counts (the default; the result says so), or refuses everything it is about. */
  readonly staleLists?: 'accept' | 'refuse';
}

/** An expired certificate that is good until a date. */
interface ExpiredAdmission {
  /** SHA-256 of its DER in lower-case hexadecimal, or its subject as text. */
  readonly certificate: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

const PURPOSES = {
  client: { id: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' },
  server: { id: '1.3.6.1.5.5.7.3.1', name: 'serverAuth' },
} as const;

const LEAF_KEYS: readonly KeyAlgorithm[] = ['P-256', 'P-384'];

const at = (ms: number): string => new Date(ms).toISOString();

/** What a certificate is called in sentences. */
export const titleOf = ({ subject, fingerprint }: Certificate): string =>
  subject.text === '' ? `certificate ${fingerprint.slice(0, 16)}…` : `certificate "${subject.text}"`;

/** Rules for every certificate but those about time. */
function formDefect(certificate: Certificate): CertificateRefusal | undefined {
  const title = titleOf(certificate);
  const { version, unsupported, keyDefect } = certificate;
  if (version !== 3) return refusal('unsupported-certificate', `${title} has version ${version}; 3 is needed`);
  if (unsupported.length > 0) {
    return refusal(
      'unsupported-certificate',
      `${title} has extensions that are not supported: ${unsupported.join(', ')}`,
    );
  }
  if (keyDefect !== undefined) return refusal('unsupported-certificate', `the key of ${title} ${keyDefect}`);
  return undefined;
}

function usageDefect(
  certificate: Certificate,
  profile: Pick<TrustProfile, 'purpose' | 'extendedKeyUsage'>,
  required: boolean,
): CertificateRefusal | undefined {
  const { id, name } = PURPOSES[profile.purpose];
  const { extendedKeyUsage } = certificate;
  if (extendedKeyUsage === undefined ? !required : extendedKeyUsage.includes(id)) return undefined;
  return refusal('certificate-usage', `${titleOf(certificate)} is not for ${name} (extKeyUsage)`);
}

/** Why a certificate can't be a CA's, apart from time, purpose and place in a path; for certificates that an operator adds. */
export function authorityDefect(certificate: Certificate): CertificateRefusal | undefined {
  const title = titleOf(certificate);
  const defect = formDefect(certificate);
  if (defect) return defect;
  if (certificate.basicConstraints?.ca !== true) {
    return refusal('certificate-usage', `${title} is not that of a CA (basicConstraints)`);
  }
  if (certificate.keyUsage !== undefined && (certificate.keyUsage & KeyUsage.keyCertSign) === 0) {
    return refusal('certificate-usage', `${title} may not sign certificates (keyUsage)`);
  }
  return undefined;
}

/** Rules for a CA with so many intermediates below it that were not issued to themselves. */
export function checkAuthority(
  certificate: Certificate,
  below: number,
  profile: TrustProfile,
): CertificateRefusal | undefined {
  const limit = certificate.basicConstraints?.pathLength;
  const defect = authorityDefect(certificate);
  if (defect) return defect;
  if (limit !== undefined && below > limit) {
    return refusal(
      'certificate-usage',
      `${titleOf(certificate)} allows ${limit} CAs below it (pathLenConstraint), not ${below}`,
    );
  }
  return usageDefect(certificate, profile, false);
}

/** Rules for the peer's own certificate. */
export function checkLeaf(certificate: Certificate, profile: TrustProfile): CertificateRefusal | undefined {
  const title = titleOf(certificate);
  const defect = formDefect(certificate);
  if (defect) return defect;
  if (!LEAF_KEYS.includes(certificate.keyAlgorithm)) {
    return refusal(
      'unsupported-certificate',
      `${title} has a key of ${certificate.keyAlgorithm}; it needs ${LEAF_KEYS.join(' or ')}`,
    );
  }
  if (certificate.basicConstraints?.ca === true) {
    return refusal('certificate-usage', `${title} is that of a CA, not of a ${profile.purpose} (basicConstraints)`);
  }
  if (certificate.keyUsage !== undefined && (certificate.keyUsage & KeyUsage.digitalSignature) === 0) {
    return refusal('certificate-usage', `${title} is not for digitalSignature (keyUsage)`);
  }
  return usageDefect(certificate, profile, profile.extendedKeyUsage === 'required');
}

/** Whether the certificate's signature is by an algorithm of the profile. */
export function checkAlgorithm(certificate: Certificate): CertificateRefusal | undefined {
  if (schemeOf(certificate.signatureAlgorithm) !== undefined) return undefined;
  const detail = `${titleOf(certificate)} is signed with an algorithm that is not supported or is too weak (SHA-1, MD5)`;
  return refusal('unsupported-certificate', detail);
}

/** Whether the certificate has expired, and if so, whether it was admitted nonetheless. */
export function checkValidity(certificate: Certificate, now: number): CertificateRefusal | undefined {
  const title = titleOf(certificate);
  const { notBefore, notAfter } = certificate;
  if (now < notBefore) {
    return refusal('not-yet-valid', `${title} is valid from ${at(notBefore)}, and the clock here says ${at(now)}`);
  }
  if (now > notAfter) {
    return refusal('expired-certificate', `${title} expired at ${at(notAfter)}, and the clock here says ${at(now)}`);
  }
  return undefined;
}

/** Whether an operator admitted this certificate after its expiry. */
export function isAdmitted({ fingerprint, subject }: Certificate, profile: TrustProfile, now: number): boolean {
  return (profile.admitExpired ?? []).some(
    ({ certificate, until }) => now <= until && (certificate === fingerprint || certificate === subject.text),
  );
}
