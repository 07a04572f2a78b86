import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { schemeOf, verifyNow, verifyOnPool } from './algorithms.ts';
import { parseCertificate } from './certificate.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  tlv,
  utf8String,
} from './der-writer.ts';
import { X509_LIMITS } from './limits.ts';
import type { nameOf } from './name.ts';
import { certificateOf, EXTENDED_KEY_USAGE, extensionDer, issue, newKeys, type SigningName } from './testing.ts';

/** RFC 8410 §10.2: an X25519 key, signed by the Ed25519 key of §10.1. It writes `cA FALSE` and `critical FALSE` out. */
const RFC_8410 = Buffer.from(
  'MIIBLDCB36ADAgECAghWAUdKKo3DMDAFBgMrZXAwGTEXMBUGA1UEAwwOSUVURiBUZXN0IERlbW8wHhcNMTYwODAxMTIxOTI0WhcNNDAxMjMxMjM1' +
    'OTU5WjAZMRcwFQYDVQQDDA5JRVRGIFRlc3QgRGVtbzAqMAUGAytlbgMhAIUg8AmJMKdUdIt93LQ+91oNvzoNJjga9OukqY6qm05qo0UwQzAPBgNV' +
    'HRMBAf8EBTADAQEAMA4GA1UdDwEBAAQEAwIDCDAgBgNVHQ4BAQAEFgQUmx9e7e0EM4Xk97xiPFl1uQvIuzswBQYDK2VwA0EAryMB/t3J5v/BzKc9' +
    'dNZIpDmAgs3babFOTQbs+BolzlDUwsPrdGxO3YNGhW7Ibz3OGhhlxXrCe1Cgw1AH9efZBw==',
  'base64',
);
const RFC_8410_KEY = Buffer.from('MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=', 'base64');

describe('parseCertificate', () => {
  it('reads the example of RFC 8410, whose signature is right', () => {
    const certificate = certificateOf({ certificate: RFC_8410 });
    expect(certificate).toMatchObject({
      version: 3,
      serial: Buffer.from('5601474a2a8dc330', 'hex'),
      issuer: { text: 'CN=IETF Test Demo', commonName: 'IETF Test Demo' },
      notBefore: Date.parse('2016-08-01T12:19:24Z'),
      notAfter: Date.parse('2040-12-31T23:59:59Z'),
      keyAlgorithm: 'other',
      basicConstraints: { ca: false, pathLength: undefined },
      keyUsage: 1 << 4,
      extendedKeyUsage: undefined,
      alternativeNames: undefined,
      unsupported: [],
    });
    const { tbs: data, signature } = certificate;
    const task = { kind: 'verify-certificate', scheme: 'ed25519', publicKey: RFC_8410_KEY, data, signature } as const;
    expect(schemeOf(certificate.signatureAlgorithm)).toBe('ed25519');
    expect(verifyNow(task)).toBe(true);
    expect(verifyNow({ ...task, publicKey: certificate.publicKey })).toBe(false);
  });

  it('reads what another reader reads', () => {
    const identity = issue({
      subject: ['C=DE', 'O=Example, "Inc"', 'CN=device-1'],
      dns: ['a.example', '*.b.example'],
      uris: ['urn:dev:ops:1'],
      emails: ['x@example.com'],
      ips: [Buffer.from([192, 0, 2, 1])],
      extendedKeyUsage: [EXTENDED_KEY_USAGE.clientAuth, EXTENDED_KEY_USAGE.serverAuth],
    });
    const other = new X509Certificate(identity.certificate);
    const ours = certificateOf(identity);
    expect(Buffer.from(ours.serial).toString('hex').toUpperCase()).toBe(other.serialNumber);
    expect(ours.notBefore).toBe(other.validFromDate.getTime());
    expect(ours.notAfter).toBe(other.validToDate.getTime());
    expect(ours.fingerprint).toBe(other.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(ours.subject.text).toBe('CN=device-1,O=Example\\, \\"Inc\\",C=DE');
    expect(ours.extendedKeyUsage).toEqual(other.keyUsage);
    expect(ours.alternativeNames).toEqual({
      dns: ['a.example', '*.b.example'],
      uris: ['urn:dev:ops:1'],
      emails: ['x@example.com'],
      ips: [Buffer.from([192, 0, 2, 1])],
    });
    expect(Buffer.from(ours.publicKey)).toEqual(other.publicKey.export({ type: 'spki', format: 'der' }));
  });

  it('ends cleanly wherever it is cut', () => {
    const { certificate } = issue({ dns: ['a.example'] });
    for (let length = 0; length < certificate.length; length++) {
      expect(parseCertificate(certificate.subarray(0, length))).toMatchObject({ ok: false });
    }
    expect(parseCertificate(Buffer.concat([certificate, Buffer.alloc(1)]))).toMatchObject({ ok: false });
  });

  const bad = (spec: Parameters<typeof issue>[0]): unknown => parseCertificate(issue(spec).certificate);
  const wrapped = (...list: Uint8Array[]): Uint8Array => explicit(3, sequence(...list));

  it.each<[string, Parameters<typeof issue>[0], RegExp]>([
    ['two algorithms', { raw: { outerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) } }, /two different/],
    ['extensions in version 1', { raw: { version: undefined } }, /version 1/],
    ['version 4', { raw: { version: 3 } }, /version/],
    ['a serial of 21 octets', { serial: Buffer.alloc(21, 1) }, /bounds.*serial/],
    ['an extension twice', { extensions: [extensionDer('2.5.29.14', octetString(Buffer.alloc(1)))] }, /twice/],
    ['no extension in the list', { raw: { extensions: wrapped() } }, /malformed/],
    [
      'a malformed extension',
      { raw: { extensions: wrapped(extensionDer('2.5.29.19', integer(1))) } },
      /basicConstraints/,
    ],
    ['a NUL in a name', { dns: ['good.example\0.evil.example'] }, /subjectAltName/],
    ['an IP address of 5 octets', { ips: [Buffer.alloc(5)] }, /subjectAltName/],
    ['too many names', { dns: Array<string>(X509_LIMITS.alternativeNames + 1).fill('a.example') }, /subjectAltName/],
    ['more octets than allowed', { uris: ['x'.repeat(X509_LIMITS.certificateBytes)] }, /larger/],
  ])('refuses %s', (_, spec, detail) => {
    expect(bad(spec)).toMatchObject({ ok: false, detail: expect.stringMatching(detail) });
  });

  it('ignores names of other kinds', () => {
    const otherName = explicit(0, oid('1.2.3'), explicit(0, utf8String('x')));
    const value = sequence(otherName, explicit(4, sequence()), implicit(2, Buffer.from('a.example')));
    const identity = issue({ extensions: [extensionDer('2.5.29.17', value)] });
    expect(certificateOf(identity).alternativeNames).toEqual({ dns: ['a.example'], uris: [], emails: [], ips: [] });
  });

  it('lists what forbids its use', () => {
    const constraints = extensionDer('2.5.29.30', sequence());
    const unknown = extensionDer('1.2.3.4', sequence(), true);
    const harmless = extensionDer('1.2.3.5', sequence());
    const { unsupported } = certificateOf(issue({ extensions: [constraints, unknown, harmless] }));
    expect(unsupported).toEqual(['nameConstraints', '1.2.3.4']);
  });
});

describe('keys', () => {
  const keyOf = (publicKey?: Uint8Array, keys = newKeys.p256()): unknown => {
    const { keyAlgorithm, keyDefect } = certificateOf(issue({ keys, raw: publicKey ? { publicKey } : {} }));
    return keyDefect ?? keyAlgorithm;
  };
  const rsa = (modulus: Uint8Array, exponent: number): Buffer =>
    sequence(
      sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05)),
      bitString(sequence(integer(modulus), integer(exponent))),
    );
  const compressed = (length: number): Buffer =>
    sequence(
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
      bitString(Buffer.concat([Buffer.from([2]), Buffer.alloc(length - 1, 1)])),
    );

  it('tells the kinds of the profile', () => {
    expect(keyOf()).toBe('P-256');
    expect(keyOf(undefined, newKeys.p384())).toBe('P-384');
    expect(keyOf(undefined, newKeys.ed25519())).toBe('Ed25519');
    expect(keyOf(rsa(Buffer.alloc(256, 0xff), 65_537))).toBe('RSA');
  });

  it('says what is wrong with the others', () => {
    expect(keyOf(undefined, newKeys.p521())).toMatch(/none of P-256/);
    expect(keyOf(rsa(Buffer.alloc(128, 0xff), 65_537))).toMatch(/1024 bits/);
    expect(keyOf(rsa(Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(255)]), 65_537))).toMatch(/2047 bits/);
    expect(keyOf(rsa(Buffer.alloc(1025, 0xff), 65_537))).toMatch(/no RSA key/);
    expect(keyOf(rsa(Buffer.alloc(256, 0xff), 65_536))).toMatch(/exponent/);
    expect(keyOf(rsa(Buffer.alloc(256, 0xff), 1))).toMatch(/exponent/);
    expect(keyOf(compressed(33))).toMatch(/uncompressed P-256/);
    expect(keyOf(compressed(65))).toMatch(/uncompressed P-256/);
  });
});

describe('signatures', () => {
  const ec = newKeys.p256();
  const rsa = newKeys.rsa();

  it.each<[SigningName, string]>([
    ['ecdsa-sha256', 'ecdsa_sha256'],
    ['ecdsa-sha384', 'ecdsa_sha384'],
    ['ecdsa-sha512', 'ecdsa_sha512'],
    ['rsa-sha256', 'rsa_pkcs1_sha256'],
    ['rsa-sha384', 'rsa_pkcs1_sha384'],
    ['rsa-sha512', 'rsa_pkcs1_sha512'],
    ['rsa-pss-sha256', 'rsa_pss_sha256'],
    ['rsa-pss-sha384', 'rsa_pss_sha384'],
    ['rsa-pss-sha512', 'rsa_pss_sha512'],
  ])('checks %s, at once and on the thread pool', async (signing, expected) => {
    const keys = signing.startsWith('rsa') ? rsa : ec;
    const { tbs: data, signature, publicKey, signatureAlgorithm } = certificateOf(issue({ keys, signing }));
    const scheme = schemeOf(signatureAlgorithm);
    expect(scheme).toBe(expected);
    if (scheme === undefined) return;
    const task = { kind: 'verify-certificate', scheme, publicKey, data, signature } as const;
    const forged = { ...task, data: Buffer.concat([data, Buffer.alloc(1)]) };
    expect([verifyNow(task), await verifyOnPool(task)]).toEqual([true, true]);
    expect([verifyNow(forged), await verifyOnPool(forged)]).toEqual([false, false]);
  });

  it.each<SigningName>(['ecdsa-sha1', 'rsa-sha1', 'rsa-md5'])('knows no %s', (signing) => {
    const keys = signing.startsWith('rsa') ? rsa : ec;
    expect(schemeOf(certificateOf(issue({ keys, signing })).signatureAlgorithm)).toBeUndefined();
  });

  it('finds a point that is not on the curve wrong', async () => {
    const publicKey = Buffer.from(issue().publicKey);
    publicKey.fill(1, publicKey.length - 32);
    const task = {
      kind: 'verify-certificate',
      scheme: 'ecdsa_sha256',
      publicKey,
      data: publicKey,
      signature: publicKey,
    } as const;
    expect([verifyNow(task), await verifyOnPool(task)]).toEqual([false, false]);
  });
});

describe('names', () => {
  const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), value);
  const nameOfRdns = (...rdns: Uint8Array[]): ReturnType<typeof nameOf> => {
    const issuer = sequence(...rdns);
    return certificateOf(issue({ raw: { issuer } })).issuer;
  };
  const CN = '2.5.4.3';

  it.each([
    ['UTF8String', tlv(12, Buffer.from('Gerät')), 'CN=Gerät', 'Gerät'],
    ['PrintableString', tlv(19, Buffer.from('a b')), 'CN=a b', 'a b'],
    ['TeletexString', tlv(20, Buffer.from([0xe4])), 'CN=ä', 'ä'],
    ['BMPString', tlv(30, Buffer.from([0x00, 0x41])), 'CN=A', 'A'],
    ['what is no text', tlv(3, Buffer.from([0])), 'CN=#030100', undefined],
    ['broken UTF-8', tlv(12, Buffer.from([0xc3])), 'CN=#0c01c3', undefined],
    [
      'special characters',
      utf8String(' #a,b+c;d<e>f"g\\h '),
      'CN=\\ #a\\,b\\+c\\;d\\<e\\>f\\"g\\\\h\\ ',
      ' #a,b+c;d<e>f"g\\h ',
    ],
    ['control characters', utf8String('a\u0000\u001b[2J\u202e'), 'CN=a\\00\\1b[2J\\e2\\80\\ae', undefined],
  ])('reads %s', (_, value, text, commonName) => {
    expect(nameOfRdns(set(attribute(CN, value)))).toMatchObject({ text, commonName });
  });

  it('has no common name when there are two', () => {
    expect(nameOfRdns(set(attribute(CN, utf8String('a'))), set(attribute(CN, utf8String('b'))))).toMatchObject({
      text: 'CN=b,CN=a',
      commonName: undefined,
    });
  });

  it('writes several attributes of one part, and types without a short name', () => {
    const both = set(attribute('1.2.3', utf8String('x')), attribute('2.5.4.10', utf8String('y')));
    expect(nameOfRdns(both).text).toBe('1.2.3=x+O=y');
  });

  it('may be empty', () => {
    expect(nameOfRdns()).toMatchObject({ text: '', commonName: undefined });
  });
});

it('tells booleans apart from what is no DER', () => {
  const extension = (octet: number): Buffer =>
    sequence(oid('2.5.29.19'), tlv(1, Buffer.from([octet])), octetString(sequence(boolean(true))));
  const parse = (octet: number): boolean =>
    parseCertificate(issue({ raw: { extensions: explicit(3, sequence(extension(octet))) } }).certificate).ok;
  expect([parse(0xff), parse(0), parse(1)]).toEqual([true, true, false]);
});
