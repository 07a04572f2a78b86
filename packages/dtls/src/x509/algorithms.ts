/**
 * Signature and key algorithms of the profile. Each is known by its whole AlgorithmIdentifier (RFC 5280 §4.1.1.2), so
 * that parameters are right to the last octet and nothing remains to be interpreted.
 */
import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { decodeDer, sequence } from './der.ts';
import { bigInteger } from './der-types.ts';
import { X509_LIMITS } from './limits.ts';

/** How certificates and lists are signed. Unlike in TLS 1.3, an ECDSA name does not tie the curve to the hash. */
const SCHEMES = {
  ecdsa_sha256: { key: 'ec', hash: 'sha256' },
  ecdsa_sha384: { key: 'ec', hash: 'sha384' },
  ecdsa_sha512: { key: 'ec', hash: 'sha512' },
  rsa_pkcs1_sha256: { key: 'rsa', hash: 'sha256' },
  rsa_pkcs1_sha384: { key: 'rsa', hash: 'sha384' },
  rsa_pkcs1_sha512: { key: 'rsa', hash: 'sha512' },
  rsa_pss_sha256: { key: 'rsa', hash: 'sha256', saltLength: 32 },
  rsa_pss_sha384: { key: 'rsa', hash: 'sha384', saltLength: 48 },
  rsa_pss_sha512: { key: 'rsa', hash: 'sha512', saltLength: 64 },
  ed25519: { key: 'ed25519', hash: null },
} as const;

export type CertificateScheme = keyof typeof SCHEMES;

const NULL = '0500';
const SHA2 = { sha256: '0609608648016503040201', sha384: '0609608648016503040202', sha512: '0609608648016503040203' };

/** DER of a constructed element shorter than 128 octets, in hexadecimal. */
const element = (tag: string, content: string): string =>
  `${tag}${(content.length / 2).toString(16).padStart(2, '0')}${content}`;

/** RSASSA-PSS with the mask's hash and the salt's length those of the hash; NULL parameters of the hashes may be left out (RFC 4055 §2.1). */
function pss(hash: keyof typeof SHA2, salt: string): string[] {
  return [NULL, ''].map((parameters) => {
    const digest = element('30', SHA2[hash] + parameters);
    const mask = element('30', `06092a864886f70d010108${digest}`);
    const all = element('a0', digest) + element('a1', mask) + element('a2', `0201${salt}`);
    return element('30', `06092a864886f70d01010a${element('30', all)}`);
  });
}

/** RFC 5758 §3.2, RFC 4055 §5 and §3.1, RFC 8410 §3. */
const SIGNATURE_ALGORITHMS: { readonly [S in CertificateScheme]: readonly string[] } = {
  ecdsa_sha256: ['300a06082a8648ce3d040302'],
  ecdsa_sha384: ['300a06082a8648ce3d040303'],
  ecdsa_sha512: ['300a06082a8648ce3d040304'],
  rsa_pkcs1_sha256: ['300d06092a864886f70d01010b0500'],
  rsa_pkcs1_sha384: ['300d06092a864886f70d01010c0500'],
  rsa_pkcs1_sha512: ['300d06092a864886f70d01010d0500'],
  rsa_pss_sha256: pss('sha256', '20'),
  rsa_pss_sha384: pss('sha384', '30'),
  rsa_pss_sha512: pss('sha512', '40'),
  ed25519: ['300506032b6570'],
};

const SCHEME_OF: ReadonlyMap<string, CertificateScheme> = new Map(
  (Object.keys(SIGNATURE_ALGORITHMS) as CertificateScheme[]).flatMap((scheme) =>
    SIGNATURE_ALGORITHMS[scheme].map((hex) => [hex, scheme] as const),
  ),
);

/** The scheme of an AlgorithmIdentifier's DER, if the profile allows it: SHA-1 and MD5 are not in the table. */
export const schemeOf = (algorithm: Uint8Array): CertificateScheme | undefined =>
  SCHEME_OF.get(Buffer.from(algorithm).toString('hex'));

/** What kind of key a certificate holds; `other` is outside the profile. */
export type KeyAlgorithm = 'P-256' | 'P-384' | 'Ed25519' | 'RSA' | 'other';

const KEY_ALGORITHMS: { readonly [hex: string]: { readonly algorithm: KeyAlgorithm; readonly keyBytes?: number } } = {
  '301306072a8648ce3d020106082a8648ce3d030107': { algorithm: 'P-256', keyBytes: 65 },
  '301006072a8648ce3d020106052b81040022': { algorithm: 'P-384', keyBytes: 97 },
  '300506032b6570': { algorithm: 'Ed25519', keyBytes: 32 },
  '300d06092a864886f70d0101010500': { algorithm: 'RSA' },
};

const rsaPublicKey = sequence<{ modulus: Uint8Array; exponent: Uint8Array }>({
  modulus: bigInteger(X509_LIMITS.rsaBits / 8),
  exponent: bigInteger(4),
});

/** Why an RSA key is none of the profile. */
function rsaDefect(key: Uint8Array): string | undefined {
  const decoded = decodeDer(rsaPublicKey, key, { maxBytes: X509_LIMITS.certificateBytes });
  if (!decoded.ok) return 'is no RSA key of 2048 to 8192 bits with an exponent of up to 32 bits';
  const { modulus, exponent } = decoded.value;
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const e = exponent.reduce((sum, octet) => sum * 256 + octet, 0);
  if (bits < 2048) return `has ${bits} bits; RSA needs 2048`;
  return e < 3 || e % 2 === 0 ? 'has an impossible RSA exponent' : undefined;
}

/** Tells a key from the two parts of its SubjectPublicKeyInfo; `defect` says in words why it is `other`. */
export function classifyKey(algorithm: Uint8Array, key: Uint8Array): { algorithm: KeyAlgorithm; defect?: string } {
  const known = KEY_ALGORITHMS[Buffer.from(algorithm).toString('hex')];
  if (known === undefined) return { algorithm: 'other', defect: 'is none of P-256, P-384, Ed25519 and RSA' };
  if (known.algorithm === 'RSA') {
    const defect = rsaDefect(key);
    return defect === undefined ? { algorithm: 'RSA' } : { algorithm: 'other', defect };
  }
  const elliptic = known.algorithm !== 'Ed25519';
  if (key.length !== known.keyBytes || (elliptic && key[0] !== 4)) {
    return { algorithm: 'other', defect: `is no ${elliptic ? 'uncompressed ' : ''}${known.algorithm} key` };
  }
  return { algorithm: known.algorithm };
}

/** The signature of a certificate or list, to be checked. */
export interface VerifyTask {
  readonly kind: 'verify-certificate';
  readonly scheme: CertificateScheme;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

/** Keys of CAs that are asked again and again: importing one takes half as long as checking a signature. */
const imported = new WeakMap<Uint8Array, KeyObject>();

function importKey(publicKey: Uint8Array): KeyObject {
  const key = imported.get(publicKey) ?? createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  imported.set(publicKey, key);
  return key;
}

/** Key in the form that `crypto.verify` takes; undefined when it can't be one of the scheme's. */
function verifyKey({ scheme, publicKey }: VerifyTask): VerifyKeyObjectInput | undefined {
  const properties: { key: string; saltLength?: number } = SCHEMES[scheme];
  try {
    const key = importKey(publicKey);
    if (key.asymmetricKeyType !== properties.key) return undefined;
    const { saltLength } = properties;
    return saltLength === undefined ? { key } : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  } catch {
    // A point that is not on its curve, say.
    return undefined;
  }
}

/** Checks a signature at once. */
export function verifyNow(task: VerifyTask): boolean {
  const key = verifyKey(task);
  return key !== undefined && verify(SCHEMES[task.scheme].hash, task.data, key, task.signature);
}

/** Checks a signature on the thread pool. */
export async function verifyOnPool(task: VerifyTask): Promise<boolean> {
  const key = verifyKey(task);
  if (key === undefined) return false;
  return new Promise((resolve) =>
    verify(SCHEMES[task.scheme].hash, task.data, key, task.signature, (error, valid) => resolve(!error && valid)),
  );
}
