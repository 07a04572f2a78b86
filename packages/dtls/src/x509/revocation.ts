/** Which certificates are revoked, by lists whose signatures were checked when they were loaded (RFC 5280 §6.3). */
import { schemeOf, verifyNow } from './algorithms.ts';
import { type Certificate, sameOctets } from './certificate.ts';
import type { Crl } from './crl.ts';
import { KeyUsage } from './extensions.ts';
import type { Name } from './name.ts';
import { type TrustProfile, titleOf } from './profile.ts';
import { type CertificateRefusal, refusal } from './refusal.ts';
import type { RevokedSerials } from './serials.ts';

/** A list that its issuer signed, without the DER that it came in. */
export interface RevocationList {
  readonly issuer: Name;
  /** SHA-256 of the certificate whose key signed it. */
  readonly signer: string;
  /** Milliseconds since the epoch; from one to the other the list is current. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** CRLNumber in hexadecimal. */
  readonly number: string | undefined;
  readonly revoked: RevokedSerials;
}

export type AdmittedCrl =
  | { readonly ok: true; readonly list: RevocationList }
  /** `detail`: one sentence about what is wrong. */
  | { readonly ok: false; readonly detail: string };

/** Whether this CA's key signed the list. */
function signedBy(crl: Crl, issuer: Certificate): boolean {
  const scheme = schemeOf(crl.signatureAlgorithm);
  const { tbs: data, signature } = crl;
  if (scheme === undefined) return false;
  return verifyNow({ kind: 'verify-certificate', scheme, publicKey: issuer.publicKey, data, signature });
}

/**
 * Takes a list into use: its issuer must be among the CAs (anchors and intermediates) and have signed it.
 * The list keeps nothing of the DER that `crl` was read from.
 */
export function admitCrl(crl: Crl, authorities: readonly Certificate[]): AdmittedCrl {
  const { issuer, thisUpdate, nextUpdate, number, revoked } = crl;
  const named = authorities.filter(({ subject }) => sameOctets(subject.der, issuer.der));
  if (named.length === 0) return { ok: false, detail: `the list is of "${issuer.text}", which is no CA here` };
  if (schemeOf(crl.signatureAlgorithm) === undefined) {
    return {
      ok: false,
      detail: 'the list is signed with an algorithm that is not supported or is too weak (SHA-1, MD5)',
    };
  }
  const signer = named.find((authority) => signedBy(crl, authority));
  if (signer === undefined) return { ok: false, detail: `the signature of the list is not by "${issuer.text}"` };
  if (signer.keyUsage !== undefined && (signer.keyUsage & KeyUsage.cRLSign) === 0) {
    return { ok: false, detail: `${titleOf(signer)} may not sign lists (keyUsage)` };
  }
  return {
    ok: true,
    list: {
      issuer: { ...issuer, der: new Uint8Array(issuer.der) },
      ...{ signer: signer.fingerprint, thisUpdate, nextUpdate, revoked },
      number: number && Buffer.from(number).toString('hex'),
    },
  };
}

const isCurrent = ({ thisUpdate, nextUpdate }: RevocationList, now: number): boolean =>
  now >= thisUpdate && now <= nextUpdate;

/** Words for CRLReason (RFC 5280 §5.3.1), which has no 7. */
const REASONS = [
  'no reason given',
  'key compromise',
  'CA compromise',
  'affiliation changed',
  'superseded',
  'cessation of operation',
  'on hold',
  undefined,
  undefined,
  'privilege withdrawn',
  'AA compromise',
] as const;

/** Asks the lists of each certificate's issuer; several lists of one name (after a change of keys) all count. */
export function checkRevocation(
  certificates: readonly Certificate[],
  { revocation = [], staleLists = 'accept' }: TrustProfile,
  now: number,
): CertificateRefusal | { readonly ok: true; readonly stale: boolean } {
  let stale: RevocationList | undefined;
  for (const certificate of certificates) {
    for (const list of revocation) {
      if (!sameOctets(list.issuer.der, certificate.issuer.der)) continue;
      const revoked = list.revoked.find(certificate.serial);
      if (revoked) {
        const when = new Date(revoked.date).toISOString();
        const why = REASONS[revoked.reason] ?? 'no reason given';
        return refusal('revoked', `${titleOf(certificate)} was revoked at ${when} (${why})`);
      }
      if (!isCurrent(list, now)) stale = list;
    }
  }
  if (stale && staleLists === 'refuse') {
    const { issuer, thisUpdate, nextUpdate } = stale;
    const [from, to, clock] = [thisUpdate, nextUpdate, now].map((ms) => new Date(ms).toISOString());
    const detail = `the revocation list of "${issuer.text}" is current from ${from} to ${to}, and the clock here says ${clock}`;
    return refusal('crl-stale', detail);
  }
  return { ok: true, stale: stale !== undefined };
}
