import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from './certificate.ts';
import { certificateNames } from './names.ts';
import { selfSigned } from './self-signed.ts';

describe('a self-signed certificate', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const from = Date.UTC(2026, 10, 23, 12);
  const der = selfSigned('pump-7 é', keys, from);

  it('is one to OpenSSL too: who it is, of which key, without an end', () => {
    const read = new X509Certificate(der);
    expect(read.verify(keys.publicKey)).toBe(true);
    expect(read.subject).toBe('CN=pump-7 é');
    expect(read.ca).toBe(false);
    expect([Date.parse(read.validFrom), read.validTo]).toEqual([from, 'Dec 31 23:59:59 9999 GMT']);
    expect(read.checkPrivateKey(keys.privateKey)).toBe(true);
  });

  it('is read here as it was meant', () => {
    const parsed = parseCertificate(der);
    if (!parsed.ok) throw new Error(parsed.detail);
    const { certificate } = parsed;
    expect(certificateNames(certificate).commonName).toBe('pump-7 é');
    expect(certificate.notBefore).toBe(from);
    expect(Buffer.from(certificate.publicKey)).toEqual(keys.publicKey.export({ type: 'spki', format: 'der' }));
  });
});
