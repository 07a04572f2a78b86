import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailedHandshake } from '@reeve/contract';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue, issueCrl, pem, type TestIdentity } from '../packages/dtls/src/x509/testing.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { TestServer } from './harness.ts';

const CHROMIUM = '/usr/bin/chromium';
const DAY_MS = 24 * 3_600_000;
const TRIES = 100;
const PAUSE_MS = 100;

/** Every way to fail that a foreign client can be talked into, and what an operator reads of it. */
describe.skipIf(!hasPeer('OpenSSL', ['openssl', 'version']))('a handshake that fails', { timeout: 60_000 }, () => {
  const ca = issue({ subject: 'Trucks CA', ca: true });
  const now = Date.now();
  let server: TestServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-openssl-'));
    const identity = saved('server', issue({ subject: 'lwm2m.example' }));
    server = await TestServer.start({ identities: [identity] });
    await server.api('devices.add', { body: { endpoint: 'truck-1', key: '00'.repeat(16) } });
    await server.api('authorities.add', { body: { certificate: ca.pem.certificate, name: 'Trucks' } });
    await server.api('devices.add', {
      body: { endpoint: 'truck-2', credential: { kind: 'certificate', authority: 'Trucks' } },
    });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The record of one attempt by OpenSSL. */
  async function failure(check: string, ...options: readonly string[]): Promise<FailedHandshake> {
    const to = `127.0.0.1:${server.ready.coapsPort}`;
    const before = Date.now();
    const client = spawnChild('openssl', ['s_client', '-connect', to, '-quiet', ...options]);
    try {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const { items } = await server.api('handshakes.list', { query: { check } });
        const [newest] = items;
        if (newest && newest.lastAt >= before) return newest;
        await sleep(PAUSE_MS);
      }
      const { items } = await server.api('handshakes.list', {});
      throw new Error(`no ${check}; there is ${JSON.stringify(items)}`);
    } finally {
      killGroup(client);
    }
  }

  const psk = (identity: string, key: string) => ['-dtls1_2', '-psk_identity', identity, '-psk', key];
  const ecdsa = ['-dtls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'];

  /** The options for a certificate. */
  function presenting(name: string, identity: TestIdentity): string[] {
    const { certificate, key } = saved(name, identity);
    return [...ecdsa, '-cert', certificate, '-key', key];
  }

  function saved(name: string, { pem }: TestIdentity) {
    const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    writeFileSync(files.certificate, pem.chain);
    writeFileSync(files.key, pem.privateKey, { mode: 0o600 });
    return files;
  }

  it('tells an unknown identity', async () => {
    const failed = await failure('unknown-identity', ...psk('stranger', '11'.repeat(16)), '-cipher', 'PSK-AES128-CCM8');
    expect(failed).toMatchObject({
      address: '127.0.0.1',
      listener: `coaps://127.0.0.1:${server.ready.coapsPort}`,
      stage: 'dtls',
      presented: { kind: 'psk', identity: 'stranger' },
    });
    expect(failed.device).toBeUndefined();
    expect(failed.steps.join()).toContain('reeve device add');
  });

  it('tells a wrong key, and whose it should be', async () => {
    const failed = await failure('wrong-key', ...psk('truck-1', '11'.repeat(16)), '-cipher', 'PSK-AES128-CCM8');
    expect(failed).toMatchObject({
      presented: { kind: 'psk', identity: 'truck-1' },
      device: { endpoint: 'truck-1' },
      steps: expect.arrayContaining([expect.stringContaining('reeve device key truck-1')]),
    });
  });

  it('tells what each side offers', async () => {
    const cbc = 'TLS_PSK_WITH_AES_128_CBC_SHA256';
    const failed = await failure(
      'no-common-suite',
      ...psk('truck-1', '00'.repeat(16)),
      '-cipher',
      'PSK-AES128-CBC-SHA256',
    );
    expect(failed.offered?.join()).toContain(cbc);
    expect(failed.wanted).toContain('TLS_PSK_WITH_AES_128_CCM_8');
    expect(failed.wanted).not.toContain(cbc);
  });

  it('tells an unknown CA, and its name', async () => {
    const stranger = issue({ subject: 'truck-2', issuer: issue({ subject: 'Nobody’s CA', ca: true }) });
    const failed = await failure('unknown-ca', ...presenting('unknown', stranger));
    expect(failed).toMatchObject({
      presented: { kind: 'certificate', subject: 'CN=truck-2', issuer: 'CN=Nobody’s CA' },
      device: { endpoint: 'truck-2' },
    });
  });

  it('tells an expired certificate, and what our clock says', async () => {
    const notAfter = Math.floor((now - DAY_MS) / 1000) * 1000;
    const expired = issue({ subject: 'truck-2', issuer: ca, serial: 0x0bad, notAfter });
    const failed = await failure('expired-certificate', ...presenting('expired', expired));
    expect(failed).toMatchObject({ presented: { kind: 'certificate', serial: '0bad', notAfter } });
    expect(failed.lastAt).toBeGreaterThanOrEqual(now);
  });

  it('tells a certificate that is not valid yet', async () => {
    const early = issue({ subject: 'truck-2', issuer: ca, notBefore: now + DAY_MS });
    expect(await failure('not-yet-valid', ...presenting('early', early))).toMatchObject({
      device: { endpoint: 'truck-2' },
    });
  });

  it('tells a certificate that leads to no device', async () => {
    const nobody = issue({ subject: 'truck-3', issuer: ca });
    expect(await failure('unknown-identity', ...presenting('nobody', nobody))).toMatchObject({
      presented: { kind: 'certificate', names: ['truck-3'] },
    });
  });

  it('tells a revoked certificate', async () => {
    const revoked = issue({ subject: 'truck-2', issuer: ca, serial: 0x0bad01 });
    const list = pem('X509 CRL', issueCrl({ issuer: ca, thisUpdate: now - DAY_MS, revoked: [{ serial: 0x0bad01 }] }));
    await server.api('authorities.change', { params: { id: 'Trucks' }, body: { revocation: { list } } });
    expect(await failure('revoked', ...presenting('revoked', revoked))).toMatchObject({
      presented: { kind: 'certificate', serial: '0bad01' },
    });
  });

  it('tells a device without a certificate', async () => {
    expect(await failure('no-certificate', ...ecdsa)).toMatchObject({ stage: 'dtls' });
  });

  it('tells what groups each side offers', async () => {
    const failed = await failure('no-common-group', ...ecdsa, '-groups', 'P-521');
    expect(failed.offered?.join()).toMatch(/^group 25$/);
    expect(failed.wanted).toContain('secp256r1');
  });

  it('tells which alert of the device means what', async () => {
    const other = saved('other', issue({ subject: 'Another CA', ca: true }));
    const failed = await failure('alert', ...ecdsa, '-verify_return_error', '-CAfile', other.certificate);
    expect(failed.alert).toEqual({
      name: 'unknown_ca',
      meaning: expect.stringContaining('does not know the authority'),
    });
  });

  it('tells an old version of DTLS', async () => {
    const options = ['-dtls1', '-cipher', 'ALL:@SECLEVEL=0'];
    expect((await failure('unsupported-version', ...options)).stage).toBe('dtls');
  });

  it.skipIf(!hasPeer('Chromium', [CHROMIUM, '--version']))(
    'stands in the console, and first on the page of its device',
    async () => {
      const browser = await chromium.launch({ executablePath: CHROMIUM });
      const page = await browser.newPage();
      const { url } = await server.api('people.link', { params: { id: 'admin' } });
      await page.goto(url);
      await page.getByRole('link', { name: 'Connections' }).click();
      const cards = page.getByTestId('handshake');
      await cards.filter({ hasText: 'identity stranger' }).filter({ hasText: 'reeve device add' }).waitFor();
      await page.getByRole('combobox', { name: 'Check that failed' }).click();
      await page.getByRole('option', { name: 'Wrong key' }).click();
      await cards.filter({ hasText: 'identity stranger' }).waitFor({ state: 'detached' });
      await cards.filter({ hasText: 'reeve device key truck-1' }).getByText('Details').click();
      await page.getByRole('link', { name: 'truck-1' }).click();
      await page.getByTestId('verdict').waitFor();
      const sections = await page.getByRole('region').evaluateAll((all) => all.map((each) => each.ariaLabel));
      expect(sections[0]).toBe('Why can’t it connect?');
      await browser.close();
    },
  );

  it('is counted by check', async () => {
    const { failed, established } = await server.api('handshakes.counters');
    expect(failed.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['unknown-identity', 'wrong-key', 'no-common-suite', 'unknown-ca', 'expired-certificate']),
    );
    expect(established).toEqual([]);
  });
});
