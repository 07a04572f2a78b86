import { describe, expect, it } from 'vitest';
import { sequence } from './der-writer.ts';
import { X509_LIMITS } from './limits.ts';
import { validatePathAsync } from './path.ts';

import { type CertificateSpec, certificateOf, issue, newKeys, type TestIdentity } from './testing.ts';
import {
  anchored,
  device,
  device1,
  intermediate,
  NOW,
  refused,
  root,
  server,
  TRUST,
  under,
  validate,
} from './testing-paths.ts';

describe('a good chain', () => {
  it('leads from the leaf to the anchor', () => {
    const result = validate(device.chain);
    expect(result).toMatchObject({ ok: true, stale: false, expired: false });
    expect(result.ok && result.path.map(({ subject }) => subject.commonName)).toEqual([
      'device-1',
      'Test intermediate',
      'Test root',
    ]);
    expect(result.ok && result.leaf.fingerprint).toBe(certificateOf(device).fingerprint);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['includes the root', [...device.chain, root.certificate]],
    ['is out of order', [device.certificate, root.certificate, intermediate.certificate]],
    ['says everything twice', [...device.chain, ...device.chain]],
    [
      'has strangers in it',
      [device.certificate, issue({ ca: true }).certificate, server.certificate, intermediate.certificate],
    ],
  ])('is good when it %s', (_, chain) => {
    expect(validate(chain)).toMatchObject({ ok: true });
  });

  it('may leave out what is known here, which an intermediate anchor is too', () => {
    expect(validate([device.certificate])).toMatchObject(
      refused('unknown-ca', /"CN=Test intermediate", which neither/),
    );
    expect(validate([device.certificate], { intermediates: [certificateOf(intermediate)] }).ok).toBe(true);
    expect(validate([device.certificate], { anchors: [certificateOf(intermediate)] }).ok).toBe(true);
  });

  it('finds its anchor among several, of the same name too', () => {
    const namesake = issue({ subject: 'Test root', ca: true });
    const same = issue({
      subject: 'Test root',
      ca: true,
      raw: { subjectKeyId: certificateOf(root).subjectKeyId ?? sequence() },
    });
    const anchors = [issue({ ca: true, subject: 'Other' }), namesake, same, root].map(certificateOf);
    expect(validate(device.chain, { anchors })).toMatchObject({ ok: true });
  });

  it('is good for servers in the other direction', () => {
    expect(validate(server.chain, { purpose: 'server' })).toMatchObject({ ok: true });
  });

  it.each(['p384', 'ed25519', 'rsa'] as const)('is good under a CA with a key of %s', (kind) => {
    expect(under({ keys: newKeys[kind]() })).toMatchObject({ ok: true });
    expect(anchored({ keys: newKeys[kind]() })).toMatchObject({ ok: true });
  });

  it('is good with a leaf of P-384 and without keyUsage', () => {
    expect(device1({ keys: newKeys.p384(), keyUsage: [] })).toMatchObject({ ok: true });
    expect(under({ keyUsage: [] })).toMatchObject({ ok: true });
  });

  it('can be validated on the thread pool, or as the caller likes', async () => {
    const tasks: string[] = [];
    expect(await validatePathAsync(device.chain, TRUST, NOW)).toMatchObject({ ok: true });
    const slow = await validatePathAsync(device.chain, TRUST, NOW, async (task) => {
      tasks.push(task.scheme);
      return true;
    });
    expect(slow).toMatchObject({ ok: true });
    expect(tasks).toEqual(['ecdsa_sha256', 'ecdsa_sha256']);
    const full = await validatePathAsync(device.chain, TRUST, NOW, async () => 'overloaded');
    expect(full).toMatchObject({ ok: false, check: 'limit', alert: 'internal_error' });
    const forged = await validatePathAsync(device.chain, TRUST, NOW, async () => false);
    expect(forged).toMatchObject({ ok: false, check: 'bad-certificate' });
  });
});

describe('the chain', () => {
  it('must not be empty, too long or malformed', () => {
    expect(validate([])).toMatchObject(refused('bad-certificate', /empty/));
    const long = Array<Uint8Array>(X509_LIMITS.chainCertificates + 1).fill(device.certificate);
    expect(validate(long)).toMatchObject(refused('bad-certificate', /more than 10/));
    expect(validate([...device.chain, Buffer.alloc(9)])).toMatchObject(refused('bad-certificate', /certificate 3/));
  });

  it('needs an anchor', () => {
    expect(validate(device.chain, { anchors: [] })).toMatchObject({
      ...refused('unknown-ca', /no CA is trusted/),
      alert: 'unknown_ca',
    });
    const other = issue({ subject: 'Other root', ca: true });
    expect(validate(issue({ issuer: other }).chain)).toMatchObject(refused('unknown-ca', /"CN=Other root"/));
    expect(validate(other.chain)).toMatchObject(refused('unknown-ca', /signed by itself/));
    expect(validate([...issue({ issuer: other }).chain, other.certificate])).toMatchObject(
      refused('unknown-ca', /"CN=Other root" is signed by itself/),
    );
  });

  it('must not be signed by an impostor', () => {
    const impostor = { ...root, ...(({ privateKey }) => ({ privateKey }))(issue()) };
    expect(validate(issue({ issuer: impostor }).chain)).toMatchObject({
      ...refused('bad-certificate', /signature of certificate "CN=device-1" is not by certificate "CN=Test root"/),
      alert: 'bad_certificate',
    });
    const between = issue({ subject: 'CA', ca: true, issuer: impostor });
    expect(validate(issue({ issuer: between }).chain)).toMatchObject(refused('bad-certificate', /"CN=CA" is not by/));
  });

  it('is told by key identifiers which namesake it means', () => {
    expect(device1({ raw: { authorityKeyId: Buffer.alloc(20, 1) } })).toMatchObject(refused('unknown-ca'));
  });

  /** A chain of so many CAs under the root, and a device. */
  const deep = (cas: number, spec: CertificateSpec = {}): TestIdentity => {
    let issuer = root;
    for (let i = 0; i < cas; i++) issuer = issue({ subject: `CA ${i}`, ca: true, issuer, ...spec });
    return issue({ issuer });
  };

  it('has at most four certificates below the anchor, or what the profile says', () => {
    expect(validate(deep(3).chain)).toMatchObject({ ok: true });
    expect(validate(deep(4).chain)).toMatchObject(refused('unknown-ca', /within 4 certificates/));
    expect(validate(deep(4).chain, { maxDepth: 5 })).toMatchObject({ ok: true });
    expect(validate(device.chain, { maxDepth: 1 })).toMatchObject(refused('unknown-ca', /within 1/));
  });

  it('keeps pathLenConstraint, for which CAs that rename their keys do not count', () => {
    expect(validate(deep(1, { pathLength: 0 }).chain)).toMatchObject({ ok: true });
    expect(validate(deep(2, { pathLength: 0 }).chain)).toMatchObject(
      refused('certificate-usage', /allows 0 CAs below it .*not 1/),
    );
    expect(validate(deep(2, { pathLength: 1 }).chain)).toMatchObject({ ok: true });
    const first = issue({ subject: 'CA', ca: true, pathLength: 0, issuer: root });
    const rolled = issue({ subject: 'CA', ca: true, issuer: first });
    expect(validate(issue({ issuer: rolled }).chain)).toMatchObject({ ok: true });
    const anchor = issue({ subject: 'Anchor', ca: true, pathLength: 0 });
    const below = issue({ subject: 'CA', ca: true, issuer: anchor });
    expect(validate(issue({ issuer: below }).chain, { anchors: [certificateOf(anchor)] })).toMatchObject(
      refused('certificate-usage', /"CN=Anchor" allows 0/),
    );
  });

  it('ends when CAs certify each other', () => {
    const keys = [newKeys.p256(), newKeys.p256()] as const;
    const [a, b] = keys.map((each, i) => issue({ subject: `Loop ${i}`, ca: true, keys: each }));
    if (!a || !b) return;
    const cross = [
      issue({ ...{ subject: 'Loop 0', ca: true, keys: keys[0] }, issuer: b }),
      issue({ ...{ subject: 'Loop 1', ca: true, keys: keys[1] }, issuer: a }),
    ];
    const chain = [issue({ issuer: a }), ...cross].map(({ certificate }) => certificate);
    expect(validate(chain)).toMatchObject(refused('unknown-ca'));
    // The way out of the loop is found.
    const exit = issue({ ...{ subject: 'Loop 1', ca: true, keys: keys[1] }, issuer: root });
    expect(validate([...chain, exit.certificate])).toMatchObject({ ok: true });
  });

  it('does not make the search explode', async () => {
    const clique = Array.from({ length: X509_LIMITS.chainCertificates - 1 }, () =>
      issue({ subject: 'Same', ca: true, raw: { authorityKeyId: Buffer.alloc(1), subjectKeyId: Buffer.alloc(1) } }),
    );
    const issuer = clique[0];
    if (!issuer) return;
    const leaf = issue({ issuer, raw: { authorityKeyId: Buffer.alloc(1) } });
    const chain = [leaf, ...clique].map(({ certificate }) => certificate);
    let tasks = 0;
    const anchor = certificateOf(issue({ subject: 'Same', ca: true, raw: { subjectKeyId: Buffer.alloc(1) } }));
    const result = await validatePathAsync(chain, { ...TRUST, anchors: [anchor], maxDepth: 9 }, NOW, async () => {
      tasks++;
      return false;
    });
    expect(result).toMatchObject({ ok: false });
    expect(tasks).toBeLessThanOrEqual(X509_LIMITS.paths);
  });

  it('must not use algorithms outside the profile', () => {
    const rsa = newKeys.rsa();
    const old = issue({ subject: 'Old', ca: true, keys: rsa, signing: 'rsa-sha1' });
    const anchors = [certificateOf(old)];
    // The anchor's own signature says nothing.
    expect(validate(issue({ issuer: old }).chain, { anchors })).toMatchObject({ ok: true });
    for (const signing of ['rsa-sha1', 'rsa-md5'] as const) {
      expect(validate(issue({ issuer: old, signing }).chain, { anchors })).toMatchObject({
        ...refused('unsupported-certificate', /SHA-1, MD5/),
        alert: 'unsupported_certificate',
      });
    }
    expect(device1({ signing: 'ecdsa-sha1' })).toMatchObject(refused('unsupported-certificate', /SHA-1/));
  });
});
