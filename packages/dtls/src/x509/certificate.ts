/** X.509 certificates (RFC 5280 §4.1). */
import { createHash } from 'node:crypto';
import { classifyKey, type KeyAlgorithm } from './algorithms.ts';
import {
  anySequence,
  type DerElement,
  type DerError,
  decodeDer,
  defaulted,
  explicit,
  implicit,
  optional,
  sequence,
  withDer,
} from './der.ts';
import { bigInteger, bitOctets, integer, octetString, time } from './der-types.ts';
import { type CertificateExtensions, type Extension, extensions, readExtensions } from './extensions.ts';
import { X509_LIMITS } from './limits.ts';
import { type Name, name, nameOf } from './name.ts';

/** A certificate that was read, not judged. Octets are views into its DER. */
export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  /** SHA-256 of `der`, in hexadecimal: what a certificate is called by. */
  readonly fingerprint: string;
  readonly version: 1 | 2 | 3;
  /** Big-endian, without leading zeros. */
  readonly serial: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since the epoch; both ends belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly keyAlgorithm: KeyAlgorithm;
  /** Why the key is outside the profile, when `keyAlgorithm` is `other`. */
  readonly keyDefect: string | undefined;
  /** The octets that are signed. */
  readonly tbs: Uint8Array;
  /** AlgorithmIdentifier of the signature, DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
}

export type ParsedCertificate =
  | { readonly ok: true; readonly certificate: Certificate }
  /** `detail`: one sentence about what is wrong. */
  | { readonly ok: false; readonly detail: string };

const publicKeyInfo = sequence<{ algorithm: DerElement; key: Uint8Array }>({ algorithm: anySequence, key: bitOctets });

const tbsCertificate = sequence<{
  version: number;
  serial: Uint8Array;
  signature: DerElement;
  issuer: Parameters<typeof nameOf>[0];
  validity: { notBefore: number; notAfter: number };
  subject: Parameters<typeof nameOf>[0];
  publicKey: { value: { algorithm: DerElement; key: Uint8Array }; der: Uint8Array };
  issuerUniqueId: Uint8Array | undefined;
  subjectUniqueId: Uint8Array | undefined;
  extensions: readonly Extension[] | undefined;
}>({
  version: defaulted(explicit(0, integer(2)), 0),
  serial: bigInteger(X509_LIMITS.serialBytes),
  signature: anySequence,
  issuer: name,
  validity: sequence<{ notBefore: number; notAfter: number }>({ notBefore: time, notAfter: time }),
  subject: name,
  publicKey: withDer(publicKeyInfo),
  issuerUniqueId: optional(implicit(1, octetString)),
  subjectUniqueId: optional(implicit(2, octetString)),
  extensions: optional(explicit(3, extensions)),
});

/** What certificates and lists have in common: SIGNED{ToBeSigned} of RFC 5280 §4.1.1, the inside not looked into. */
export const signedData = sequence<{ tbs: DerElement; algorithm: DerElement; signature: Uint8Array }>({
  tbs: anySequence,
  algorithm: anySequence,
  signature: bitOctets,
});

export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Says where and why DER is malformed. */
export const derDetail = (what: string, { kind, offset, field }: DerError): string =>
  `the ${what} is malformed: ${kind} at octet ${offset}${field === '' ? '' : ` (${field})`}`;

const VERSIONS = [1, 2, 3] as const;

/** Reads a certificate in DER. Whether anybody should believe it is for `validatePath` to say. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const maxBytes = X509_LIMITS.certificateBytes;
  if (der.length > maxBytes) return { ok: false, detail: `the certificate is larger than ${maxBytes} octets` };
  const outer = decodeDer(signedData, der, { maxBytes });
  if (!outer.ok) return { ok: false, detail: derDetail('certificate', outer.error) };
  const inner = decodeDer(tbsCertificate, outer.value.tbs.der, { maxBytes });
  if (!inner.ok) return { ok: false, detail: derDetail('certificate', inner.error) };
  const { value: tbs } = inner;
  const version = VERSIONS[tbs.version] ?? 1;
  if (!sameOctets(tbs.signature.der, outer.value.algorithm.der)) {
    return { ok: false, detail: 'the certificate names two different signature algorithms' };
  }
  if (tbs.extensions !== undefined && version !== 3) {
    return { ok: false, detail: `the certificate has extensions, but version ${version}` };
  }
  const read = readExtensions(tbs.extensions ?? []);
  if (!read.ok) return { ok: false, detail: `the certificate is malformed: ${read.detail}` };
  const key = classifyKey(tbs.publicKey.value.algorithm.der, tbs.publicKey.value.key);
  return {
    ok: true,
    certificate: {
      ...read.value,
      der,
      fingerprint: createHash('sha256').update(der).digest('hex'),
      version,
      serial: tbs.serial,
      issuer: nameOf(tbs.issuer),
      subject: nameOf(tbs.subject),
      notBefore: tbs.validity.notBefore,
      notAfter: tbs.validity.notAfter,
      publicKey: tbs.publicKey.der,
      keyAlgorithm: key.algorithm,
      keyDefect: key.defect,
      tbs: outer.value.tbs.der,
      signatureAlgorithm: outer.value.algorithm.der,
      signature: outer.value.signature,
    },
  };
}
