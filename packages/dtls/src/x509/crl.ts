/** Certificate revocation lists (RFC 5280 §5): complete ones, of a CA about its own certificates. */
import { derDetail, sameOctets, signedData } from './certificate.ts';
import {
  anySequence,
  DerCursor,
  type DerElement,
  type DerType,
  decodeDer,
  explicit,
  optional,
  sequence,
} from './der.ts';
import { bigInteger, enumerated, integer, time } from './der-types.ts';
import { type Extension, extensions } from './extensions.ts';
import { X509_LIMITS } from './limits.ts';
import { type Name, name, nameOf } from './name.ts';
import { RevokedSerials } from './serials.ts';

/** A list that was read, not judged. Octets are views into its DER. */
export interface Crl {
  readonly issuer: Name;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** CRLNumber, big-endian; a newer list has a higher one. */
  readonly number: Uint8Array | undefined;
  readonly revoked: RevokedSerials;
  /** The octets that are signed. */
  readonly tbs: Uint8Array;
  /** AlgorithmIdentifier of the signature, DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
}

export type ParsedCrl =
  | { readonly ok: true; readonly crl: Crl }
  /** `detail`: one sentence about what is wrong. */
  | { readonly ok: false; readonly detail: string };

const REASON_CODE = '2.5.29.21';
const CERTIFICATE_ISSUER = '2.5.29.29';
const CRL_NUMBER = '2.5.29.20';
const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const AUTHORITY_KEY_ID = '2.5.29.35';

/** CRLReason removeFromCRL, which only delta lists have. */
const REMOVE_FROM_CRL = 8;
const CRL_REASON_MAX = 10;

const PARTIAL = 'is about a part of the certificates only (issuingDistributionPoint); a complete list is needed';

/** What lists refuse by name, by object identifier of the extension. */
const REFUSED: { readonly [id: string]: string } = {
  [DELTA_CRL_INDICATOR]: 'is a delta list; a complete list is needed',
  [ISSUING_DISTRIBUTION_POINT]: PARTIAL,
  [CERTIFICATE_ISSUER]: 'is indirect: it is about certificates of other CAs',
};

const revokedCertificate = sequence<{ serial: Uint8Array; date: number; extensions: readonly Extension[] | undefined }>(
  {
    serial: bigInteger(X509_LIMITS.serialBytes),
    date: time,
    extensions: optional(extensions),
  },
);

const maxBytes = X509_LIMITS.certificateBytes;
const reasonCode = enumerated(CRL_REASON_MAX);

type Reason = { readonly reason: number } | { readonly defect: string };

function reasonOf(list: readonly Extension[]): Reason {
  let reason = 0;
  for (const { id, critical, value } of list) {
    const refused = REFUSED[id];
    if (refused !== undefined) return { defect: refused };
    if (id === REASON_CODE) {
      const decoded = decodeDer(reasonCode, value, { maxBytes });
      if (!decoded.ok) return { defect: 'has an entry with a malformed reason' };
      if (decoded.value === REMOVE_FROM_CRL) return { defect: REFUSED[DELTA_CRL_INDICATOR] ?? '' };
      reason = decoded.value;
    } else if (critical) return { defect: `has an entry with the critical extension ${id}, which is not supported` };
  }
  return { reason };
}

interface Entries {
  readonly serials: RevokedSerials;
  /** Why the list can't be used. */
  readonly defect?: string;
}

/** Straight into the compact form, for there may be a million of them. */
const entries: DerType<Entries> = {
  accepts: anySequence.accepts,
  read({ content }, decoding) {
    const cursor = new DerCursor(content, decoding);
    const serials = new RevokedSerials();
    while (cursor.more) {
      const { serial, date, extensions: list } = cursor.read(revokedCertificate);
      const reason = reasonOf(list ?? []);
      if ('defect' in reason) return { serials, defect: reason.defect };
      if (serials.size === X509_LIMITS.crlEntries) return { serials, defect: `has more than ${serials.size} entries` };
      if (!decoding.error) serials.add(serial, { date, reason: reason.reason });
    }
    serials.sort();
    return { serials };
  },
};

const tbsCertList = sequence<{
  version: number | undefined;
  signature: DerElement;
  issuer: Parameters<typeof nameOf>[0];
  thisUpdate: number;
  nextUpdate: number | undefined;
  revoked: Entries | undefined;
  extensions: readonly Extension[] | undefined;
}>({
  version: optional(integer(1)),
  signature: anySequence,
  issuer: name,
  thisUpdate: time,
  nextUpdate: optional(time),
  revoked: optional(entries),
  extensions: optional(explicit(0, extensions)),
});

const crlNumber = bigInteger(X509_LIMITS.serialBytes);

type ListExtensions =
  | { readonly ok: true; readonly number: Uint8Array | undefined }
  | { readonly ok: false; readonly detail: string };

function readListExtensions(list: readonly Extension[]): ListExtensions {
  let number: Uint8Array | undefined;
  for (const { id, critical, value } of list) {
    const refused = REFUSED[id];
    if (refused !== undefined) return { ok: false, detail: `the list ${refused}` };
    if (id === CRL_NUMBER) {
      const decoded = decodeDer(crlNumber, value, { maxBytes });
      if (!decoded.ok) return { ok: false, detail: 'the list is malformed: its number is none' };
      number = decoded.value;
    } else if (critical && id !== AUTHORITY_KEY_ID) {
      return { ok: false, detail: `the list has the critical extension ${id}, which is not supported` };
    }
  }
  return { ok: true, number };
}

/** Reads a list in DER. Whether it is its issuer's is for `admitCrl` to say. */
export function parseCrl(der: Uint8Array): ParsedCrl {
  const limit = { maxBytes: X509_LIMITS.crlBytes };
  if (der.length > limit.maxBytes) return { ok: false, detail: `the list is larger than ${limit.maxBytes} octets` };
  const outer = decodeDer(signedData, der, limit);
  if (!outer.ok) return { ok: false, detail: derDetail('list', outer.error) };
  const { tbs, algorithm, signature } = outer.value;
  const inner = decodeDer(tbsCertList, tbs.der, limit);
  if (!inner.ok) return { ok: false, detail: derDetail('list', inner.error) };
  const { version, issuer, thisUpdate, nextUpdate, revoked, extensions: list } = inner.value;
  if (revoked?.defect !== undefined) return { ok: false, detail: `the list ${revoked.defect}` };
  if (version !== 1) return { ok: false, detail: 'the list does not have version 2' };
  if (nextUpdate === undefined) return { ok: false, detail: 'the list does not say when the next one comes' };
  if (!sameOctets(inner.value.signature.der, algorithm.der)) {
    return { ok: false, detail: 'the list names two different signature algorithms' };
  }
  const read = readListExtensions(list ?? []);
  if (!read.ok) return read;
  return {
    ok: true,
    crl: {
      ...{ issuer: nameOf(issuer), thisUpdate, nextUpdate, number: read.number },
      revoked: revoked?.serials ?? new RevokedSerials(),
      ...{ tbs: tbs.der, signatureAlgorithm: algorithm.der, signature },
    },
  };
}
