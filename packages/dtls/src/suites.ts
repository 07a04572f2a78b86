/** Cipher suites as data: how keys are agreed on, and what protects the records. */

/** How the premaster secret comes about. */
export type KeyExchange = 'psk' | 'ecdhe-psk' | 'ecdhe-ecdsa';

/** The hash of a suite's pseudorandom function and of its transcripts. */
export type HashName = 'sha256' | 'sha384';

/** What protects a record; all lengths in octets. */
export interface RecordCipher {
  /** `cbc` goes with HMAC-SHA-256, before the encryption or after it (RFC 7366). */
  readonly kind: 'aead' | 'cbc';
  /** The name by which `node:crypto` knows it. */
  readonly algorithm: 'aes-128-ccm' | 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-cbc';
  readonly keyLength: number;
  readonly macKeyLength: number;
  /** The implicit part of each nonce; zero if every record carries a whole initialization vector. */
  readonly fixedIvLength: number;
  /** What follows the ciphertext: an AEAD's tag, or the code of an HMAC. */
  readonly tagLength: number;
}

export interface Suite {
  /** The wire value. */
  readonly id: number;
  /** The IANA name. */
  readonly name: string;
  readonly keyExchange: KeyExchange;
  readonly hash: HashName;
  readonly cipher: RecordCipher;
}

/** RFC 6655 §3. */
const CCM: RecordCipher = {
  kind: 'aead',
  algorithm: 'aes-128-ccm',
  keyLength: 16,
  macKeyLength: 0,
  fixedIvLength: 4,
  tagLength: 16,
};
const CCM_8: RecordCipher = { ...CCM, tagLength: 8 };
/** RFC 5288 §3. */
const GCM: RecordCipher = { ...CCM, algorithm: 'aes-128-gcm' };
const GCM_256: RecordCipher = { ...GCM, algorithm: 'aes-256-gcm', keyLength: 32 };
/** RFC 5246 §6.2.3.2, RFC 5487 §3. */
const CBC: RecordCipher = {
  kind: 'cbc',
  algorithm: 'aes-128-cbc',
  keyLength: 16,
  macKeyLength: 32,
  fixedIvLength: 0,
  tagLength: 32,
};

/**
 * Every suite that is implemented, the preferred one first: short tags first, since radio time costs most, and what
 * costs the device least computing before what keeps past traffic secret when a pre-shared key leaks (ECDHE_PSK).
 * Sources: RFC 6655, RFC 7251, RFC 5487, RFC 5289, RFC 8442, RFC 5489.
 */
export const SUITES = [
  { id: 0xc0a8, name: 'TLS_PSK_WITH_AES_128_CCM_8', keyExchange: 'psk', hash: 'sha256', cipher: CCM_8 },
  { id: 0xc0a4, name: 'TLS_PSK_WITH_AES_128_CCM', keyExchange: 'psk', hash: 'sha256', cipher: CCM },
  { id: 0x00a8, name: 'TLS_PSK_WITH_AES_128_GCM_SHA256', keyExchange: 'psk', hash: 'sha256', cipher: GCM },
  { id: 0x00a9, name: 'TLS_PSK_WITH_AES_256_GCM_SHA384', keyExchange: 'psk', hash: 'sha384', cipher: GCM_256 },
  {
    id: 0xd003,
    name: 'TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256',
    keyExchange: 'ecdhe-psk',
    hash: 'sha256',
    cipher: CCM_8,
  },
  { id: 0xd005, name: 'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256', keyExchange: 'ecdhe-psk', hash: 'sha256', cipher: CCM },
  { id: 0xd001, name: 'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256', keyExchange: 'ecdhe-psk', hash: 'sha256', cipher: GCM },
  { id: 0xc0ae, name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', keyExchange: 'ecdhe-ecdsa', hash: 'sha256', cipher: CCM_8 },
  { id: 0xc0ac, name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM', keyExchange: 'ecdhe-ecdsa', hash: 'sha256', cipher: CCM },
  {
    id: 0xc02b,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    keyExchange: 'ecdhe-ecdsa',
    hash: 'sha256',
    cipher: GCM,
  },
  {
    id: 0xc02c,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    keyExchange: 'ecdhe-ecdsa',
    hash: 'sha384',
    cipher: GCM_256,
  },
  { id: 0x00ae, name: 'TLS_PSK_WITH_AES_128_CBC_SHA256', keyExchange: 'psk', hash: 'sha256', cipher: CBC },
  { id: 0xc037, name: 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', keyExchange: 'ecdhe-psk', hash: 'sha256', cipher: CBC },
  {
    id: 0xc023,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
    keyExchange: 'ecdhe-ecdsa',
    hash: 'sha256',
    cipher: CBC,
  },
] as const satisfies readonly Suite[];

export type SuiteName = (typeof SUITES)[number]['name'];

/** What is allowed unless somebody asks for more: no CBC, whose timing JavaScript can't promise to hide. */
export const DEFAULT_SUITES: readonly Suite[] = SUITES.filter(({ cipher }) => cipher.kind === 'aead');

/** The suite that a client asks for beside real ones to say that it knows RFC 5746. */
export const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** The implemented suites of these names, in the order given. */
export function suitesNamed(names: readonly SuiteName[]): readonly Suite[] {
  return names.flatMap((name) => SUITES.filter((suite) => suite.name === name));
}

/** The implemented suite with this wire value. */
export function suiteOf(id: number): Suite | undefined {
  return SUITES.find((suite) => suite.id === id);
}

/** What peers offer beside what is implemented, so that an operator reads names (IANA, without the `TLS_` in front). */
const OTHERS: Readonly<Record<number, string>> = {
  47: 'RSA_WITH_AES_128_CBC_SHA',
  53: 'RSA_WITH_AES_256_CBC_SHA',
  60: 'RSA_WITH_AES_128_CBC_SHA256',
  61: 'RSA_WITH_AES_256_CBC_SHA256',
  140: 'PSK_WITH_AES_128_CBC_SHA',
  141: 'PSK_WITH_AES_256_CBC_SHA',
  156: 'RSA_WITH_AES_128_GCM_SHA256',
  157: 'RSA_WITH_AES_256_GCM_SHA384',
  158: 'DHE_RSA_WITH_AES_128_GCM_SHA256',
  159: 'DHE_RSA_WITH_AES_256_GCM_SHA384',
  175: 'PSK_WITH_AES_256_CBC_SHA384',
  22016: 'FALLBACK_SCSV',
  49161: 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  49162: 'ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  49171: 'ECDHE_RSA_WITH_AES_128_CBC_SHA',
  49172: 'ECDHE_RSA_WITH_AES_256_CBC_SHA',
  49188: 'ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
  49191: 'ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  49192: 'ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  49199: 'ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  49200: 'ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  49205: 'ECDHE_PSK_WITH_AES_128_CBC_SHA',
  49206: 'ECDHE_PSK_WITH_AES_256_CBC_SHA',
  49208: 'ECDHE_PSK_WITH_AES_256_CBC_SHA384',
  49309: 'RSA_WITH_AES_256_CCM',
  49317: 'PSK_WITH_AES_256_CCM',
  49321: 'PSK_WITH_AES_256_CCM_8',
  49325: 'ECDHE_ECDSA_WITH_AES_256_CCM',
  49327: 'ECDHE_ECDSA_WITH_AES_256_CCM_8',
  52392: 'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  52393: 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  52395: 'PSK_WITH_CHACHA20_POLY1305_SHA256',
  52396: 'ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
  53250: 'ECDHE_PSK_WITH_AES_256_GCM_SHA384',
};

/** A suite for people: its name, or its number when it has none here. */
export function suiteLabel(id: number): string {
  const other = OTHERS[id];
  return suiteOf(id)?.name ?? (other ? `TLS_${other}` : `0x${id.toString(16).padStart(4, '0')}`);
}
