/** How certificates are refused: a word for programs, a sentence for operators, an alert for the peer. */
import type { RefusalCheck } from '../effects.ts';

/** The alert that says to the peer what is wrong (RFC 5246 §7.2.2). */
const ALERTS = {
  /** No path to an anchor. */
  'unknown-ca': 'unknown_ca',
  'expired-certificate': 'certificate_expired',
  'not-yet-valid': 'certificate_expired',
  /** Malformed, or with a wrong signature. */
  'bad-certificate': 'bad_certificate',
  revoked: 'certificate_revoked',
  /** The certificate is not for what it is used for. */
  'certificate-usage': 'unsupported_certificate',
  /** Algorithms, versions and extensions outside the profile. */
  'unsupported-certificate': 'unsupported_certificate',
  'crl-stale': 'certificate_unknown',
  /** A good certificate of another host. */
  'certificate-name': 'bad_certificate',
  /** Not the certificate that was pinned. */
  'wrong-server': 'bad_certificate',
  /** No room for the check. */
  limit: 'internal_error',
} as const satisfies { readonly [C in RefusalCheck]?: string };

export type CertificateCheck = keyof typeof ALERTS;

export interface CertificateRefusal {
  readonly ok: false;
  readonly check: CertificateCheck;
  /** One sentence about what is wrong, and where. */
  readonly detail: string;
  /** Name of the alert. */
  readonly alert: (typeof ALERTS)[CertificateCheck];
}

export function refusal(check: CertificateCheck, detail: string): CertificateRefusal {
  return { ok: false, check, detail, alert: ALERTS[check] };
}
