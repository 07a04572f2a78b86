import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { issue, newKeys, pem, type TestIdentity } from '../../../dtls/src/x509/testing.ts';
import { sha256 } from '../registry/proofs.ts';
import { call, openTestCore, START, type TestCore } from '../test-core.ts';

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'reeve-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** Files of a server's certificate. */
function files(identity: TestIdentity, serverNames?: string[]) {
  count += 1;
  const paths = { certificate: join(folder, `${count}.pem`), key: join(folder, `${count}.key`) };
  write(paths, identity);
  return { ...paths, ...(serverNames ? { serverNames } : {}) };
}
function write({ certificate, key }: { certificate: string; key: string }, { pem }: TestIdentity): void {
  writeFileSync(certificate, pem.chain);
  writeFileSync(key, pem.privateKey);
}

const handed = (core: TestCore) => core.sentOf('identities').at(-1)?.identities ?? [];
const shown = (core: TestCore) => core.handlers['server.identity'](call());

describe('the raw key of the server', () => {
  it('is made at the first start, sealed, and the same ever after', async () => {
    const core = await openTestCore();
    const { rawKey } = await shown(core);
    const [identity] = handed(core);
    expect(identity?.rawKey && Buffer.from(identity.rawKey).toString('base64')).toBe(rawKey.publicKey);
    expect(rawKey.fingerprint).toBe(sha256(Buffer.from(rawKey.publicKey, 'base64')));
    const [row] = await core.store.list('serverKeys');
    const { privateKey = new Uint8Array() } = identity ?? {};
    expect(Buffer.from(row?.sealedKey ?? []).includes(Buffer.from(privateKey))).toBe(false);
    const again = await openTestCore({ store: core.store });
    expect(await shown(again)).toEqual(await shown(core));
    expect(await again.journal('server.key-replaced')).toEqual([]);
  });

  it('that cannot be opened is made anew, and the journal tells', async () => {
    const core = await openTestCore();
    const [row] = await core.store.list('serverKeys');
    if (!row) throw new Error('not stored');
    const sealedKey = Buffer.from(row.sealedKey);
    sealedKey.writeUInt8(sealedKey.readUInt8(40) ^ 1, 40);
    await core.store.commit({ changes: [{ put: 'serverKeys', row: { ...row, sealedKey } }] });
    const again = await openTestCore({ store: core.store });
    const { rawKey } = await shown(again);
    expect(rawKey).not.toEqual((await shown(core)).rawKey);
    expect(await again.journal('server.key-replaced')).toMatchObject([
      { payload: { fingerprint: rawKey.fingerprint } },
    ]);
  });
});

describe('the certificates of the server', () => {
  it('go to the link with their names, beside the raw key', async () => {
    const root = issue({ subject: 'Root', ca: true });
    const middle = issue({ subject: 'Middle', ca: true, issuer: root });
    const server = issue({ subject: 'reeve.example', issuer: middle });
    const core = await openTestCore({ trusting: { files: [files(server, ['reeve.example'])] } });
    const [raw, certified] = handed(core);
    expect(raw?.rawKey).toBeDefined();
    expect(certified?.serverNames).toEqual(['reeve.example']);
    expect(certified?.certificates?.map(sha256)).toEqual(server.chain.map(sha256));
    const { certificates } = await shown(core);
    expect(certificates).toMatchObject([{ subject: 'CN=reeve.example', fingerprint: sha256(server.certificate) }]);
    expect(JSON.stringify(certificates)).not.toContain('PRIVATE');
  });

  it('are read again when their files change, without a restart', async () => {
    const paths = files(issue({ subject: 'first' }));
    const core = await openTestCore({ trusting: { files: [paths] } });
    await core.trust.identities.refresh(START);
    expect(core.sentOf('identities')).toHaveLength(1);
    const second = issue({ subject: 'second and longer' });
    write(paths, second);
    await core.trust.identities.refresh(START);
    expect(handed(core)[1]?.certificates?.map(sha256)).toEqual([sha256(second.certificate)]);
    const [entry] = await core.journal('server.certificate-loaded');
    expect(entry?.payload).toMatchObject({ subject: 'CN=second and longer' });
    await core.trust.identities.refresh(START, true);
    expect(core.sentOf('identities')).toHaveLength(2);
  });

  it('go to the link again when only the chain above them changed', async () => {
    const root = issue({ subject: 'Root', ca: true });
    const middle = issue({ subject: 'Middle', ca: true, issuer: root });
    const server = issue({ subject: 'reeve.example', issuer: middle });
    const paths = files(server);
    writeFileSync(paths.certificate, server.pem.certificate);
    const core = await openTestCore({ trusting: { files: [paths] } });
    expect(handed(core)[1]?.certificates).toHaveLength(1);
    write(paths, server);
    await core.trust.identities.refresh(START);
    expect(handed(core)[1]?.certificates?.map(sha256)).toEqual(server.chain.map(sha256));
  });

  it('stay as they were while a file cannot be used; people are told once, and when it is well again', async () => {
    const first = issue({ subject: 'first' });
    const paths = files(first);
    const core = await openTestCore({ trusting: { files: [paths] } });
    writeFileSync(paths.key, issue({ subject: 'other' }).pem.privateKey);
    for (const at of [START, START + 1]) await core.trust.identities.refresh(at, true);
    expect((await shown(core)).certificates).toMatchObject([
      { fingerprint: sha256(first.certificate), lastError: expect.stringContaining('is not the key of') },
    ]);
    expect(core.sentOf('identities')).toHaveLength(1);
    expect(await core.journal('server.certificate-alarm')).toHaveLength(1);
    expect(core.trust.warnings(START)).toEqual([expect.stringContaining('could not be read again')]);
    write(paths, first);
    await core.trust.identities.refresh(START, true);
    expect((await shown(core)).certificates[0]?.lastError).toBeUndefined();
    expect(core.trust.warnings(START)).toEqual([]);
  });

  it('that end within 30 days are told of, once', async () => {
    const core = await openTestCore({
      trusting: { files: [files(issue({ subject: 's', notAfter: START + 40 * DAY }))] },
    });
    await core.trust.identities.refresh(START);
    expect(await core.journal('server.certificate-alarm')).toEqual([]);
    expect(core.trust.warnings(START)).toEqual([]);
    for (const day of [11, 12]) await core.trust.identities.refresh(START + day * DAY);
    expect(await core.journal('server.certificate-alarm')).toMatchObject([
      { payload: { reason: expect.stringMatching(/^CN=s expires on 2027-02-/) } },
    ]);
    expect(core.trust.warnings(START + 11 * DAY)).toHaveLength(1);
  });

  it.each([
    ['a missing file', () => ({ ...files(issue()), certificate: '/none.pem' }), /none\.pem/],
    ['a key of another certificate', () => ({ ...files(issue()), key: files(issue()).key }), /is not the key of/],
    [
      'a chain that TLS can not use',
      () => {
        const server = issue();
        return files({
          ...server,
          pem: { ...server.pem, chain: server.pem.chain + pem('CERTIFICATE', Buffer.alloc(9)) },
        });
      },
      /can't be used/,
    ],
    ['an RSA key', () => files(issue({ keys: newKeys.rsa() })), /no ECDSA key/],
    [
      'a file without a certificate',
      () => ({ ...files(issue()), certificate: files(issue()).key }),
      /holds no certificate/,
    ],
    ['a file without a key', () => ({ ...files(issue()), key: files(issue()).certificate }), /holds no private key/],
  ])('keep the server from starting with %s', async (_, made, error) => {
    await expect(openTestCore({ trusting: { files: [made()] } })).rejects.toThrow(error);
  });
});
