/** Bad input, replayable: typed outcomes only, and nothing that was changed is believed. */
import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../../tooling/testing/fuzz.ts';
import { parseCertificate } from './certificate.ts';
import { parseCrl } from './crl.ts';
import { validatePath } from './path.ts';
import { readPem } from './pem.ts';
import type { TrustProfile } from './profile.ts';
import { admitCrl } from './revocation.ts';
import { certificateOf, EXTENDED_KEY_USAGE, issue, issueCrl, newKeys, testPki } from './testing.ts';

type Random = () => number;
const upTo = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, items: readonly T[], otherwise: T): T =>
  items[upTo(random, items.length)] ?? otherwise;

/** Where elements begin, by walking into everything that is constructed, octet strings and bit strings too. */
function elements(der: Buffer, start = 0, end = der.length, found: number[] = []): number[] {
  let at = start;
  while (at + 2 <= end) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    if (octets > 3 || at + 2 + octets > end) break;
    const length = octets === 0 ? first : der.readUIntBE(at + 2, octets);
    const content = at + 2 + octets;
    if (content + length > end) break;
    found.push(at);
    if ((tag & 0x20) !== 0 || tag === 0x04) elements(der, content, content + length, found);
    at = content + length;
  }
  return found;
}

const MUTATIONS: readonly ((der: Buffer, random: Random) => Buffer)[] = [
  // Any octet.
  (der, random) => {
    der[upTo(random, der.length)] = upTo(random, 256);
    return der;
  },
  // An element's tag.
  (der, random) => {
    der[pick(random, elements(der), 0)] = pick(
      random,
      [0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa3, 0x1f],
      0,
    );
    return der;
  },
  // An element's length.
  (der, random) => {
    der[pick(random, elements(der), 0) + 1] = pick(random, [0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff], 0);
    return der;
  },
  // One element over another.
  (der, random) => {
    const from = pick(random, elements(der), 0);
    const to = pick(random, elements(der), 0);
    der.copy(der, to, from, Math.min(der.length, from + 2 + upTo(random, 40)));
    return der;
  },
  (der, random) => der.subarray(0, upTo(random, der.length)),
  (der, random) => Buffer.concat([der, Buffer.alloc(1 + upTo(random, 4), upTo(random, 256))]),
];

function mutate(good: Uint8Array, random: Random): Buffer {
  let der: Buffer = Buffer.from(good);
  for (let i = upTo(random, 3); i >= 0 && der.length > 0; i--) {
    der = pick(random, MUTATIONS, (same) => same)(der, random);
  }
  return der;
}

/** CI's runs take longer than a test usually may, in ms. */
const FUZZ_TIMEOUT_MS = 300_000;
const NOW = Date.UTC(2026, 0);

describe('fuzzing', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const { root, intermediate, device } = testPki();
  const rich = issue({
    ...{ subject: ['C=DE', 'O=Example', 'CN=rich'], issuer: intermediate, serial: Buffer.alloc(20, 0x7f) },
    ...{ dns: ['*.a.example'], uris: ['urn:x:1'], emails: ['x@example.com'], ips: [Buffer.alloc(16)] },
    extendedKeyUsage: [EXTENDED_KEY_USAGE.clientAuth],
  });
  const trust: TrustProfile = { anchors: [certificateOf(root)], purpose: 'client' };

  it('certificates and paths', () => {
    const { seed, runs } = fuzzPlan('x509 certificates');
    const random = seededRandom(seed);
    const rsa = issue({ ca: true, keys: newKeys.rsa(), signing: 'rsa-pss-sha256' });
    const corpus = [device, rich, intermediate, root, rsa].map(({ certificate }) => certificate);
    let read = 0;
    for (let i = 0; i < runs; i++) {
      const good = pick(random, corpus, device.certificate);
      const bad = mutate(good, random);
      const parsed = parseCertificate(bad);
      if (!parsed.ok) expect(parsed.detail).toMatch(/certificate/);
      else {
        read++;
        const { subject, issuer, notBefore, notAfter } = parsed.certificate;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect(subject.text + issuer.text).not.toMatch(/[\u0000-\u001f]/);
        expect(Number.isFinite(notBefore) && Number.isFinite(notAfter)).toBe(true);
      }
      // Signatures are slow, and mostly what fails comes before them.
      if (bad.equals(good)) continue;
      expect(validatePath([bad, intermediate.certificate], trust, NOW).ok).toBe(false);
      const result = validatePath([device.certificate, bad, intermediate.certificate], trust, NOW);
      if (parsed.ok) expect(result.ok).toBe(true);
      else expect(result).toMatchObject({ ok: false, check: 'bad-certificate' });
    }
    // The mutations do get past the parser.
    expect(read).toBeGreaterThan(runs / 100);
  });

  it('revocation lists', () => {
    const { seed, runs } = fuzzPlan('x509 revocation lists');
    const random = seededRandom(seed);
    const revoked = [{ serial: 1, reason: 1 }, { serial: Buffer.alloc(20, 0x7f) }, { serial: 300, reason: 6 }];
    const good = issueCrl({ issuer: root, revoked });
    let read = 0;
    for (let i = 0; i < runs; i++) {
      const bad = mutate(good, random);
      const parsed = parseCrl(bad);
      if (!parsed.ok) expect(parsed.detail).toMatch(/list/);
      else {
        read++;
        expect(parsed.crl.revoked.size).toBeLessThanOrEqual(revoked.length + 1);
        if (!bad.equals(good)) expect(admitCrl(parsed.crl, trust.anchors).ok).toBe(false);
      }
    }
    expect(read).toBeGreaterThan(runs / 100);
  });

  it('PEM files', () => {
    const { seed, runs } = fuzzPlan('x509 PEM');
    const random = seededRandom(seed);
    const good = Buffer.from(device.pem.chain + device.pem.privateKey);
    for (let i = 0; i < runs; i++) {
      const bad = Buffer.from(good);
      for (let j = upTo(random, 4); j >= 0; j--)
        bad[upTo(random, bad.length)] = pick(random, [...Buffer.from('-\n A=!B')], 0);
      const read = readPem(bad.subarray(upTo(random, 100)).toString('latin1'));
      if (!read.ok) expect(read.detail).not.toBe('');
    }
  });
});
