import { createSecretKey } from 'node:crypto';
import { type BootstrapOptions, type ObjectInstance, oscoreInstance } from '@reeve/agent';
import type { BootstrapTemplate, CredentialAdd } from '@reeve/contract';
import { simulate } from '@reeve/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newKeys, pem, spkiOf } from '../packages/dtls/src/x509/testing.ts';
import { TestServer, until } from './harness.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const endpoint = 'agent-1';
const params = { device: endpoint };

/** Our client from the factory to registered, with our own bootstrap server: what no foreign peer here speaks. */
describe('the LwM2M client and the bootstrap server', { timeout: 60_000 }, () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true, noSec: true });
  });
  afterEach(() => server.api('devices.remove', { params }));
  afterAll(() => server?.close());

  const template = (body: BootstrapTemplate) =>
    server.api('bootstrap.set-template', { params: { name: 'default' }, body });

  async function connect(
    credential: CredentialAdd,
    security: (key: Uint8Array) => Partial<BootstrapOptions>,
    version: '1.1' | '1.2',
    contextOf: (key: Uint8Array) => ObjectInstance[] = () => [],
  ) {
    const added = await server.api('devices.add', { body: { endpoint, credential } });
    const key = Buffer.from(added.key ?? '', 'hex');
    const bootstrap = { uri: server.bootstrap, ...security(key) };
    const running = await RunningClient.start(endpoint, [truckInstance(), ...contextOf(key)], { version, bootstrap });
    await running.registered();
    return running;
  }

  const psk = (key: Uint8Array) => ({ psk: { identity: Buffer.from(endpoint), key } });
  const detail = () => server.api('devices.show', { params });
  const operations = async () => {
    const { items } = await server.api('bootstrap.list', { query: { device: endpoint } });
    return items[0]?.steps.map(({ operation }) => operation);
  };

  it('1.2-int-12: is given everything in one pack', async () => {
    await template({ accounts: [{ shortServerId: 9, lifetime: 77 }] });
    const running = await connect({ kind: 'psk', purpose: 'bootstrap' }, psk, '1.2');
    expect(await operations()).toEqual(['request', 'pack']);
    expect((await detail()).registration).toMatchObject({ version: '1.2', lifetime: 77 });
    running.close();
  });

  it('1.1-int-1, 1.1-int-5: is written an account, and another one when the server has it bootstrapped again', async () => {
    await template({ accounts: [{ shortServerId: 1 }], verify: true });
    const running = await connect({ kind: 'psk', purpose: 'bootstrap' }, psk, '1.1');
    const before = (await detail()).registration?.identity;
    await server.api('commands.create', { params, body: { operation: { kind: 'execute', path: '/1/0/9' } } });
    await until(
      'it is registered again',
      async () => running.events.filter(({ kind }) => kind === 'registered').length === 2,
    );
    const kinds = running.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('boot'));
    expect(kinds).toEqual(['bootstrapping', 'bootstrapped', 'bootstrapping', 'bootstrapped']);
    await until('another key', async () => (await detail()).registration?.identity !== before);
    running.close();
  });

  it.each(['1.1', '1.2'] as const)(
    '1.2-int-11: comes over OSCORE and registers over it, as a device of %s',
    async (version) => {
      await template({ accounts: [{ shortServerId: 1, security: 'oscore' }] });
      const credential = { kind: 'oscore', purpose: 'bootstrap', oscore: { senderId: '0b' } } as const;
      const context = (key: Uint8Array) =>
        oscoreInstance({ masterSecret: createSecretKey(key), senderId: Buffer.of(0x0b), recipientId: Buffer.of(0) });
      const account = () => ({ uri: server.plainBootstrap, oscore: 0 });
      const running = await connect(credential, account, version, (key) => [context(key)]);
      expect((await operations())?.includes('pack')).toBe(version === '1.2');
      expect((await detail()).registration).toMatchObject({ security: 'oscore', version });
      expect(running.client.addresses).toMatchObject([{ to: `coap://127.0.0.1:${server.ready.coapPort}` }]);
      const { items } = await server.api('credentials.list', { params });
      expect(items.map(({ kind, purpose }) => `${kind} ${purpose}`).sort()).toEqual([
        'oscore bootstrap',
        'oscore management',
      ]);
      running.close();
    },
  );

  it('gives a virtual device its server', async () => {
    await template({ accounts: [{ shortServerId: 1, lifetime: 120 }] });
    const added = await server.api('devices.add', {
      body: { endpoint, credential: { kind: 'psk', purpose: 'bootstrap' } },
    });
    const device = {
      endpoint,
      ...psk(Buffer.from(added.key ?? '', 'hex')),
      position: { latitude: 39, longitude: -120 },
    };
    const simulation = await simulate({ server: server.bootstrap, bootstrap: true, devices: [device] });
    await until('it is registered', async () => (await detail()).registration?.lifetime === 120);
    await simulation.stop();
  });

  it('comes with a raw public key, and registers with one', async () => {
    await template({ accounts: [{ shortServerId: 1, security: 'raw-key' }] });
    const keys = newKeys.p256();
    const { rawKey } = await server.api('server.identity', {});
    const publicKey = spkiOf(keys.publicKey);
    const security = () => ({
      rawKey: { publicKey, privateKey: keys.privateKey, serverKey: Buffer.from(rawKey.publicKey, 'base64') },
    });
    const credential = { kind: 'raw-key', purpose: 'bootstrap', publicKey: pem('PUBLIC KEY', publicKey) } as const;
    const running = await connect(credential, security, '1.1');
    expect((await detail()).registration).toMatchObject({ security: 'raw-key' });
    running.close();
  });
});
