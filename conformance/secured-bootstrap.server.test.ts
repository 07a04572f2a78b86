import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialAdd } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer } from '../e2e/harness.ts';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { type LeshanDeviceOptions, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { judge } from './suite.ts';

/** Cases that need keys are played with a Leshan device. */
describe.skipIf(!leshanAvailable())('bootstrap and registration, both secured', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-int-'));
  const own = issue({ subject: 'anything' });
  const shown = issue({ subject: 'localhost', dns: ['localhost'] });
  const identity = { certificate: file('server.pem', shown.pem.chain), key: file('server.key', shown.pem.privateKey) };
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true, identities: [identity] });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Switches a device on that has one credential, and expects it to register with another one of the same kind. */
  async function play(
    endpoint: string,
    credential: CredentialAdd & { kind: 'psk' | 'certificate' },
    options: (key: string) => Pick<LeshanDeviceOptions, 'psk' | 'certificate'>,
  ): Promise<void> {
    const { kind } = credential;
    const body = { accounts: [{ shortServerId: 101, security: kind }] };
    await server.api('bootstrap.set-template', { params: { name: 'default' }, body });
    const { key = '' } = await server.api('devices.add', { body: { endpoint, credential } });
    const device = await startLeshanDevice({ server: server.bootstrap, bootstrap: true, endpoint, ...options(key) });
    try {
      await device.waitFor(({ event }) => event === 'registered', 30_000);
      const { registration, credentials } = await server.api('devices.show', { params: { device: endpoint } });
      const made = credentials.find(({ purpose }) => purpose === 'management');
      expect(registration).toMatchObject({ security: kind, identity: made?.identity });
      const { items } = await server.api('bootstrap.list', { query: { device: endpoint } });
      expect(items.map(({ state }) => state)).toEqual(['finished']);
    } finally {
      await device.kill();
    }
  }

  judge('server', '1.1-int-1', () =>
    play('int-1', { kind: 'psk', purpose: 'bootstrap' }, (key) => ({
      psk: { identity: 'int-1', key: Buffer.from(key, 'hex') },
    })),
  );

  judge('server', '1.1-int-2', () =>
    play('int-2', { kind: 'certificate', purpose: 'bootstrap', certificate: own.pem.certificate }, () => ({
      certificate: {
        privateKey: file('own.key', own.pem.privateKey),
        certificate: file('own.pem', own.pem.chain),
        serverCertificate: identity.certificate,
      },
    })),
  );
});
