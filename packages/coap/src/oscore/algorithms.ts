/** An authenticated cipher for OSCORE, by what node:crypto calls it; lengths in bytes. */
export interface AeadAlgorithm {
  readonly cipher: string;
  readonly keyLength: number;
  readonly nonceLength: number;
  readonly tagLength: number;
}

function aead(cipher: string, keyLength: number, nonceLength: number, tagLength: number): AeadAlgorithm {
  return { cipher, keyLength, nonceLength, tagLength };
}

/** AES-CCM-16-64-128, which every implementation has (RFC 8613 §3.2). */
export const DEFAULT_AEAD = 10;
/** HKDF with SHA-256. */
export const DEFAULT_HKDF = -10;

/** By their number in the registry of COSE algorithms (RFC 9053 §4), as resource 3 of LwM2M's object 21 has it. */
const AEAD: ReadonlyMap<number, AeadAlgorithm> = new Map([
  [1, aead('aes-128-gcm', 16, 12, 16)],
  [2, aead('aes-192-gcm', 24, 12, 16)],
  [3, aead('aes-256-gcm', 32, 12, 16)],
  [DEFAULT_AEAD, aead('aes-128-ccm', 16, 13, 8)],
  [11, aead('aes-256-ccm', 32, 13, 8)],
  [12, aead('aes-128-ccm', 16, 7, 8)],
  [13, aead('aes-256-ccm', 32, 7, 8)],
  [24, aead('chacha20-poly1305', 32, 12, 16)],
  [30, aead('aes-128-ccm', 16, 13, 16)],
  [31, aead('aes-256-ccm', 32, 13, 16)],
  [32, aead('aes-128-ccm', 16, 7, 16)],
  [33, aead('aes-256-ccm', 32, 7, 16)],
]);

/** Hashes by the number of HKDF (RFC 9053 §5.1), or of the HMAC that is in it, as resource 4 of object 21 has it. */
const HASHES: ReadonlyMap<number, string> = new Map([
  [5, 'sha256'],
  [DEFAULT_HKDF, 'sha256'],
  [7, 'sha512'],
  [-11, 'sha512'],
]);

/** The cipher of a COSE number, if there is one here. */
export const aeadAlgorithm = (number: number): AeadAlgorithm | undefined => AEAD.get(number);

/** The hash of a COSE number of HKDF or HMAC, if there is one here. */
export const hkdfHash = (number: number): string | undefined => HASHES.get(number);

/** Longest Sender or Recipient ID, in bytes, that a cipher's nonce has room for (RFC 8613 §3.3). */
export const longestId = ({ nonceLength }: AeadAlgorithm): number => nonceLength - 6;
