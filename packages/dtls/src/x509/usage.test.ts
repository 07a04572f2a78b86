import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateOf, EXTENDED_KEY_USAGE, issue, testPki } from './testing.ts';
import { type CertificateUsage, type MatchingType, matchCertificateUsage, type UsageResult } from './usage.ts';

const { root, intermediate, server, device } = testPki();
const NOW = Date.UTC(2026, 0);
const HOST = 'server.example';
const other = testPki();
const expired = issue({ subject: HOST, issuer: intermediate, notAfter: NOW - 1 });

const digests = [undefined, 'sha256', 'sha384', 'sha512'] as const;
const dataOf = (der: Uint8Array, matchingType: MatchingType): Uint8Array => {
  const hash = digests[matchingType];
  return hash ? createHash(hash).update(der).digest() : der;
};

interface Case {
  readonly usage: CertificateUsage;
  readonly named: Uint8Array;
  readonly chain?: readonly Uint8Array[];
  readonly host?: string;
  readonly anchored?: boolean;
}

const all = [...server.chain, root.certificate];

function match(
  { usage, named, chain = all, host = HOST, anchored = true }: Case,
  matchingType: MatchingType = 1,
): UsageResult {
  const association = { usage, matchingType, data: dataOf(named, matchingType) };
  return matchCertificateUsage(chain, { association, host, anchors: anchored ? [certificateOf(root)] : [] }, NOW);
}

const refused = (check: string): object => ({ ok: false, check });

describe.each([0, 1, 2, 3] as const)('matching type %i', (type) => {
  it.each([
    ['3: this certificate', { usage: 3, named: server.certificate, anchored: false }],
    ['2: this CA is the anchor', { usage: 2, named: root.certificate, anchored: false }],
    ['2: an intermediate is the anchor', { usage: 2, named: intermediate.certificate, anchored: false }],
    ['1: this certificate, and valid', { usage: 1, named: server.certificate }],
    ['0: over this CA', { usage: 0, named: intermediate.certificate }],
    ['0: over this root', { usage: 0, named: root.certificate }],
  ] as [string, Case][])('accepts usage %s', (_, each) => {
    expect(match(each, type)).toMatchObject({ ok: true, leaf: { subject: { commonName: HOST } } });
  });

  it.each([
    ['3, and another certificate', { usage: 3, named: device.certificate }, 'wrong-server'],
    ['3, and the CA of it', { usage: 3, named: intermediate.certificate }, 'wrong-server'],
    ['2, and another CA', { usage: 2, named: other.root.certificate }, 'unknown-ca'],
    ['2, and the leaf', { usage: 2, named: server.certificate }, 'unknown-ca'],
    ['1, and another certificate', { usage: 1, named: other.server.certificate }, 'wrong-server'],
    ['0, and another CA', { usage: 0, named: other.root.certificate }, 'unknown-ca'],
    ['0, and the leaf', { usage: 0, named: server.certificate }, 'unknown-ca'],
  ] as [string, Case, string][])('refuses usage %s', (_, each, check) => {
    expect(match(each, type)).toMatchObject(refused(check));
  });
});

describe('SE-4: certificate usage', () => {
  it('3 asks nothing else: neither time nor host nor CA', () => {
    expect(
      match({ usage: 3, named: expired.certificate, chain: [expired.certificate], host: 'x.example', anchored: false }),
    ).toMatchObject({ ok: true });
    expect(match({ usage: 3, named: Buffer.alloc(3), chain: [Buffer.alloc(3)] })).toMatchObject(
      refused('bad-certificate'),
    );
  });

  it.each([
    [0, root],
    [1, server],
    [2, root],
  ] as const)('%i checks the host', (usage, { certificate }) => {
    expect(match({ usage, named: certificate, host: 'x.example' })).toMatchObject({
      ...refused('certificate-name'),
      detail: 'certificate "CN=server.example" is not for the host "x.example"',
    });
  });

  it.each([
    [0, root.certificate],
    [1, expired.certificate],
    [2, root.certificate],
  ] as const)('%i checks the time', (usage, named) => {
    expect(match({ usage, named, chain: [...expired.chain, root.certificate] })).toMatchObject(
      refused('expired-certificate'),
    );
  });

  it.each([
    [0, root.certificate],
    [1, server.certificate],
  ] as const)('%i needs an anchor', (usage, named) => {
    expect(match({ usage, named, anchored: false })).toMatchObject(refused('unknown-ca'));
  });

  it('0, 1 and 2 check the purpose', () => {
    const client = issue({ subject: HOST, issuer: intermediate, extendedKeyUsage: [EXTENDED_KEY_USAGE.clientAuth] });
    const chain = [...client.chain, root.certificate];
    expect(match({ usage: 0, named: root.certificate, chain })).toMatchObject(refused('certificate-usage'));
    expect(match({ usage: 1, named: client.certificate, chain })).toMatchObject(refused('certificate-usage'));
    expect(match({ usage: 2, named: root.certificate, chain })).toMatchObject(refused('certificate-usage'));
  });

  it('2 with a whole CA does not need it in the chain, with a digest it does', () => {
    const each: Case = { usage: 2, named: root.certificate, chain: server.chain };
    expect(match(each, 0)).toMatchObject({ ok: true });
    expect(match(each, 1)).toMatchObject(refused('unknown-ca'));
    expect(match({ usage: 2, named: Buffer.alloc(9), chain: server.chain }, 0)).toMatchObject(refused('unknown-ca'));
  });

  it('needs a chain', () => {
    for (const usage of [0, 1, 2, 3] as const)
      expect(match({ usage, named: server.certificate, chain: [] })).toMatchObject(refused('bad-certificate'));
  });
});
