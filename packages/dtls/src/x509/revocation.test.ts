import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCrl } from './crl.ts';
import { bitString, implicit, integer, octetString, sequence, tlv } from './der-writer.ts';
import { X509_LIMITS } from './limits.ts';
import { type PathResult, validatePath } from './path.ts';
import type { TrustProfile } from './profile.ts';
import { type AdmittedCrl, admitCrl, type RevocationList } from './revocation.ts';
import {
  type CrlSpec,
  certificateOf,
  extensionDer,
  issue,
  issueCrl,
  newKeys,
  type RevokedSpec,
  type TestIdentity,
  testPki,
} from './testing.ts';

const { root, intermediate, device, server } = testPki();
const NOW = Date.UTC(2026, 0);
const DAY = 86_400_000;

const validate = (chain: readonly Uint8Array[], profile: Partial<TrustProfile>): PathResult =>
  validatePath(chain, { anchors: [certificateOf(root)], purpose: 'client', ...profile }, NOW);

const refused = (check: string, detail: RegExp = /./): object => ({
  ok: false,
  check,
  detail: expect.stringMatching(detail),
});

/** Reads a list and takes it into use. */
function admit(der: Uint8Array, authorities: readonly TestIdentity[] = [root, intermediate]): AdmittedCrl {
  const parsed = parseCrl(der);
  return parsed.ok ? admitCrl(parsed.crl, authorities.map(certificateOf)) : parsed;
}

describe('lists', () => {
  const parse = (spec: Partial<CrlSpec>): unknown => parseCrl(issueCrl({ issuer: intermediate, ...spec }));
  const wrong = (detail: RegExp): object => ({ ok: false, detail: expect.stringMatching(detail) });

  it('are read', () => {
    const parsed = parseCrl(
      issueCrl({
        issuer: root,
        thisUpdate: NOW,
        nextUpdate: NOW + DAY,
        number: 300,
        revoked: [{ serial: 7, reason: 4, date: NOW }],
      }),
    );
    expect(parsed).toMatchObject({
      ok: true,
      crl: { issuer: { text: 'CN=Test root' }, thisUpdate: NOW, nextUpdate: NOW + DAY, number: Buffer.from([1, 44]) },
    });
    const revoked = parsed.ok ? parsed.crl.revoked : undefined;
    expect(revoked?.size).toBe(1);
    expect(revoked?.find(Uint8Array.of(7))).toEqual({ reason: 4, date: NOW });
    expect(revoked?.find(Uint8Array.of(8))).toBeUndefined();
    expect(revoked?.find(Uint8Array.of(0, 7))).toBeUndefined();
  });

  it('may be empty', () => {
    const parsed = parseCrl(issueCrl({ issuer: root }));
    expect(parsed.ok && parsed.crl.revoked.size).toBe(0);
  });

  it('find each of many numbers of any length, and no other', () => {
    const serials = Array.from({ length: 3000 }, (_, i) => {
      const octets = randomBytes(1 + (i % 20));
      // As certificates write them: positive, without zeros in front; many begin alike.
      octets.fill(0x61, 0, Math.max(1, octets.length - 3));
      return octets;
    });
    const [listed, others] = [serials.slice(0, 2000), serials.slice(2000)];
    const known = new Set(listed.map((serial) => serial.toString('hex')));
    const parsed = parseCrl(
      issueCrl({
        issuer: root,
        revoked: listed.map((serial) => ({ serial, reason: serial.length % 7, date: -DAY * serial.length })),
      }),
    );
    const revoked = parsed.ok ? parsed.crl.revoked : undefined;
    for (const serial of listed) {
      expect(revoked?.find(serial)).toEqual({ reason: serial.length % 7, date: -DAY * serial.length });
    }
    for (const serial of others) expect(revoked?.find(serial) !== undefined).toBe(known.has(serial.toString('hex')));
  });

  it('end cleanly wherever they are cut', () => {
    const der = issueCrl({ issuer: root, revoked: [{ serial: 1, reason: 1 }, { serial: 2 }] });
    for (let length = 0; length < der.length; length++) expect(parseCrl(der.subarray(0, length)).ok).toBe(false);
    expect(parseCrl(Buffer.concat([der, Buffer.alloc(1)])).ok).toBe(false);
  });

  it.each<[string, Partial<CrlSpec>, RegExp]>([
    ['a delta', { extensions: [extensionDer('2.5.29.27', integer(1), true)] }, /delta/],
    [
      'one about a part',
      { extensions: [extensionDer('2.5.29.28', sequence(implicit(1, Buffer.from([255]))), true)] },
      /part/,
    ],
    [
      'an unknown critical extension',
      { extensions: [extensionDer('1.2.3', sequence(), true)] },
      /critical extension 1\.2\.3/,
    ],
    ['no next update', { nextUpdate: null }, /next one/],
    ['a negative number of its own', { extensions: [extensionDer('2.5.29.20', tlv(2, Buffer.from([255])))] }, /number/],
    [
      'an indirect entry',
      { revoked: [{ serial: 1, extensions: [extensionDer('2.5.29.29', sequence(), true)] }] },
      /indirect/,
    ],
    [
      'an unknown critical extension of an entry',
      { revoked: [{ serial: 1, extensions: [extensionDer('1.2.3', sequence(), true)] }] },
      /entry .*1\.2\.3/,
    ],
    ['an entry of delta lists', { revoked: [{ serial: 1, reason: 8 }] }, /delta/],
    ['an unknown reason', { revoked: [{ serial: 1, reason: 11 }] }, /reason/],
    ['a serial of 21 octets', { revoked: [{ serial: Buffer.alloc(21, 1) }] }, /bounds.*serial/],
  ])('are refused: %s', (_, spec, detail) => {
    expect(parse(spec)).toMatchObject(wrong(detail));
  });

  it('ignore extensions that are not critical', () => {
    const extension = extensionDer('1.2.3', sequence());
    expect(parse({ extensions: [extension], revoked: [{ serial: 1, extensions: [extension] }] })).toMatchObject({
      ok: true,
    });
  });

  it('are refused beyond the limit of octets', () => {
    expect(parseCrl(new Uint8Array(X509_LIMITS.crlBytes + 1))).toMatchObject(wrong(/larger than 33554432/));
  });

  it('are refused in version 1, or with two algorithms', () => {
    const good = parseCrl(issueCrl({ issuer: root }));
    if (!good.ok) return;
    const { tbs, signatureAlgorithm } = good.crl;
    const other = sequence(octetString());
    expect(parseCrl(sequence(tbs, other, bitString()))).toMatchObject(wrong(/two different/));
    const version1 = sequence(signatureAlgorithm, good.crl.issuer.der, tlv(0x17, Buffer.from('260101000000Z')));
    expect(parseCrl(sequence(version1, signatureAlgorithm, bitString()))).toMatchObject(wrong(/version 2/));
  });
});

describe('taking a list into use', () => {
  it('needs its issuer', () => {
    const list = issueCrl({ issuer: root });
    expect(admit(list)).toMatchObject({ ok: true, list: { signer: certificateOf(root).fingerprint, number: '01' } });
    expect(admit(list, [intermediate])).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/"CN=Test root", which is no CA/),
    });
    const namesake = issue({ subject: 'Test root', ca: true });
    expect(admit(list, [namesake])).toMatchObject({ ok: false, detail: expect.stringMatching(/signature/) });
    expect(admit(list, [namesake, root])).toMatchObject({ ok: true });
  });

  it('needs a good signature by a CA that may sign lists', () => {
    const forged = Buffer.from(issueCrl({ issuer: root }));
    forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
    expect(admit(forged)).toMatchObject({ ok: false });
    expect(admit(issueCrl({ issuer: root, signing: 'ecdsa-sha1' }))).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/SHA-1/),
    });
    const silent = issue({ subject: 'Silent', ca: true, keyUsage: ['keyCertSign'] });
    expect(admit(issueCrl({ issuer: silent }), [silent])).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/may not sign lists/),
    });
    const rsa = issue({ subject: 'RSA', ca: true, keys: newKeys.rsa(), keyUsage: [] });
    expect(admit(issueCrl({ issuer: rsa, signing: 'rsa-pss-sha256' }), [rsa])).toMatchObject({ ok: true });
  });
});

describe('revocation', () => {
  function listOf(
    issuer: TestIdentity,
    revoked: readonly RevokedSpec[],
    thisUpdate = NOW - DAY,
    nextUpdate = NOW + 30 * DAY,
  ): RevocationList {
    const admitted = admit(issueCrl({ issuer, revoked, thisUpdate, nextUpdate }));
    if (!admitted.ok) throw new Error(admitted.detail);
    return admitted.list;
  }
  const serial = (identity: TestIdentity): Uint8Array => certificateOf(identity).serial;

  it('refuses a leaf or an intermediate on the list of its issuer', () => {
    const revoked = [{ serial: 1 }, { serial: serial(device), reason: 1, date: NOW - DAY }];
    const revocation = [listOf(root, []), listOf(intermediate, revoked)];
    expect(validate(device.chain, { revocation })).toMatchObject({
      ...refused('revoked', /"CN=device-1" was revoked at 2025-12-31T00:00:00.000Z \(key compromise\)/),
      alert: 'certificate_revoked',
    });
    expect(validate(server.chain, { purpose: 'server', revocation })).toMatchObject({ ok: true, stale: false });
    const above = [listOf(root, [{ serial: serial(intermediate) }])];
    expect(validate(device.chain, { revocation: above })).toMatchObject(
      refused('revoked', /"CN=Test intermediate".*no reason/),
    );
    // Another CA's numbers mean nothing.
    expect(validate(device.chain, { revocation: [listOf(root, [{ serial: serial(device) }])] })).toMatchObject({
      ok: true,
    });
  });

  it.each([
    ['is old', NOW - 2 * DAY, NOW - 1],
    ['comes from the future', NOW + 1000, NOW + DAY],
  ])('accepts a list that %s with a flag, or refuses', (_, from, to) => {
    const revocation = [listOf(intermediate, [], from, to)];
    expect(validate(device.chain, { revocation })).toMatchObject({ ok: true, stale: true });
    expect(validate(device.chain, { revocation, staleLists: 'refuse' })).toMatchObject({
      ...refused('crl-stale', /list of "CN=Test intermediate" is current from/),
      alert: 'certificate_unknown',
    });
    const about = [listOf(intermediate, [{ serial: serial(device) }], from, to)];
    expect(validate(device.chain, { revocation: about })).toMatchObject(refused('revoked'));
    // Lists that nobody asked do not matter.
    expect(validate(intermediate.chain, { revocation })).not.toMatchObject({ check: 'crl-stale' });
  });
});
