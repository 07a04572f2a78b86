import type { Check } from './handshake-facts.ts';

/** What OpenSSL's reasons are called here. */
const CHECKS: Readonly<Record<string, Check>> = {
  ERR_SSL_PSK_IDENTITY_NOT_FOUND: 'unknown-identity',
  ERR_SSL_NO_SHARED_CIPHER: 'no-common-suite',
  ERR_SSL_NO_SHARED_GROUP: 'no-common-group',
  ERR_SSL_NO_SUITABLE_GROUPS: 'no-common-group',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'no-common-signature-scheme',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'unsupported-version',
  ERR_SSL_VERSION_TOO_LOW: 'unsupported-version',
  ERR_SSL_BAD_SIGNATURE: 'bad-signature',
  ERR_SSL_DIGEST_CHECK_FAILED: 'bad-finished',
  // The first record that is encrypted does not open.
  ERR_SSL_CIPHER_OPERATION_FAILED: 'wrong-key',
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'wrong-key',
  ERR_SSL_BAD_DECRYPT: 'wrong-key',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'timeout',
};

/** Why a handshake of TLS failed. */
export function checkOfTls({ code = '', message }: Error & { code?: string }): { check: Check; detail: string } {
  // OpenSSL says: number, part of the library, function, reason, place.
  const reason = message
    .split(':')
    .find((part) => /^[a-z][a-z0-9 ]+ [a-z0-9 ]+$/i.test(part) && !/ routines$/.test(part));
  return { check: CHECKS[code] ?? (/ALERT/.test(code) ? 'alert' : 'malformed'), detail: reason ?? code };
}
