import { createHash } from 'node:crypto';
import type { CredentialKind } from '@reeve/contract';
import type { AuthorityId } from '../ids.ts';
import { oscoreLabel } from '../link/oscore-port.ts';

/**
 * What a peer can show, as text: credentials are found by it. The first four are the identity labels of sessions; the
 * others belong to certificates that are known by less than all of their bytes.
 */
export const proofs = {
  /** @param identity PSK identity in hex */
  psk: (identity: string) => `psk:${identity}`,
  /** @param publicKey SubjectPublicKeyInfo in DER */
  rawKey: (publicKey: Uint8Array) => `rpk:${sha256(publicKey)}`,
  /** @param certificate DER */
  certificate: (certificate: Uint8Array) => `x509:${sha256(certificate)}`,
  /** @param senderId of the device in hex, as is its ID context */
  oscore: (senderId: string, idContext?: string) => oscoreLabel(senderId, idContext),
  /** Any certificate of a key. @param publicKey SubjectPublicKeyInfo in DER */
  certifiedKey: (publicKey: Uint8Array) => `x509-key:${sha256(publicKey)}`,
  /** Any certificate under an authority that bears a name. */
  certifiedName: (authorityId: AuthorityId, name: string) => `x509-name:${authorityId}:${name}`,
} as const;

/** Whether a proof is the identity label of its sessions itself. */
export function isLabel(proof: string): boolean {
  return /^(psk|rpk|x509|oscore):/.test(proof);
}

const kinds: Readonly<Record<string, CredentialKind>> = {
  psk: 'psk',
  rpk: 'raw-key',
  x509: 'certificate',
  oscore: 'oscore',
};

/** What whoever bears an identity label has proved. */
export function kindOf(label: string): CredentialKind {
  return kinds[label.slice(0, label.indexOf(':'))] ?? 'psk';
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An identity label or proof for people: a PSK identity as its UTF-8 if printable, else `hex:…`; the ids of OSCORE; of others the digest or name. */
export function showIdentity(proof: string): string {
  const [kind = ''] = proof.split(':', 1);
  const rest = proof.slice(kind.length + 1);
  if (kind === 'psk') return showBytes(rest);
  if (kind === 'oscore') return `hex:${rest.replace('.', ' in hex:')}`;
  if (kind === 'x509-name') return rest.slice(rest.indexOf(':') + 1);
  return `sha256:${rest}`;
}

/** The reverse of `showIdentity` for what a person typed as a PSK identity. */
export function readIdentity(text: string): string {
  const hex = /^hex:((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  return proofs.psk(hex === undefined ? Buffer.from(text, 'utf8').toString('hex') : hex.toLowerCase());
}

function showBytes(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const text = bytes.toString('utf8');
  const printable = Buffer.from(text, 'utf8').equals(bytes) && !/[\p{C}]/u.test(text) && !text.startsWith('hex:');
  return printable && text !== '' ? text : `hex:${hex}`;
}
