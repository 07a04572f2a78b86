/** Test kit: certificates, revocation lists and a small public key infrastructure, good ones and ones with any defect. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Certificate, parseCertificate } from './certificate.ts';
import {
  bitString,
  boolean,
  explicit,
  extension,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
  tlv,
  utf8String,
} from './der-writer.ts';

/** Certificates of the kit hold from the epoch, so that virtual clocks that begin at 0 and real ones both fit. */
const NOT_BEFORE = 0;
const NOT_AFTER = Date.UTC(2049, 11, 31, 23, 59, 59);

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const newKeys = {
  p256: (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: (): KeyPair => generateKeyPairSync('ed25519'),
  rsa: (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength }),
} as const;

const NULL = tlv(0x05);
const pssAlgorithm = (hash: string, salt: number): Buffer => {
  const digest = sequence(oid(hash), NULL);
  const mask = sequence(oid('1.2.840.113549.1.1.8'), digest);
  const parameters = sequence(explicit(0, digest), explicit(1, mask), explicit(2, integer(salt)));
  return sequence(oid('1.2.840.113549.1.1.10'), parameters);
};

/** How the kit signs: AlgorithmIdentifier, hash for `sign`, PSS or not. */
const SIGNING = {
  'ecdsa-sha1': { der: sequence(oid('1.2.840.10045.4.1')), hash: 'sha1', salt: undefined },
  'ecdsa-sha256': { der: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256', salt: undefined },
  'ecdsa-sha384': { der: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384', salt: undefined },
  'ecdsa-sha512': { der: sequence(oid('1.2.840.10045.4.3.4')), hash: 'sha512', salt: undefined },
  'rsa-md5': { der: sequence(oid('1.2.840.113549.1.1.4'), NULL), hash: 'md5', salt: undefined },
  'rsa-sha1': { der: sequence(oid('1.2.840.113549.1.1.5'), NULL), hash: 'sha1', salt: undefined },
  'rsa-sha256': { der: sequence(oid('1.2.840.113549.1.1.11'), NULL), hash: 'sha256', salt: undefined },
  'rsa-sha384': { der: sequence(oid('1.2.840.113549.1.1.12'), NULL), hash: 'sha384', salt: undefined },
  'rsa-sha512': { der: sequence(oid('1.2.840.113549.1.1.13'), NULL), hash: 'sha512', salt: undefined },
  'rsa-pss-sha256': { der: pssAlgorithm('2.16.840.1.101.3.4.2.1', 32), hash: 'sha256', salt: 32 },
  'rsa-pss-sha384': { der: pssAlgorithm('2.16.840.1.101.3.4.2.2', 48), hash: 'sha384', salt: 48 },
  'rsa-pss-sha512': { der: pssAlgorithm('2.16.840.1.101.3.4.2.3', 64), hash: 'sha512', salt: 64 },
  ed25519: { der: sequence(oid('1.3.101.112')), hash: undefined, salt: undefined },
} as const;
export type SigningName = keyof typeof SIGNING;

const DEFAULT_SIGNING: { readonly [keyType: string]: SigningName } = {
  ec: 'ecdsa-sha256',
  rsa: 'rsa-sha256',
  ed25519: 'ed25519',
};

const KEY_USAGE_BITS = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export const EXTENDED_KEY_USAGE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  any: '2.5.29.37.0',
} as const;
const ATTRIBUTES: { readonly [name: string]: string } = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', C: '2.5.4.6' };

/** A Name of one UTF8String attribute for each RDN, given as `CN=x` or a dotted type, in the order of the DER. */
function nameDer(rdns: readonly string[]): Buffer {
  const attribute = (rdn: string): Buffer => {
    const [type = '', value = ''] = rdn.split(/=(.*)/s);
    return set(sequence(oid(ATTRIBUTES[type] ?? type), utf8String(value)));
  };
  return sequence(...rdns.map(attribute));
}

export const extensionDer = extension;

/** What a certificate of the kit says; everything has a default that makes a good end entity. */
export interface CertificateSpec {
  /** A common name, or RDNs as for `nameDer`. */
  readonly subject?: string | readonly string[];
  /** Who signs; without it the certificate is self-signed. */
  readonly issuer?: TestIdentity;
  readonly keys?: KeyPair;
  readonly serial?: number | Uint8Array;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** `[]` leaves the extension out. */
  readonly keyUsage?: readonly (keyof typeof KEY_USAGE_BITS)[];
  readonly extendedKeyUsage?: readonly string[];
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  readonly emails?: readonly string[];
  readonly ips?: readonly Uint8Array[];
  /** Further ones, from `extensionDer`. */
  readonly extensions?: readonly Uint8Array[];
  readonly signing?: SigningName;
  /** Instead of what the rest says. */
  readonly raw?: {
    readonly version?: number | undefined;
    readonly issuer?: Uint8Array;
    readonly extensions?: Uint8Array;
    readonly outerAlgorithm?: Uint8Array;
    readonly innerAlgorithm?: Uint8Array;
    readonly subjectKeyId?: Uint8Array;
    readonly authorityKeyId?: Uint8Array;
    readonly publicKey?: Uint8Array;
  };
}

/** A certificate together with its private key. */
export interface TestIdentity {
  readonly subject: readonly string[];
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** Leaf first, without a self-signed root: what goes into a Certificate message. */
  readonly chain: readonly Buffer[];
  readonly selfSigned: boolean;
  readonly pem: { readonly certificate: string; readonly chain: string; readonly privateKey: string };
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

export const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyIdOf = (spki: Uint8Array): Buffer => createHash('sha256').update(spki).digest().subarray(0, 20);

function signed(tbs: Uint8Array, key: KeyObject, signing: SigningName, outer?: Uint8Array): Buffer {
  const { der, hash, salt } = SIGNING[signing];
  const padding = salt === undefined ? {} : { padding: 6 /* RSA_PKCS1_PSS_PADDING */, saltLength: salt };
  return sequence(tbs, outer ?? der, bitString(sign(hash, tbs, { key, ...padding })));
}

const signingOf = (key: KeyObject, signing?: SigningName): SigningName =>
  signing ?? DEFAULT_SIGNING[key.asymmetricKeyType ?? ''] ?? 'ecdsa-sha256';

/** Makes and signs a certificate. */
export function issue(spec: CertificateSpec = {}): TestIdentity {
  const { subject: name = 'device-1', issuer, keys = newKeys.p256(), ca = false, raw = {} } = spec;
  const subject = typeof name === 'string' ? [`CN=${name}`] : name;
  const publicKey = spkiOf(keys.publicKey);
  const signer = issuer?.privateKey ?? keys.privateKey;
  const signing = signingOf(signer, spec.signing);
  const usage = spec.keyUsage ?? (ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']);
  const names = [
    ...(spec.dns ?? []).map((each) => implicit(2, Buffer.from(each))),
    ...(spec.uris ?? []).map((each) => implicit(6, Buffer.from(each))),
    ...(spec.emails ?? []).map((each) => implicit(1, Buffer.from(each))),
    ...(spec.ips ?? []).map((each) => implicit(7, each)),
  ];
  const pathLength = spec.pathLength === undefined ? [] : [integer(spec.pathLength)];
  const authorityKeyId = raw.authorityKeyId ?? keyIdOf(issuer?.publicKey ?? publicKey);
  const extensions = [
    extensionDer('2.5.29.19', ca ? sequence(boolean(true), ...pathLength) : sequence(), true),
    ...(usage.length > 0 ? [extensionDer('2.5.29.15', namedBits(usage.map((bit) => KEY_USAGE_BITS[bit])), true)] : []),
    ...(spec.extendedKeyUsage ? [extensionDer('2.5.29.37', sequence(...spec.extendedKeyUsage.map(oid)))] : []),
    ...(names.length > 0 ? [extensionDer('2.5.29.17', sequence(...names))] : []),
    extensionDer('2.5.29.14', octetString(raw.subjectKeyId ?? keyIdOf(publicKey))),
    extensionDer('2.5.29.35', sequence(implicit(0, authorityKeyId))),
    ...(spec.extensions ?? []),
  ];
  const version = 'version' in raw ? raw.version : 2;
  const tbs = sequence(
    ...(version === undefined ? [] : [explicit(0, integer(version))]),
    integer(spec.serial ?? createHash('sha256').update(publicKey).digest().subarray(0, 8)),
    raw.innerAlgorithm ?? SIGNING[signing].der,
    raw.issuer ?? nameDer(issuer?.subject ?? subject),
    sequence(time(spec.notBefore ?? NOT_BEFORE), time(spec.notAfter ?? NOT_AFTER)),
    nameDer(subject),
    raw.publicKey ?? publicKey,
    raw.extensions ?? explicit(3, sequence(...extensions)),
  );
  const certificate = signed(tbs, signer, signing, raw.outerAlgorithm);
  const chain = [certificate, ...(issuer === undefined || issuer.selfSigned ? [] : issuer.chain)];
  return {
    ...{ subject, certificate, privateKey: keys.privateKey, publicKey, chain, selfSigned: issuer === undefined },
    pem: {
      certificate: pem('CERTIFICATE', certificate),
      chain: chain.map((der) => pem('CERTIFICATE', der)).join(''),
      privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  };
}

/** The certificate as the package reads it, for trust profiles. */
export function certificateOf({ certificate }: Pick<TestIdentity, 'certificate'>): Certificate {
  const parsed = parseCertificate(certificate);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.certificate;
}

export interface RevokedSpec {
  readonly serial: number | Uint8Array;
  readonly date?: number;
  /** CRLReason (RFC 5280 §5.3.1). */
  readonly reason?: number;
  readonly extensions?: readonly Uint8Array[];
}

export interface CrlSpec {
  readonly issuer: TestIdentity;
  readonly revoked?: readonly RevokedSpec[];
  readonly thisUpdate?: number;
  /** `null` leaves it out. */
  readonly nextUpdate?: number | null;
  readonly number?: number;
  /** Further ones, from `extensionDer`. */
  readonly extensions?: readonly Uint8Array[];
  readonly signing?: SigningName;
}

/** Makes and signs a certificate revocation list. */
export function issueCrl(spec: CrlSpec): Buffer {
  const { issuer, revoked = [], thisUpdate = NOT_BEFORE, nextUpdate = NOT_AFTER } = spec;
  const signing = signingOf(issuer.privateKey, spec.signing);
  const entries = revoked.map(({ serial, date = thisUpdate, reason, extensions = [] }) => {
    const all = [
      ...(reason === undefined ? [] : [extensionDer('2.5.29.21', tlv(0x0a, Buffer.from([reason])))]),
      ...extensions,
    ];
    return sequence(integer(serial), time(date), ...(all.length > 0 ? [sequence(...all)] : []));
  });
  const extensions = [
    extensionDer('2.5.29.35', sequence(implicit(0, keyIdOf(issuer.publicKey)))),
    extensionDer('2.5.29.20', integer(spec.number ?? 1)),
    ...(spec.extensions ?? []),
  ];
  const tbs = sequence(
    integer(1),
    SIGNING[signing].der,
    nameDer(issuer.subject),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length > 0 ? [sequence(Buffer.concat(entries))] : []),
    explicit(0, sequence(...extensions)),
  );
  return signed(tbs, issuer.privateKey, signing);
}

/** A root, an intermediate under it, and under that a server and a device; all P-256. */
export function testPki(): {
  readonly root: TestIdentity;
  readonly intermediate: TestIdentity;
  /** For `server.example`, with that DNS name. */
  readonly server: TestIdentity;
  /** Its common name is `device-1`. */
  readonly device: TestIdentity;
} {
  const root = issue({ subject: 'Test root', ca: true });
  const intermediate = issue({ subject: 'Test intermediate', ca: true, pathLength: 0, issuer: root });
  const { serverAuth, clientAuth } = EXTENDED_KEY_USAGE;
  const server = issue({
    ...{ subject: 'server.example', dns: ['server.example'], issuer: intermediate },
    extendedKeyUsage: [serverAuth],
  });
  const device = issue({ subject: 'device-1', issuer: intermediate, extendedKeyUsage: [clientAuth] });
  return { root, intermediate, server, device };
}
