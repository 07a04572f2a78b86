import type { CertificateMapping, CredentialKind, CredentialPurpose } from '@reeve/contract';
import type { AuthorityId, CredentialId } from '../ids.ts';
import { device, organisation } from './columns.ts';
import { bytes, integer, json, optional, table, text } from './schema.ts';

/** What goes with the secret of OSCORE (RFC 8613 §3.2), as the device has it: bytes in hex, algorithms as COSE numbers. */
interface OscoreRow {
  readonly senderId: string;
  readonly recipientId: string;
  readonly salt: string;
  readonly idContext?: string;
  readonly aead: number;
  readonly hmac: number;
}

/** What devices and the server prove themselves with, and who vouches for them. */
export const credentialTables = {
  /** n to 1 with devices, each with its validity. */
  credentials: table(
    {
      ...device,
      credentialId: text<CredentialId>(),
      kind: text<CredentialKind>(),
      /** What a peer has to show; see registry/proofs.ts. */
      proof: text(),
      /** The pre-shared key, the Master Secret, or a private key that was made here for the device; sealed, bound to this row. */
      sealedKey: optional(bytes()),
      /** Of a raw key: SubjectPublicKeyInfo in DER. Of a certificate that was made here for the device: that. */
      publicKey: optional(bytes()),
      /** The authority under which a certificate is found by a name. */
      authorityId: optional(text<AuthorityId>()),
      /** Cipher suites that it may be used with, by IANA name; absent: those of the listener. */
      suites: optional(json<string[]>()),
      validFrom: integer(),
      validUntil: optional(integer()),
      createdAt: integer(),
      purpose: text<CredentialPurpose>(),
      /** Of OSCORE: what goes with the secret, as the device has it. */
      oscore: optional(json<OscoreRow>()),
      /** Of OSCORE: numbers below this one may have been sent with. Raised by compare-and-set, never lowered under the same keys. */
      sendLimit: optional(integer()),
      /** Of OSCORE: the ID context, in hex, of the keys in use, if they are not the first ones. */
      derived: optional(text()),
    },
    ['credentialId'],
    { unique: [['proof']], indexes: [['deviceId'], ['authorityId']] },
  ),

  /** Certificate authorities that device certificates are checked against. */
  authorities: table(
    {
      ...organisation,
      authorityId: text<AuthorityId>(),
      name: text(),
      /** DER. */
      certificate: bytes(),
      /** Which name of a certificate tells the device. */
      mapping: text<CertificateMapping>(),
      createdAt: integer(),
    },
    ['authorityId'],
    { unique: [['organisationId', 'name']] },
  ),

  /** The revocation list of an authority, and how it is kept fresh. */
  revocationLists: table(
    {
      ...organisation,
      authorityId: text<AuthorityId>(),
      /** Where it is fetched from; absent if people bring it. */
      url: optional(text()),
      /** DER; absent until the first one came. */
      list: optional(bytes()),
      fetchedAt: optional(integer()),
      /** When it is fetched next; far away for one that people bring. */
      nextAt: integer(),
      /** Tries in a row that failed. */
      failures: integer(),
      lastError: optional(text()),
      /** What people were told already of the list that is here. */
      told: text<'nothing' | 'soon-stale' | 'stale'>(),
    },
    ['authorityId'],
  ),

  /** Certificates by which devices were admitted: when one is revoked, its sessions are found by it. */
  seenCertificates: table(
    {
      ...device,
      /** Identity label, `x509:` and the digest. */
      identity: text(),
      credentialId: text<CredentialId>(),
      authorityId: optional(text<AuthorityId>()),
      subject: text(),
      notAfter: integer(),
      /** Issuer (digest of its name) and serial number of each certificate of the path, in hex. */
      path: json<{ issuer: string; serial: string }[]>(),
      seenAt: integer(),
    },
    ['identity'],
    { indexes: [['deviceId']] },
  ),

  /** Devices whose expired certificate is good enough until a date. */
  expiryAdmissions: table({ ...device, until: integer(), reason: text(), person: text(), createdAt: integer() }, [
    'deviceId',
  ]),

  /** Keys of the server itself, sealed. */
  serverKeys: table(
    {
      ...organisation,
      name: text<'raw-key'>(),
      /** PKCS #8 in DER, sealed. */
      sealedKey: bytes(),
      createdAt: integer(),
    },
    ['name'],
  ),
} as const;
