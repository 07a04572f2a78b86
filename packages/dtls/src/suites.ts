/** Cipher suites: what is negotiated, and the AEAD that each one means. */

export interface Suite {
  /** The wire value. */
  readonly id: number;
  /** The IANA name. */
  readonly name: string;
  /** The name by which `node:crypto` knows the cipher. */
  readonly cipher: 'aes-128-ccm' | 'aes-128-gcm';
  /** Lengths in octets. */
  readonly keyLength: number;
  readonly tagLength: number;
}

/** Every suite that is implemented, the preferred one first (RFC 6655 §3, RFC 5487 §2). */
export const SUITES = [
  { id: 0xc0a8, name: 'TLS_PSK_WITH_AES_128_CCM_8', cipher: 'aes-128-ccm', keyLength: 16, tagLength: 8 },
  { id: 0x00a8, name: 'TLS_PSK_WITH_AES_128_GCM_SHA256', cipher: 'aes-128-gcm', keyLength: 16, tagLength: 16 },
] as const satisfies readonly Suite[];

export type SuiteName = (typeof SUITES)[number]['name'];

/** The suite that a client asks for beside real ones to say that it knows RFC 5746. */
export const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** The implemented suites of these names, in the order given. */
export function suitesNamed(names: readonly SuiteName[]): readonly Suite[] {
  return names.flatMap((name) => SUITES.filter((suite) => suite.name === name));
}

/** A suite for people: its name, or its number when it is not implemented. */
export function suiteLabel(id: number): string {
  return SUITES.find((suite) => suite.id === id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`;
}
