import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialAdd } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue, newKeys, pem, spkiOf, type TestIdentity } from '../packages/dtls/src/x509/testing.ts';
import { type LeshanDeviceOptions, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { Relay } from './relay.ts';

const ENDPOINT = 'truck-1';
const params = { device: ENDPOINT };

/** Devices that nobody here wrote, with everything that LwM2M lets them prove themselves with. */
describe.skipIf(!leshanAvailable())('A Leshan device', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-credentials-'));
  const ca = issue({ subject: 'Trucks CA', ca: true });
  const serverCertificate = issue({ subject: 'localhost', dns: ['localhost'] });
  const serverFiles = saved('server', serverCertificate);
  let server: TestServer;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    server = await TestServer.start({ identities: [serverFiles] });
    const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' as const };
    await server.api('authorities.add', { body });
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await server.api('devices.remove', { params });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  function saved(name: string, identity: TestIdentity) {
    const certificate = file(`${name}.pem`, identity.pem.chain);
    return { certificate, key: file(`${name}.key`, identity.pem.privateKey) };
  }

  /** Adds the device, and lets it connect. */
  async function connect(credential: CredentialAdd, options: Omit<LeshanDeviceOptions, 'server' | 'endpoint'>) {
    await server.api('devices.add', { body: { endpoint: ENDPOINT, credential } });
    const relay = await Relay.open(server.ready.coapsPort);
    open.push(relay);
    const device = await startLeshanDevice({
      server: `coaps://localhost:${relay.port}`,
      endpoint: ENDPOINT,
      ...options,
    });
    open.push({ close: () => device.kill() });
    await device.waitFor(({ event }) => event === 'registered', 30_000);
    return { device, relay };
  }

  /** The server asks the device, which answers. */
  async function manufacturer(): Promise<unknown> {
    const operation = { kind: 'read' as const, path: '/3/0/0' };
    const { values } = await server.api('commands.create', { params, query: { wait: 20 }, body: { operation } });
    return values?.[0]?.value;
  }

  async function rawKey() {
    const keys = newKeys.p256();
    const identity = await server.api('server.identity', {});
    const publicKey = pem('PUBLIC KEY', spkiOf(keys.publicKey));
    return {
      credential: { kind: 'raw-key', publicKey } satisfies CredentialAdd,
      options: {
        rawKey: {
          privateKey: file('device.key', keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
          publicKey: file('device.pub', publicKey),
          serverKey: file('server.pub', pem('PUBLIC KEY', Buffer.from(identity.rawKey.publicKey, 'base64'))),
        },
      },
    };
  }

  function certified(identity: TestIdentity) {
    const { certificate, key } = saved('device', identity);
    return { certificate: { privateKey: key, certificate, serverCertificate: serverFiles.certificate } };
  }

  it('registers with its raw public key, and is asked', async () => {
    const { credential, options } = await rawKey();
    await connect(credential, options);
    expect(await manufacturer()).toEqual(expect.any(String));
  });

  it('registers with exactly its certificate', async () => {
    const identity = issue({ subject: 'anything' });
    await connect({ kind: 'certificate', certificate: identity.pem.certificate }, certified(identity));
    expect(await manufacturer()).toEqual(expect.any(String));
  });

  it('registers with a certificate under an authority, by the name in it', async () => {
    const identity = issue({ subject: ENDPOINT, issuer: ca });
    await connect({ kind: 'certificate', authority: 'Trucks' }, certified(identity));
    expect(await manufacturer()).toEqual(expect.any(String));
  });

  it('is cut off when its credential is taken away, and stays out', async () => {
    const { credential, options } = await rawKey();
    const { device } = await connect(credential, options);
    const { credentials } = await server.api('devices.show', { params });
    const [only] = credentials;
    if (only === undefined) throw new Error('no credential');
    await server.api('credentials.remove', { params: { ...params, id: only.credentialId } });
    await device.waitFor(({ event }) => event === 'update-failed' || event === 'registration-failed', 60_000);
    await until('the refusal is told', async () => {
      const { items } = await server.api('handshakes.list', { query: { check: 'unknown-identity' } });
      return items.length > 0;
    });
  });

  it('keeps its session when its address changes: the server follows by the Connection ID', async () => {
    const key = Buffer.alloc(16, 7);
    const { device, relay } = await connect(
      { kind: 'psk', identity: ENDPOINT, key: key.toString('hex') },
      { psk: { identity: ENDPOINT, key }, period: 1 },
    );
    const hellos = relay.clientHellos;
    await relay.move();
    await until('the server has the new address', async () => {
      const { sessions } = await server.api('devices.show', { params });
      return sessions[0]?.address === `127.0.0.1:${relay.outerPort}`;
    });
    expect(await manufacturer()).toEqual(expect.any(String));
    await device.waitFor(({ event }) => event === 'updated', 30_000);
    expect(relay.clientHellos).toBe(hellos);
  });
});
