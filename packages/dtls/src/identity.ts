/** Who a peer says it is, and who it proved to be. */
import { createHash } from 'node:crypto';

/** What a peer presents to be known by. */
export type PresentedIdentity =
  | { readonly kind: 'psk'; readonly identity: Uint8Array }
  /** A raw public key: its SubjectPublicKeyInfo in DER (RFC 7250 §3). */
  | { readonly kind: 'raw-key'; readonly publicKey: Uint8Array }
  /** X.509 certificates in DER, the peer's own first. */
  | { readonly kind: 'certificate'; readonly chain: readonly Uint8Array[] };

/**
 * A presented identity in one line: `psk:` and the identity in hexadecimal, `rpk:` and the SHA-256 of the public key,
 * or `x509:` and the SHA-256 of the peer's own certificate.
 */
export type IdentityLabel = string & { readonly __brand: 'IdentityLabel' };

export function identityLabel(presented: PresentedIdentity): IdentityLabel {
  switch (presented.kind) {
    case 'psk':
      return `psk:${Buffer.from(presented.identity).toString('hex')}` as IdentityLabel;
    case 'raw-key':
      return `rpk:${fingerprint(presented.publicKey)}` as IdentityLabel;
    case 'certificate':
      return `x509:${fingerprint(presented.chain[0] ?? new Uint8Array(0))}` as IdentityLabel;
  }
}

function fingerprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}
