import { describe, expect, it } from 'vitest';
import { sequence } from './der-writer.ts';

import type { TrustProfile } from './profile.ts';
import {
  type CertificateSpec,
  certificateOf,
  EXTENDED_KEY_USAGE,
  extensionDer,
  issue,
  newKeys,
  type TestIdentity,
} from './testing.ts';
import {
  anchored,
  device,
  device1,
  intermediate,
  NOW,
  refused,
  root,
  server,
  under,
  validate,
} from './testing-paths.ts';

const DAY = 86_400_000;

describe('every certificate of a path', () => {
  it.each([
    ['the leaf', (spec: CertificateSpec) => device1(spec)],
    ['an intermediate', (spec: CertificateSpec) => under(spec)],
    ['the anchor', (spec: CertificateSpec) => anchored(spec)],
  ])('is within its validity and has nothing unknown in it: %s', (_, how) => {
    expect(how({ notAfter: NOW - 1 })).toMatchObject({
      ...refused('expired-certificate', /expired at 2025-12-31T23:59:59.000Z, and the clock here says 2026-01-01/),
      alert: 'certificate_expired',
    });
    expect(how({ notAfter: NOW })).toMatchObject({ ok: true });
    expect(how({ notBefore: NOW })).toMatchObject({ ok: true });
    expect(how({ notBefore: NOW + 1000 })).toMatchObject(
      refused('not-yet-valid', /valid from 2026-01-01T00:00:01.000Z, and the clock here says 2026-01-01T00:00:00.000Z/),
    );
    const with1 = (id: string, critical: boolean): CertificateSpec => ({
      extensions: [extensionDer(id, sequence(), critical)],
    });
    expect(how(with1('1.2.3.4', true))).toMatchObject(refused('unsupported-certificate', /1\.2\.3\.4/));
    expect(how(with1('1.2.3.4', false))).toMatchObject({ ok: true });
    expect(how(with1('2.5.29.30', true))).toMatchObject(refused('unsupported-certificate', /nameConstraints/));
    expect(how(with1('2.5.29.30', false))).toMatchObject(refused('unsupported-certificate', /nameConstraints/));
    expect(how(with1('2.5.29.36', true))).toMatchObject(refused('unsupported-certificate', /policyConstraints/));
    expect(how({ raw: { version: undefined, extensions: Buffer.alloc(0) } })).toMatchObject(
      refused('unsupported-certificate', /version 1/),
    );
    expect(how({ keys: newKeys.p521() })).toMatchObject(refused('unsupported-certificate', /key of .* none of P-256/));
    expect(how({ extendedKeyUsage: [EXTENDED_KEY_USAGE.serverAuth] })).toMatchObject(
      refused('certificate-usage', /not for clientAuth/),
    );
    expect(how({ extendedKeyUsage: [EXTENDED_KEY_USAGE.any] })).toMatchObject(refused('certificate-usage'));
    expect(how({ extendedKeyUsage: [EXTENDED_KEY_USAGE.codeSigning, EXTENDED_KEY_USAGE.clientAuth] })).toMatchObject({
      ok: true,
    });
  });

  it.each([
    ['an intermediate', (spec: CertificateSpec) => under(spec)],
    ['the anchor', (spec: CertificateSpec) => anchored(spec)],
  ])('above the leaf is that of a CA: %s', (_, how) => {
    expect(how({ ca: false })).toMatchObject(refused('certificate-usage', /not that of a CA/));
    expect(how({ raw: { extensions: Buffer.alloc(0) } })).toMatchObject(
      refused('certificate-usage', /not that of a CA/),
    );
    expect(how({ keyUsage: ['digitalSignature', 'cRLSign'] })).toMatchObject(refused('certificate-usage', /keyUsage/));
  });
});

describe('the leaf', () => {
  it('is not a CA, and may sign', () => {
    expect(device1({ ca: true, keyUsage: ['digitalSignature'] })).toMatchObject(
      refused('certificate-usage', /of a CA, not of a client/),
    );
    expect(validate([root.certificate])).toMatchObject(refused('certificate-usage', /of a CA/));
    expect(device1({ keyUsage: ['keyAgreement'] })).toMatchObject(refused('certificate-usage', /digitalSignature/));
    expect(device1({ keyUsage: ['digitalSignature', 'keyAgreement'] })).toMatchObject({ ok: true });
  });

  it.each(['rsa', 'ed25519'] as const)('has no key of %s', (kind) => {
    expect(device1({ keys: newKeys[kind]() })).toMatchObject(
      refused('unsupported-certificate', /needs P-256 or P-384/),
    );
  });

  it('names its purpose where the profile asks for that', () => {
    expect(device1({})).toMatchObject({ ok: true });
    expect(device1({}, { extendedKeyUsage: 'required' })).toMatchObject(
      refused('certificate-usage', /not for clientAuth/),
    );
    expect(validate(device.chain, { extendedKeyUsage: 'required' })).toMatchObject({ ok: true });
    expect(validate(server.chain)).toMatchObject(refused('certificate-usage', /not for clientAuth/));
    expect(validate(device.chain, { purpose: 'server' })).toMatchObject(
      refused('certificate-usage', /not for serverAuth/),
    );
  });

  it('may have expired if it was admitted by name, until a date', () => {
    const old = issue({ subject: ['O=Example', 'CN=old'], issuer: intermediate, notAfter: NOW - DAY });
    const until = NOW + DAY;
    for (const certificate of [certificateOf(old).fingerprint, 'CN=old,O=Example']) {
      const admitExpired = [{ certificate, until }];
      expect(validate(old.chain, { admitExpired })).toMatchObject({ ok: true, expired: true });
      expect(validate(old.chain, { admitExpired }, until)).toMatchObject({ ok: true });
      expect(validate(old.chain, { admitExpired }, until + 1)).toMatchObject(refused('expired-certificate'));
      expect(validate(device.chain, { admitExpired })).toMatchObject({ ok: true, expired: false });
    }
    expect(validate(old.chain, { admitExpired: [{ certificate: 'CN=other', until }] })).toMatchObject(
      refused('expired-certificate'),
    );
  });

  it('gets no more than its expiry forgiven', () => {
    const admit = (identity: TestIdentity): Partial<TrustProfile> => ({
      admitExpired: [{ certificate: certificateOf(identity).fingerprint, until: NOW + DAY }],
    });
    const early = issue({ issuer: intermediate, notBefore: NOW + DAY });
    expect(validate(early.chain, admit(early))).toMatchObject(refused('not-yet-valid'));
    const ca = issue({ subject: 'CA', ca: true, issuer: root, notAfter: NOW - DAY });
    expect(validate(issue({ issuer: ca }).chain, admit(ca))).toMatchObject(refused('expired-certificate'));
    const impostor = { ...root, privateKey: newKeys.p256().privateKey };
    const forged = issue({ issuer: impostor, notAfter: NOW - DAY });
    expect(validate(forged.chain, admit(forged))).toMatchObject(refused('bad-certificate'));
  });
});
