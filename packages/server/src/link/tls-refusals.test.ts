import { describe, expect, it } from 'vitest';
import { checkOfTls } from './tls-refusals.ts';

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('why a handshake of TLS failed', () => {
  it.each([
    [
      'ERR_SSL_PSK_IDENTITY_NOT_FOUND',
      '40:error:0A0000DF:SSL routines:tls_process_cke_psk_preamble:psk identity not found:../deps/openssl/ssl/statem.c:2800:\n',
      { check: 'unknown-identity', detail: 'psk identity not found' },
    ],
    [
      'ERR_OSSL_CIPHER_OPERATION_FAILED',
      '40:error:1C800066:Provider routines:ossl_gcm_stream_update:cipher operation failed:../providers/gcm.c:320:\n',
      { check: 'malformed', detail: 'cipher operation failed' },
    ],
    [
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
      '40:error:0A000410:SSL routines:x:',
      { check: 'alert', detail: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' },
    ],
    ['ECONNRESET', 'read ECONNRESET', { check: 'timeout', detail: 'read ECONNRESET' }],
  ] as const)('is told of %s by the reason, not by what part of OpenSSL says so', (code, message, told) => {
    expect(checkOfTls(failure(code, message))).toEqual(told);
  });
});
