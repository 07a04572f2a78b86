/** PEM files (RFC 7468): certificates, revocation lists and keys. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { X509_LIMITS } from './limits.ts';

/** What a PEM file holds, each kind in the order of the file. */
interface PemContents {
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** DER. */
  readonly crls: readonly Uint8Array[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeys: readonly Uint8Array[];
  readonly privateKeys: readonly KeyObject[];
}

export type ReadPem =
  | ({ readonly ok: true } & PemContents)
  /** `detail`: one sentence about what is wrong. */
  | { readonly ok: false; readonly detail: string };

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,40})-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Private keys by label: how `node:crypto` calls their DER. */
const PRIVATE_KEYS: { readonly [label: string]: 'pkcs8' | 'sec1' | 'pkcs1' } = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
};

function privateKey(der: Buffer, type: 'pkcs8' | 'sec1' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPrivateKey({ key: der, format: 'der', type });
  } catch {
    return undefined;
  }
}

type Block = { readonly label: string; readonly der: Buffer };

/** Splits the file into blocks; text between them is for people. */
function* blocksOf(text: string): Generator<Block | { readonly defect: string }> {
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.split('\n')) {
    if (label === undefined) {
      label = BEGIN.exec(line)?.[1];
      body = [];
    } else if (line.trimEnd() === `-----END ${label}-----`) {
      const base64 = body.join('');
      if (BASE64.test(base64) && base64.length % 4 === 0) yield { label, der: Buffer.from(base64, 'base64') };
      else yield { defect: `the block ${label} is not plain base64 (is it encrypted?)` };
      label = undefined;
    } else body.push(line.trim());
  }
  if (label !== undefined) yield { defect: `the block ${label} does not end` };
}

/** Reads all blocks of a PEM file. One that is not understood makes the whole file unreadable. */
export function readPem(text: string): ReadPem {
  if (text.length > X509_LIMITS.pemBytes) return { ok: false, detail: 'the file is too large' };
  const found = { certificates: [] as Buffer[], crls: [] as Buffer[], publicKeys: [] as Buffer[] };
  const privateKeys: KeyObject[] = [];
  let count = 0;
  for (const block of blocksOf(text)) {
    if ('defect' in block) return { ok: false, detail: block.defect };
    const { label, der } = block;
    if (++count > X509_LIMITS.pemBlocks) return { ok: false, detail: 'the file has too many blocks' };
    const type = PRIVATE_KEYS[label];
    if (label === 'CERTIFICATE') found.certificates.push(der);
    else if (label === 'X509 CRL') found.crls.push(der);
    else if (label === 'PUBLIC KEY') found.publicKeys.push(der);
    else if (type !== undefined) {
      const key = privateKey(der, type);
      if (key === undefined) return { ok: false, detail: `the ${label} can't be read` };
      privateKeys.push(key);
      // Some tools write the curve's parameters in front of the key, which names its curve itself.
    } else if (label !== 'EC PARAMETERS') {
      return { ok: false, detail: `a block of the kind "${label}" is not understood here` };
    }
  }
  return count === 0 ? { ok: false, detail: 'the file has no PEM block' } : { ok: true, ...found, privateKeys };
}
