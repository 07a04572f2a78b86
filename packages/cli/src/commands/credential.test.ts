import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority, CredentialInfo } from '@reeve/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'reeve-credential-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const PEM = '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n';
const DER = Uint8Array.of(0x30, 0x81, 0x01, 0xff);
const pem = file('device.pub', PEM);
const der = file('device.der', DER);

const credential: CredentialInfo = {
  credentialId: 'cred-1',
  kind: 'raw-key',
  purpose: 'management',
  identity: 'sha256:ab',
  createdAt: NOW,
};
const setup = [{ about: 'server public key, base64', path: '/0/x/4', value: 'MFkwEw==' }];

describe('credential add', () => {
  const bodyOf = async (...options: string[]) => {
    const { calls } = await run(['credential', 'add', 'truck-1', ...options], {
      'credentials.add': { credential, setup },
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ name: 'credentials.add', args: { params: { device: 'truck-1' } } });
    const { body } = (calls[0]?.args ?? {}) as { body?: unknown };
    return body;
  };

  it('sends PEM as it is and DER in base64, and knows the kind by what is named', async () => {
    expect(await bodyOf('--public-key', pem)).toEqual({ kind: 'raw-key', publicKey: PEM });
    const base64 = Buffer.from(DER).toString('base64');
    expect(await bodyOf('--public-key', der)).toEqual({ kind: 'raw-key', publicKey: base64 });
    expect(await bodyOf('--certificate', der, '--same-key')).toEqual({
      kind: 'certificate',
      certificate: base64,
      sameKey: true,
    });
    expect(await bodyOf('--ca', 'fleet', '--name', 'SN-7')).toEqual({
      kind: 'certificate',
      authority: 'fleet',
      name: 'SN-7',
    });
    expect(await bodyOf('--oscore')).toEqual({ kind: 'oscore', oscore: {} });
    const key = file('master.secret', '00'.repeat(16));
    const terms = ['--sender-id', '0a', '--recipient-id', '', '--salt', 'ff', '--id-context', '37cb', '--aead', '11'];
    expect(await bodyOf('--key-file', key, ...terms, '--hmac', '7')).toEqual({
      kind: 'oscore',
      key: '00'.repeat(16),
      oscore: { senderId: '0a', recipientId: '', salt: 'ff', idContext: '37cb', aead: 11, hmac: 7 },
    });
    expect(await bodyOf('--identity', 'x', '--suite', 'A', '--suite', 'B')).toEqual({
      kind: 'psk',
      identity: 'x',
      suites: ['A', 'B'],
    });
  });

  it('reads dates as UTC', async () => {
    expect(await bodyOf('--from', '2027-01-31', '--until', '2027-01-31T12:00')).toEqual({
      kind: 'psk',
      validFrom: Date.UTC(2027, 0, 31),
      validUntil: Date.UTC(2027, 0, 31, 12),
    });
  });

  it('says on stderr what to set, and a made key alone on stdout', async () => {
    const { out, err } = await run(['credential', 'add', 'truck-1'], {
      'credentials.add': { credential, setup, key: '00ff' },
    });
    expect(out).toBe('00ff');
    expect(err).toMatch(/^ {2}server public key, base64 \(\/0\/x\/4\) +MFkwEw==$/m);
    expect(err).toContain('it is shown this once');
  });

  it.each([
    [['--public-key', pem, '--ca', 'fleet'], 'one of: a PSK'],
    [['--identity', 'x', '--ca', 'fleet'], 'one of: a PSK'],
    [['--public-key', '/none'], 'Cannot read /none'],
    [['--until', 'tomorrow'], '"tomorrow" is no date'],
    [['--until', '2027-13-01'], 'is no date'],
  ])('%j is answered with exit code 2', async (options, text) => {
    const { code, err, calls } = await run(['credential', 'add', 'truck-1', ...options]);
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(err).toContain(text);
  });
});

describe('credential rotate, rm and ls', () => {
  it('name device and credential', async () => {
    const rotated = await run(['credential', 'rotate', 'truck-1', 'cred-1', '--public-key', pem], {
      'credentials.rotate': { credential, setup },
    });
    expect(rotated.calls).toEqual([
      {
        name: 'credentials.rotate',
        args: { params: { device: 'truck-1', id: 'cred-1' }, body: { publicKey: PEM } },
      },
    ]);
    const removed = await run(['credential', 'rm', 'truck-1', 'cred-1']);
    expect(removed).toMatchObject({ code: 0, err: 'Removed cred-1 of truck-1' });
  });

  it('is a table', async () => {
    const items = [{ ...credential, authority: 'fleet', validUntil: NOW + 86_400_000 }];
    const { out } = await run(['credential', 'ls', 'truck-1'], { 'credentials.list': { items } });
    const [head = '', row = ''] = out.split('\n');
    expect(head).toMatch(/^ID +KIND +IDENTITY +CA +ENDS +ADDED$/);
    expect(row).toMatch(/^cred-1 +raw-key +sha256:ab +fleet +in 1 d /);
  });
});

describe('ca', () => {
  const authority: Authority = {
    authorityId: 'ca-1',
    name: 'fleet',
    subject: 'CN=Fleet',
    fingerprint: 'ab',
    notAfter: NOW + 86_400_000,
    mapping: 'cn',
    devices: 3,
    revocation: { state: 'stale', revoked: 2, lastError: 'answered 503' },
    createdAt: NOW,
  };

  it('add takes a list by URL or from a file', async () => {
    const args = async (crl: string) =>
      (await run(['ca', 'add', pem, '--crl', crl], { 'authorities.add': authority })).calls[0]?.args;
    const body = { certificate: PEM, mapping: 'cn' };
    const url = 'https://pki.example/fleet.crl';
    expect(await args(url)).toEqual({ body: { ...body, revocation: { url } } });
    const list = Buffer.from(DER).toString('base64');
    expect(await args(der)).toEqual({ body: { ...body, revocation: { list } } });
  });

  it('set can stop the checking', async () => {
    const { calls } = await run(['ca', 'set', 'fleet', '--crl', 'none'], { 'authorities.change': authority });
    expect(calls[0]?.args).toEqual({ params: { id: 'fleet' }, body: { revocation: null } });
    expect((await run(['ca', 'set', 'fleet'])).code).toBe(2);
  });

  it('ls tells how the list stands', async () => {
    const { out } = await run(['ca', 'ls'], { 'authorities.list': { items: [authority] } });
    expect(out.split('\n')[1]).toMatch(/^fleet +CN=Fleet +cn +3 +in 1 d +stale +2 +answered 503$/);
  });
});

it('certificate admit needs a date and a reason', async () => {
  expect((await run(['certificate', 'admit', 'truck-1', '--until', '2027-02-01'])).code).toBe(2);
  const until = Date.UTC(2027, 1, 1);
  const { calls, err } = await run(
    ['certificate', 'admit', 'truck-1', '--until', '2027-02-01', '--reason', 'on its way'],
    { 'admissions.set': { endpoint: 'truck-1', until } },
  );
  expect(calls[0]?.args).toEqual({ params: { device: 'truck-1' }, body: { until, reason: 'on its way' } });
  expect(err).toContain('2027-02-01T00:00:00.000Z');
});

it('server identity shows what devices have to know', async () => {
  const { out } = await run(['server', 'identity'], {
    'server.identity': { rawKey: { publicKey: 'MFkw', fingerprint: 'ab12' }, certificates: [] },
  });
  expect(out).toContain('public key, base64 (/0/x/4)  MFkw');
  expect(out).toContain('ab12');
  expect(out).toContain('serve --config');
});
