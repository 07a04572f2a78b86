/** How an LwM2M client knows its server by certificate: Certificate Usage (/0/x/15) and Matching Type (/0/x/13). */
import { createHash } from 'node:crypto';
import { type Certificate, parseCertificate, sameOctets } from './certificate.ts';
import { X509_LIMITS } from './limits.ts';
import { matchesHost } from './names.ts';
import { type PathResult, validatePath } from './path.ts';
import { type TrustProfile, titleOf } from './profile.ts';
import { type CertificateRefusal, refusal } from './refusal.ts';

/** Certificate Usage (LwM2M 1.2 Core Appendix E.1, after RFC 6698 §2.1.1). */
export const CertificateUsage = {
  /** A CA of the path is this one. */
  CA_CONSTRAINT: 0,
  /** The server's certificate is this one, and valid by the client's anchors. */
  SERVICE_CERTIFICATE_CONSTRAINT: 1,
  /** This one is the anchor. */
  TRUST_ANCHOR_ASSERTION: 2,
  /** The server's certificate is this one, whatever it says. */
  DOMAIN_ISSUED_CERTIFICATE: 3,
} as const;
export type CertificateUsage = (typeof CertificateUsage)[keyof typeof CertificateUsage];

/** 0: the certificate itself; then its SHA-256, SHA-384, SHA-512. */
const MATCHING = [undefined, 'sha256', 'sha384', 'sha512'] as const;
export type MatchingType = 0 | 1 | 2 | 3;

/** What the Security object says about the server's certificate. */
interface CertificateAssociation {
  readonly usage: CertificateUsage;
  readonly matchingType: MatchingType;
  /** Server Public Key (/0/x/4): a certificate in DER, or its digest. */
  readonly data: Uint8Array;
}

export interface ServerTrust {
  readonly association: CertificateAssociation;
  /** SNI (/0/x/14), or the host of the server's URI (/0/x/0). */
  readonly host: string;
  /** Whom the client trusts, for usages 0 and 1. */
  readonly anchors: readonly Certificate[];
}

export type UsageResult =
  /** `path` holds only the leaf where no path was asked for. */
  { readonly ok: true; readonly leaf: Certificate; readonly path: readonly Certificate[] } | CertificateRefusal;

function matches({ matchingType, data }: CertificateAssociation, der: Uint8Array): boolean {
  const hash = MATCHING[matchingType];
  return sameOctets(data, hash === undefined ? der : createHash(hash).update(der).digest());
}

/** A path by these anchors, to a certificate for the host. */
function validFor(
  chain: readonly Uint8Array[],
  anchors: readonly Certificate[],
  host: string,
  now: number,
): PathResult {
  const profile: TrustProfile = { anchors, purpose: 'server' };
  const result = validatePath(chain, profile, now);
  if (!result.ok || matchesHost(result.leaf, host)) return result;
  return refusal('certificate-name', `${titleOf(result.leaf)} is not for the host "${host}"`);
}

const NOT_PINNED = 'the server shows another certificate than the one that was provisioned';

/** The anchor that the association asserts: itself when it is a whole certificate, else the one of the chain that it means. */
function assertedAnchor(association: CertificateAssociation, chain: readonly Uint8Array[]): Certificate | undefined {
  const candidates =
    association.matchingType === 0 ? [association.data] : chain.slice(1, X509_LIMITS.chainCertificates);
  const der = candidates.find((each) => matches(association, each));
  const parsed = der && parseCertificate(der);
  return parsed?.ok ? parsed.certificate : undefined;
}

/**
 * Whether the server that shows this chain is the one that the client was provisioned for.
 *
 * @param chain certificates in DER, the server's own first
 * @param now milliseconds since the epoch
 */
export function matchCertificateUsage(chain: readonly Uint8Array[], trust: ServerTrust, now: number): UsageResult {
  const { association, host, anchors } = trust;
  const [leafDer] = chain;
  if (leafDer === undefined) return refusal('bad-certificate', 'the chain is empty');
  switch (association.usage) {
    case CertificateUsage.DOMAIN_ISSUED_CERTIFICATE: {
      const parsed = parseCertificate(leafDer);
      if (!parsed.ok) return refusal('bad-certificate', parsed.detail);
      const { certificate: leaf } = parsed;
      return matches(association, leafDer) ? { ok: true, leaf, path: [leaf] } : refusal('wrong-server', NOT_PINNED);
    }
    case CertificateUsage.SERVICE_CERTIFICATE_CONSTRAINT: {
      if (!matches(association, leafDer)) return refusal('wrong-server', NOT_PINNED);
      return validFor(chain, anchors, host, now);
    }
    case CertificateUsage.TRUST_ANCHOR_ASSERTION: {
      const anchor = assertedAnchor(association, chain);
      if (anchor) return validFor(chain, [anchor], host, now);
      return refusal('unknown-ca', "the CA that was provisioned is not in the server's chain, or is no certificate");
    }
    case CertificateUsage.CA_CONSTRAINT: {
      const result = validFor(chain, anchors, host, now);
      if (!result.ok || result.path.slice(1).some(({ der }) => matches(association, der))) return result;
      return refusal('unknown-ca', "the CA that was provisioned is not among those of the server's certificate");
    }
  }
}
