import Type, { type Static } from 'typebox';
import { Instant } from './common.ts';

/** What a device proves itself with (LwM2M Transport §5.2: security modes 0, 1 and 2; §5.4: OSCORE). */
export const CredentialKind = Type.Union([
  Type.Literal('psk'),
  Type.Literal('raw-key'),
  Type.Literal('certificate'),
  Type.Literal('oscore'),
]);
export type CredentialKind = Static<typeof CredentialKind>;

/** What a credential is good for: to register, to be bootstrapped, or both. */
export const CredentialPurpose = Type.Union([
  Type.Literal('management'),
  Type.Literal('bootstrap'),
  Type.Literal('both'),
]);
export type CredentialPurpose = Static<typeof CredentialPurpose>;

/** PEM, or the same DER in base64. */
const Encoded = (what: string) =>
  Type.String({ minLength: 1, maxLength: 65_536, description: `${what}: PEM, or DER in base64` });

const KeyHex = Type.String({
  pattern: '^([0-9a-fA-F]{2}){16,64}$',
  description: 'PSK, or OSCORE Master Secret, in hex; made and returned once if absent',
});
const PskIdentity = Type.String({
  minLength: 1,
  maxLength: 258,
  description: 'PSK identity, default: the endpoint name; hex:… for bytes',
});

const Hex = (maxBytes: number, description: string) =>
  Type.String({ pattern: `^([0-9a-fA-F]{2}){0,${maxBytes}}$`, description: `${description}, in hex` });

/** What goes with the secret of OSCORE, as the device has it in object 21; the server has the ids the other way round. */
export const OscoreTerms = Type.Object(
  {
    senderId: Type.Optional(Hex(7, 'Sender ID of the device; made if absent')),
    recipientId: Type.Optional(Hex(7, 'Recipient ID of the device: what it knows the server by; 00 if absent')),
    salt: Type.Optional(Hex(64, 'Master Salt; none if absent')),
    idContext: Type.Optional(Hex(64, 'ID Context; none if absent')),
    aead: Type.Optional(Type.Integer({ description: 'AEAD algorithm by its COSE number; 10 if absent' })),
    hmac: Type.Optional(Type.Integer({ description: 'HMAC algorithm by its COSE number; 5 if absent' })),
  },
  { additionalProperties: false },
);
export type OscoreTerms = Static<typeof OscoreTerms>;

/** What may be said of a credential of any kind. */
const terms = {
  validFrom: Type.Optional(Instant),
  validUntil: Type.Optional(Instant),
  suites: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      minItems: 1,
      maxItems: 32,
      description: 'cipher suites that it may be used with, by IANA name; absent: those of the listener',
    }),
  ),
};

export const CredentialInfo = Type.Object({
  credentialId: Type.String(),
  kind: CredentialKind,
  purpose: CredentialPurpose,
  identity: Type.String({
    description:
      'PSK identity (UTF-8 if printable, else hex:…), OSCORE Sender ID, digest of the key or certificate, or its name',
  }),
  authority: Type.Optional(Type.String({ description: 'name of the authority that vouches for the certificate' })),
  ...terms,
  createdAt: Instant,
});
export type CredentialInfo = Static<typeof CredentialInfo>;

/** What a device is to prove itself with. Which fields go with which kind stands in their descriptions. */
export const CredentialAdd = Type.Object(
  {
    kind: CredentialKind,
    purpose: Type.Optional(CredentialPurpose),
    identity: Type.Optional(PskIdentity),
    key: Type.Optional(KeyHex),
    oscore: Type.Optional(OscoreTerms),
    publicKey: Type.Optional(Encoded('raw-key: the SubjectPublicKeyInfo of the device')),
    certificate: Type.Optional(Encoded('certificate: exactly this one')),
    sameKey: Type.Optional(
      Type.Boolean({ description: 'with certificate: any certificate of the same key, so that it may be renewed' }),
    ),
    authority: Type.Optional(
      Type.String({ maxLength: 64, description: 'certificate: any one under this authority (name or id)' }),
    ),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'with authority: the name in the certificate, default: the endpoint name',
      }),
    ),
    ...terms,
  },
  { additionalProperties: false },
);
export type CredentialAdd = Static<typeof CredentialAdd>;

/** What takes a credential's place; of the same kind and purpose. */
export const CredentialRotate = Type.Omit(CredentialAdd, ['kind', 'purpose'], { additionalProperties: false });
export type CredentialRotate = Static<typeof CredentialRotate>;

/** One thing to set on the device. */
export const SetupItem = Type.Object({
  about: Type.String(),
  path: Type.Optional(Type.String({ description: 'LwM2M resource of its server account, e.g. /0/x/3' })),
  value: Type.String({ description: 'for people; bytes in hex or base64, as `about` says' }),
});
export type SetupItem = Static<typeof SetupItem>;

export const CredentialAdded = Type.Object({
  credential: CredentialInfo,
  key: Type.Optional(Type.String({ description: 'The made key in hex: shown this once, never again' })),
  setup: Type.Array(SetupItem),
});
export type CredentialAdded = Static<typeof CredentialAdded>;

/** Replaces every credential of a device by one pre-shared key. */
export const CredentialChange = Type.Object(
  { identity: Type.Optional(PskIdentity), key: Type.Optional(KeyHex) },
  { additionalProperties: false },
);
export type CredentialChange = Static<typeof CredentialChange>;

/** Which name of a certificate tells the device: the subject's common name, or a subject alternative name. */
export const CertificateMapping = Type.Union([Type.Literal('cn'), Type.Literal('dns'), Type.Literal('uri')]);
export type CertificateMapping = Static<typeof CertificateMapping>;

/** The revocation list of an authority. */
export const RevocationStatus = Type.Object({
  url: Type.Optional(Type.String()),
  state: Type.Union([Type.Literal('none'), Type.Literal('fresh'), Type.Literal('soon-stale'), Type.Literal('stale')], {
    description: 'none: there is no list yet; soon-stale: less than 7 days are left',
  }),
  revoked: Type.Integer({ description: 'certificates that it names' }),
  issuedAt: Type.Optional(Instant),
  /** When a newer one is due. */
  dueAt: Type.Optional(Instant),
  fetchedAt: Type.Optional(Instant),
  nextFetchAt: Type.Optional(Instant),
  lastError: Type.Optional(Type.String()),
});
export type RevocationStatus = Static<typeof RevocationStatus>;

/** A certificate authority that device certificates are checked against. */
export const Authority = Type.Object({
  authorityId: Type.String(),
  name: Type.String(),
  subject: Type.String(),
  fingerprint: Type.String({ description: 'SHA-256 of the certificate in hex' }),
  notAfter: Instant,
  mapping: CertificateMapping,
  devices: Type.Integer({ description: 'devices with a credential under it' }),
  revocation: Type.Optional(RevocationStatus),
  createdAt: Instant,
});
export type Authority = Static<typeof Authority>;

const AuthorityName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]*$' });

/** Exactly one of `url` and `list` may be given. */
export const RevocationSource = Type.Object(
  {
    url: Type.Optional(Type.String({ pattern: '^https?://', maxLength: 2000, description: 'fetched on schedule' })),
    list: Type.Optional(
      Type.String({ maxLength: 1_900_000, description: 'the list itself: PEM, or DER in base64; brought by people' }),
    ),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
);
export type RevocationSource = Static<typeof RevocationSource>;

export const AuthorityAdd = Type.Object(
  {
    certificate: Encoded('its certificate'),
    name: Type.Optional(AuthorityName),
    mapping: Type.Optional(CertificateMapping),
    revocation: Type.Optional(RevocationSource),
  },
  { additionalProperties: false },
);
export type AuthorityAdd = Static<typeof AuthorityAdd>;

export const AuthorityChange = Type.Object(
  {
    mapping: Type.Optional(CertificateMapping),
    revocation: Type.Optional(
      Type.Union([RevocationSource, Type.Null()], { description: 'null: revocation is not checked any more' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type AuthorityChange = Static<typeof AuthorityChange>;

/** A device whose expired certificate is good enough until a date. */
export const ExpiryAdmission = Type.Object({
  deviceId: Type.String(),
  endpoint: Type.String(),
  until: Instant,
  reason: Type.String(),
  person: Type.String(),
  createdAt: Instant,
});
export type ExpiryAdmission = Static<typeof ExpiryAdmission>;

export const ExpiryAdmit = Type.Object(
  { until: Instant, reason: Type.String({ minLength: 1, maxLength: 255 }) },
  { additionalProperties: false },
);
export type ExpiryAdmit = Static<typeof ExpiryAdmit>;

/** What the server proves itself with to devices. */
export const ServerIdentity = Type.Object({
  rawKey: Type.Object({
    publicKey: Type.String({ description: 'SubjectPublicKeyInfo, DER in base64: /0/x/4 of a device with a raw key' }),
    fingerprint: Type.String({ description: 'SHA-256 of it in hex' }),
  }),
  certificates: Type.Array(
    Type.Object({
      serverNames: Type.Array(Type.String(), { description: 'SNI names; empty: for every other name' }),
      subject: Type.String(),
      fingerprint: Type.String({ description: 'SHA-256 of the certificate in hex' }),
      notAfter: Instant,
      file: Type.String(),
      lastError: Type.Optional(Type.String({ description: 'why its files could not be read again' })),
    }),
  ),
});
export type ServerIdentity = Static<typeof ServerIdentity>;
