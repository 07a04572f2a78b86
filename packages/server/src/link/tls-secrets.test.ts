import { describe, expect, it } from 'vitest';
import { issue, newKeys, type TestIdentity } from '../../../dtls/src/x509/testing.ts';
import { defaultDtls } from './dtls-settings.ts';
import { TlsSecrets } from './tls-secrets.ts';

/** A certificate whose last line of PEM is as full as all others. */
function ofFullLines(): TestIdentity {
  for (let more = 0; ; more = (more + 1) % 24) {
    const identity = issue({ subject: `server${'x'.repeat(more)}`, keys: newKeys.p256() });
    if (identity.certificate.toString('base64').length % 64 === 0) return identity;
  }
}

describe('the certificates of the server for TLS', () => {
  it('count if their last line of PEM is full: no empty line follows (RFC 7468 §3)', () => {
    const { certificate, privateKey } = ofFullLines();
    const secrets = new TlsSecrets();
    secrets.setIdentities([
      { certificates: [certificate], privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }) },
    ]);
    expect(() => secrets.context(defaultDtls)).not.toThrow();
  });
});
