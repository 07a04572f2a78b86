import { type KeyObject, X509Certificate } from 'node:crypto';
import type { PeerFound } from '@reeve/dtls';

/** By what both ends of a TLS connection prove themselves. */
export type TlsProof =
  | { readonly kind: 'psk'; readonly identity: string; readonly key: Uint8Array }
  | {
      readonly kind: 'certificate';
      /** The device's certificates, its own first, and its private key, in PEM. */
      readonly chain: string;
      readonly privateKey: string;
      /** The name to ask for (RFC 6066 §3). */
      readonly serverName: string;
      /** Whether the certificates that the server shows, in DER, are those of our server. */
      readonly judge: (chain: readonly Uint8Array[]) => PeerFound;
    };

/**
 * A pre-shared key for TLS.
 *
 * @throws RangeError when the identity is no UTF-8, as which TLS has it (RFC 4279 §5.1)
 */
export function pskProof(identity: Uint8Array, key: Uint8Array): TlsProof {
  const text = Buffer.from(identity).toString();
  if (!Buffer.from(text).equals(identity)) throw new RangeError('/0/x/3 is no identity for TLS: it has to be UTF-8');
  return { kind: 'psk', identity: text, key };
}

/**
 * Certificates for TLS.
 *
 * @param chain in DER
 * @throws Error when they are none, or the private key is not that of the first
 */
export function certificateProof(
  chain: readonly Uint8Array[],
  privateKey: KeyObject,
  trust: Pick<Extract<TlsProof, { kind: 'certificate' }>, 'serverName' | 'judge'>,
): TlsProof {
  const certificates = chain.map((der) => new X509Certificate(der));
  if (!certificates[0]?.checkPrivateKey(privateKey)) throw new RangeError('/0/x/5 is not the key of /0/x/3');
  return {
    kind: 'certificate',
    chain: certificates.join(''),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ...trust,
  };
}
