import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { explicit, oid, sequence, utf8String } from './der-writer.ts';
import { certificateNames, matchesHost } from './names.ts';
import { type CertificateSpec, certificateOf, extensionDer, issue, newKeys } from './testing.ts';

const keys = newKeys.p256();
const matches = (spec: CertificateSpec, host: string): boolean =>
  matchesHost(certificateOf(issue({ keys, ...spec })), host);

describe('certificateNames', () => {
  it('gives everything that a device can be known by', () => {
    const identity = issue({
      subject: ['O=Example', 'CN=urn:dev:ops:1'],
      dns: ['a.example'],
      uris: ['urn:imei:1', 'urn:dev:ops:1'],
    });
    const sha256 = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');
    expect(certificateNames(certificateOf(identity))).toEqual({
      commonName: 'urn:dev:ops:1',
      dns: ['a.example'],
      uris: ['urn:imei:1', 'urn:dev:ops:1'],
      certificate: sha256(identity.certificate),
      publicKey: sha256(identity.publicKey),
    });
    expect(certificateNames(certificateOf(issue({ subject: [] })))).toMatchObject({
      commonName: undefined,
      dns: [],
      uris: [],
    });
  });
});

describe('matchesHost', () => {
  it.each([
    ['a.example', 'a.example', true],
    ['A.Example', 'a.eXample', true],
    ['a.example', 'a.example.', true],
    ['a.example.', 'a.example', true],
    ['a.example', 'b.example', false],
    ['a.example', 'a.example.com', false],
    ['a.example', 'x.a.example', false],
    ['*.b.example', 'a.b.example', true],
    ['*.b.example', 'b.example', false],
    ['*.b.example', 'x.a.b.example', false],
    ['*.example', 'a.example', false],
    ['*', 'a', false],
    ['a*.b.example', 'ab.b.example', false],
    ['a.*.example', 'a.b.example', false],
    ['*.*.b.example', 'x.a.b.example', false],
    ['*.b.example', '*.b.example', false],
    ['*.2.0.192', '1.2.0.192', false],
    ['192.0.2.1', '192.0.2.1', false],
    ['a..example', 'a..example', false],
    ['localhost', 'localhost', true],
    ['', '', false],
    ['.', '.', false],
  ])('DNS name %s, host %s: %s', (pattern, host, expected) => {
    expect(matches({ dns: [pattern] }, host)).toBe(expected);
  });

  it.each([
    ['c0000201', '192.0.2.1', true],
    ['c0000202', '192.0.2.1', false],
    ['20010db8000000000000000000000001', '2001:db8::1', true],
    ['20010db8000000000000000000000001', '2001:0DB8:0:0:0:0:0:1', true],
    ['00000000000000000000000000000000', '::', true],
    ['20010db8000000000000000000000000', '2001:db8::', true],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1', true],
    ['00000000000000000000ffffc0000201', '192.0.2.1', false],
    ['fe800000000000000000000000000001', 'fe80::1%eth0', false],
  ])('IP address %s, host %s: %s', (ip, host, expected) => {
    expect(matches({ ips: [Buffer.from(ip, 'hex')] }, host)).toBe(expected);
  });

  it('asks the common name only without alternative names of any kind', () => {
    expect(matches({ subject: 'a.example' }, 'a.example')).toBe(true);
    expect(matches({ subject: 'a.example', dns: ['b.example'] }, 'a.example')).toBe(false);
    expect(matches({ subject: 'a.example', uris: ['coaps://a.example'] }, 'a.example')).toBe(false);
    const otherName = sequence(explicit(0, oid('1.2.3'), explicit(0, utf8String('x'))));
    expect(matches({ subject: 'a.example', extensions: [extensionDer('2.5.29.17', otherName)] }, 'a.example')).toBe(
      false,
    );
    expect(matches({ subject: '192.0.2.1' }, '192.0.2.1')).toBe(false);
    expect(matches({ subject: 'a.example\0' }, 'a.example')).toBe(false);
  });
});
