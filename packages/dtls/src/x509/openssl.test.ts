/** Where OpenSSL and this profile agree about chains, and by which rule the profile is stricter where they don't. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasPeer } from '../../../../tooling/testing/peers.ts';
import { parseCertificate } from './certificate.ts';
import { parseCrl } from './crl.ts';
import { sequence } from './der-writer.ts';
import { matchesHost } from './names.ts';
import { validatePath } from './path.ts';
import { readPem } from './pem.ts';
import { admitCrl } from './revocation.ts';
import {
  type CertificateSpec,
  certificateOf,
  EXTENDED_KEY_USAGE,
  extensionDer,
  issue,
  issueCrl,
  newKeys,
  pem,
  type TestIdentity,
  testPki,
} from './testing.ts';

const VERSION = ['openssl', 'version'] as const;
const here = hasPeer('OpenSSL', VERSION);
const folder = mkdtempSync(join(tmpdir(), 'reeve-x509-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(contents: string): string {
  const path = join(folder, `${files++}.pem`);
  writeFileSync(path, contents);
  return path;
}

function openssl(...args: readonly string[]): { readonly ok: boolean; readonly out: string } {
  const { status, stdout, stderr } = spawnSync(VERSION[0], args, { encoding: 'utf8' });
  return { ok: status === 0, out: stdout + stderr };
}

const { root, intermediate, device, server } = testPki();
const NOW = Date.UTC(2026, 0);
const { serverAuth, clientAuth, any } = EXTENDED_KEY_USAGE;

interface Case {
  readonly chain: readonly Uint8Array[];
  readonly anchor?: TestIdentity;
  readonly purpose?: 'client' | 'server';
  readonly host?: string;
  readonly crls?: readonly Buffer[];
}

const ours = ({ chain, anchor = root, purpose = 'client', host, crls = [] }: Case): boolean => {
  const anchors = [certificateOf(anchor)];
  const revocation = crls.flatMap((der) => {
    const parsed = parseCrl(der);
    const admitted = parsed.ok ? admitCrl(parsed.crl, [anchor, intermediate].map(certificateOf)) : parsed;
    return admitted.ok ? [admitted.list] : [];
  });
  const result = validatePath(chain, { anchors, purpose, revocation, staleLists: 'refuse' }, NOW);
  return result.ok && (host === undefined || matchesHost(result.leaf, host));
};

const theirs = ({ chain, anchor = root, purpose = 'client', host, crls = [] }: Case): boolean => {
  const [leaf = Buffer.alloc(0), ...others] = chain.map((der) => pem('CERTIFICATE', der));
  return openssl(
    ...['verify', '-partial_chain', '-x509_strict', '-no-CApath', '-no-CAstore', '-attime', `${NOW / 1000}`],
    // Without it, an RSA key of 1024 bits and SHA-1 are good.
    ...['-auth_level', '2', '-purpose', purpose === 'client' ? 'sslclient' : 'sslserver'],
    ...['-CAfile', file(anchor.pem.certificate)],
    ...(others.length > 0 ? ['-untrusted', file(others.join(''))] : []),
    ...(host === undefined ? [] : [/^[\d.:]+$/.test(host) ? '-verify_ip' : '-verify_hostname', host]),
    ...(crls.length > 0 ? ['-crl_check_all', '-CRLfile', file(crls.map((der) => pem('X509 CRL', der)).join(''))] : []),
    file(leaf.toString()),
  ).ok;
};

const leaf = (spec: CertificateSpec = {}): Case => ({ chain: issue({ issuer: intermediate, ...spec }).chain });
const under = (spec: CertificateSpec): Case => ({
  chain: issue({ issuer: issue({ subject: 'CA', ca: true, issuer: root, ...spec }) }).chain,
});
const anchored = (spec: CertificateSpec): Case => {
  const anchor = issue({ subject: 'Anchor', ca: true, ...spec });
  return { chain: issue({ issuer: anchor }).chain, anchor };
};
const critical = (id: string): CertificateSpec => ({ extensions: [extensionDer(id, sequence(), true)] });
const impostor = { ...root, privateKey: newKeys.p256().privateKey };
const serial = ({ certificate }: TestIdentity): Uint8Array => certificateOf({ certificate }).serial;
const dates = { thisUpdate: NOW - 86_400_000, nextUpdate: NOW + 86_400_000 };
const lists = (revoked: readonly TestIdentity[], inner = dates): readonly Buffer[] => [
  issueCrl({ issuer: root, revoked: revoked.map((each) => ({ serial: serial(each) })), ...dates }),
  issueCrl({ issuer: intermediate, revoked: revoked.map((each) => ({ serial: serial(each) })), ...inner }),
];

describe.skipIf(!here)('OpenSSL and we agree', () => {
  it.each<[boolean, string, Case]>([
    [true, 'a device', device],
    [true, 'a server', { ...server, purpose: 'server', host: 'server.example' }],
    [true, 'the root in the chain', { chain: [...device.chain, root.certificate] }],
    [
      true,
      'out of order, with strangers',
      { chain: [device.certificate, root.certificate, server.certificate, intermediate.certificate] },
    ],
    [true, 'an intermediate as anchor', { chain: [device.certificate], anchor: intermediate }],
    [true, 'P-384', under({ keys: newKeys.p384() })],
    [true, 'Ed25519', under({ keys: newKeys.ed25519() })],
    [true, 'RSA', under({ keys: newKeys.rsa() })],
    [true, 'SHA-384', leaf({ signing: 'ecdsa-sha384' })],
    [
      true,
      'RSA-PSS',
      {
        chain: issue({
          issuer: issue({ ca: true, subject: 'R', issuer: root, keys: newKeys.rsa() }),
          signing: 'rsa-pss-sha256',
        }).chain,
      },
    ],
    [true, 'an end in the year 9999', leaf({ notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) })],
    [true, 'an unknown extension', leaf({ extensions: [extensionDer('1.2.3', sequence())] })],
    [true, 'its IP address', { ...leaf({ ips: [Buffer.from([192, 0, 2, 1])] }), host: '192.0.2.1' }],
    [true, 'a wildcard', { ...leaf({ dns: ['*.a.example'] }), host: 'x.a.example' }],
    [true, 'a common name as host', { ...leaf({ subject: 'c.example' }), host: 'c.example' }],
    [true, 'no revocation', { ...device, crls: lists([]) }],
    [true, 'the revocation of another', { ...device, crls: lists([server]) }],
    [false, 'no intermediate', { chain: [device.certificate] }],
    [false, 'an unknown root', { chain: issue().chain }],
    [false, 'an impostor', { chain: issue({ issuer: impostor }).chain }],
    [false, 'expired', leaf({ notAfter: NOW - 1000 })],
    [false, 'not yet valid', leaf({ notBefore: NOW + 1000 })],
    [false, 'expired above', under({ notAfter: NOW - 1000 })],
    [false, 'an expired anchor', anchored({ notAfter: NOW - 1000 })],
    [false, 'no CA above', under({ ca: false, keyUsage: ['digitalSignature'] })],
    [false, 'no keyCertSign above', under({ keyUsage: ['cRLSign'] })],
    [
      false,
      'too many CAs',
      { chain: issue({ issuer: issue({ ca: true, subject: 'X', issuer: intermediate }) }).chain },
    ],
    [false, 'for servers only', leaf({ extendedKeyUsage: [serverAuth] })],
    [false, 'for servers only, above', under({ extendedKeyUsage: [serverAuth] })],
    [false, 'for clients only', { ...leaf({ extendedKeyUsage: [clientAuth] }), purpose: 'server' }],
    [false, 'for any purpose, which is none', leaf({ extendedKeyUsage: [any] })],
    [false, 'an unknown critical extension', leaf(critical('1.2.3'))],
    [false, 'an unknown critical extension above', under(critical('1.2.3'))],
    [false, 'SHA-1', leaf({ signing: 'ecdsa-sha1' })],
    [false, 'RSA of 1024 bits above', under({ keys: newKeys.rsa(1024) })],
    [false, 'another key identifier', leaf({ raw: { authorityKeyId: Buffer.alloc(20, 1) } })],
    [false, 'another host', { ...server, purpose: 'server', host: 'x.example' }],
    [false, 'another IP address', { ...leaf({ ips: [Buffer.from([192, 0, 2, 1])] }), host: '192.0.2.2' }],
    [false, 'a wildcard for two labels', { ...leaf({ dns: ['*.a.example'] }), host: 'y.x.a.example' }],
    [
      false,
      'a common name beside DNS names',
      { ...leaf({ subject: 'c.example', dns: ['d.example'] }), host: 'c.example' },
    ],
    [false, 'revoked', { ...device, crls: lists([device]) }],
    [false, 'revoked above', { ...device, crls: lists([intermediate]) }],
    [false, 'a stale list', { ...device, crls: lists([], { ...dates, nextUpdate: NOW - 1000 }) }],
    [false, 'a list of the future', { ...device, crls: lists([], { thisUpdate: NOW + 1000, nextUpdate: NOW + 2000 }) }],
  ])('%s: %s', (good, _, each) => {
    expect([ours(each), theirs(each)]).toEqual([good, good]);
  });
});

describe.skipIf(!here)('we are stricter than OpenSSL', () => {
  const four = (): Case => {
    let issuer = root;
    for (let i = 0; i < 4; i++) issuer = issue({ subject: `CA ${i}`, ca: true, issuer });
    return issue({ issuer });
  };

  it.each<[string, Case]>([
    [
      'name constraints',
      under({
        extensions: [
          extensionDer('2.5.29.30', sequence(Buffer.from('a00f300d820b6578616d706c652e6f7267', 'hex')), true),
        ],
      }),
    ],
    ['a CA as device', leaf({ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] })],
    ['a device with an RSA key', leaf({ keys: newKeys.rsa() })],
    ['a CA with a key of P-521', under({ keys: newKeys.p521() })],
    ['five certificates below the anchor', four()],
    ['a common name beside a URI', { ...leaf({ subject: 'c.example', uris: ['urn:x:1'] }), host: 'c.example' }],
  ])('%s', (_, each) => {
    expect([ours(each), theirs(each)]).toEqual([false, true]);
  });
});

describe.skipIf(!here)("OpenSSL's own certificates", () => {
  /** What `openssl ca` needs to know. */
  const configuration = (): string =>
    file(
      [
        '[ca]',
        'default_ca=x',
        '[x]',
        `database=${file('')}`,
        `crlnumber=${file('1000\n')}`,
        'default_md=sha256',
        'default_crl_days=30',
      ].join('\n'),
    );

  it.each(['ec:P-256', 'ed25519', 'rsa:2048'])('of a CA with a key of %s are read and believed', (kind) => {
    const [type = '', parameter = ''] = kind.split(':');
    const option = { ec: `ec_paramgen_curve:${parameter}`, rsa: `rsa_keygen_bits:${parameter}` }[type];
    const keyOptions = ['-newkey', type, ...(option ? ['-pkeyopt', option] : []), '-nodes'];
    const path = (name: string): string => join(folder, `${type}-${name}`);
    const run = (...args: readonly string[]): void => {
      const { ok, out } = openssl(...args);
      if (!ok) throw new Error(out);
    };
    const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    run(
      'req',
      '-x509',
      ...keyOptions,
      '-keyout',
      path('ca.key'),
      '-out',
      path('ca.pem'),
      '-subj',
      '/O=Example/CN=CA',
      ...usage,
    );
    const leafKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path('leaf.key')];
    run('req', ...leafKey, '-subj', '/O=Example/CN=device-2', '-out', path('leaf.csr'));
    const extensions = file(
      'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:d.example,URI:urn:dev:ops:2,IP:2001:db8::1\n',
    );
    run(
      'x509',
      '-req',
      '-in',
      path('leaf.csr'),
      '-CA',
      path('ca.pem'),
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
      '-extfile',
      extensions,
      '-out',
      path('leaf.pem'),
    );
    const configured = configuration();
    const authority = ['-config', configured, '-cert', path('ca.pem'), '-keyfile', path('ca.key')];
    run('ca', ...authority, '-revoke', path('leaf.pem'), '-crl_reason', 'superseded');
    run('ca', ...authority, '-gencrl', '-out', path('list.pem'));
    const [ca, own, list] = ['ca.pem', 'leaf.pem', 'list.pem'].map((name) =>
      readPem(openssl('enc', '-in', path(name)).out),
    );
    const parsedCa = parseCertificate((ca?.ok && ca.certificates[0]) || Buffer.alloc(0));
    const chain = own?.ok ? own.certificates : [];
    if (!parsedCa.ok) throw new Error(parsedCa.detail);
    const anchors = [parsedCa.certificate];
    const now = parsedCa.certificate.notBefore + 60_000;
    const result = validatePath(chain, { anchors, purpose: 'client', extendedKeyUsage: 'required' }, now);
    expect(result).toMatchObject({
      ok: true,
      leaf: {
        subject: { text: 'CN=device-2,O=Example', commonName: 'device-2' },
        alternativeNames: { dns: ['d.example'], uris: ['urn:dev:ops:2'] },
      },
    });
    expect(result.ok && matchesHost(result.leaf, '2001:db8::1')).toBe(true);
    const crl = parseCrl((list?.ok && list.crls[0]) || Buffer.alloc(0));
    const admitted = crl.ok ? admitCrl(crl.crl, anchors) : crl;
    if (!admitted.ok) throw new Error(admitted.detail);
    expect(admitted.list).toMatchObject({ number: '1000', issuer: { text: 'CN=CA,O=Example' } });
    expect(validatePath(chain, { anchors, purpose: 'client', revocation: [admitted.list] }, now)).toMatchObject({
      check: 'revoked',
      detail: expect.stringMatching(/"CN=device-2,O=Example" was revoked at .* \(superseded\)/),
    });
  });
});
