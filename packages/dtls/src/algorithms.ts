/** Groups of key agreement and signature schemes, as data (RFC 8422 §5.1.1, RFC 8446 §4.2.3 for the names). */
import type { KeyObject } from 'node:crypto';

interface Group {
  /** The wire value of the NamedCurve. */
  readonly id: number;
  /** What `generateKeyPair` takes. */
  readonly keyType: 'ec' | 'x25519';
  readonly namedCurve: string;
  /** What a public key has in front of it in a SubjectPublicKeyInfo (RFC 5480 §2, RFC 8410 §4). */
  readonly spkiPrefix: Buffer;
  /** Octets of a public key: an uncompressed point, or the coordinate alone. */
  readonly publicKeyLength: number;
}

/** Every group that is implemented, the preferred one first: the one that every LwM2M device has. */
export const GROUPS = {
  secp256r1: {
    id: 23,
    keyType: 'ec',
    namedCurve: 'prime256v1',
    spkiPrefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
    publicKeyLength: 65,
  },
  x25519: {
    id: 29,
    keyType: 'x25519',
    namedCurve: 'x25519',
    spkiPrefix: Buffer.from('302a300506032b656e032100', 'hex'),
    publicKeyLength: 32,
  },
  secp384r1: {
    id: 24,
    keyType: 'ec',
    namedCurve: 'secp384r1',
    spkiPrefix: Buffer.from('3076301006072a8648ce3d020106052b81040022036200', 'hex'),
    publicKeyLength: 97,
  },
} as const satisfies { readonly [name: string]: Group };

export type GroupName = keyof typeof GROUPS;
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];

/** An uncompressed point begins with this (RFC 8422 §5.4.1). */
const UNCOMPRESSED = 4;

interface Scheme {
  /** The wire value; in TLS 1.2 the hash, then the kind of signature. */
  readonly id: number;
  readonly hash: 'sha256' | 'sha384';
  /** The curve of the keys that go with it, as `node:crypto` knows it, and as a group. */
  readonly namedCurve: string;
  readonly group: GroupName;
}

/**
 * Every scheme that is implemented, the preferred one first. Each may be used with either curve, for before TLS 1.3
 * a scheme says nothing of it (RFC 5246 §7.4.1.4.1).
 */
export const SIGNATURE_SCHEMES = {
  ecdsa_secp256r1_sha256: { id: 0x0403, hash: 'sha256', namedCurve: 'prime256v1', group: 'secp256r1' },
  ecdsa_secp384r1_sha384: { id: 0x0503, hash: 'sha384', namedCurve: 'secp384r1', group: 'secp384r1' },
} as const satisfies { readonly [name: string]: Scheme };

export type SignatureScheme = keyof typeof SIGNATURE_SCHEMES;
export const SIGNATURE_SCHEME_NAMES = Object.keys(SIGNATURE_SCHEMES) as SignatureScheme[];

/** The scheme for the curve of a key; none for a key of another kind. */
export function schemeOfKey(key: KeyObject): SignatureScheme | undefined {
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  return SIGNATURE_SCHEME_NAMES.find((name) => SIGNATURE_SCHEMES[name].namedCurve === curve);
}

/** The group of the curve of a key that signs. */
export function groupOfKey(key: KeyObject): GroupName | undefined {
  const scheme = schemeOfKey(key);
  return scheme && SIGNATURE_SCHEMES[scheme].group;
}

/** The scheme that a key signs with for a peer that knows these: the one for its curve if it can be. */
export function schemeFor(key: KeyObject, known: readonly number[]): SignatureScheme | undefined {
  const own = schemeOfKey(key);
  return own && [own, ...SIGNATURE_SCHEME_NAMES].find((name) => known.includes(SIGNATURE_SCHEMES[name].id));
}

/** Whether a SubjectPublicKeyInfo is an ECDSA key of a known curve, uncompressed. */
export function isEcdsaKey(spki: Uint8Array): boolean {
  return SIGNATURE_SCHEME_NAMES.some((name) => {
    const { spkiPrefix, publicKeyLength } = GROUPS[SIGNATURE_SCHEMES[name].group];
    return spki.length === spkiPrefix.length + publicKeyLength && startsWith(spki, spkiPrefix);
  });
}

/** The SubjectPublicKeyInfo of a public key in the form of the group's messages; nothing when it can't be one. */
export function spkiOf(group: GroupName, publicKey: Uint8Array): Buffer | undefined {
  const { spkiPrefix, publicKeyLength, keyType } = GROUPS[group];
  if (publicKey.length !== publicKeyLength || (keyType === 'ec' && publicKey[0] !== UNCOMPRESSED)) return undefined;
  return Buffer.concat([spkiPrefix, publicKey]);
}

/**
 * A public key of a group in the form of its messages: a point's coordinates, or the only one. As a JWK, for
 * `node:crypto` takes three times as long to write a SubjectPublicKeyInfo.
 */
export function publicKeyOf(key: KeyObject): Uint8Array {
  const { x = '', y } = key.export({ format: 'jwk' });
  const coordinate = (text: string): Buffer => Buffer.from(text, 'base64url');
  return y === undefined ? coordinate(x) : Buffer.concat([Uint8Array.of(UNCOMPRESSED), coordinate(x), coordinate(y)]);
}

export function groupOf(id: number): GroupName | undefined {
  return GROUP_NAMES.find((name) => GROUPS[name].id === id);
}

export function schemeOf(id: number): SignatureScheme | undefined {
  return SIGNATURE_SCHEME_NAMES.find((name) => SIGNATURE_SCHEMES[name].id === id);
}

/** A group or a scheme for people: its name, or its number when it is not implemented. */
export function groupLabel(id: number): string {
  return groupOf(id) ?? `group ${id}`;
}

export function schemeLabel(id: number): string {
  return schemeOf(id) ?? `scheme 0x${id.toString(16).padStart(4, '0')}`;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, prefix.length), prefix) === 0;
}
