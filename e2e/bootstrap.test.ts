import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootstrapTemplate, CredentialAdd } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue, newKeys, pem, spkiOf } from '../packages/dtls/src/x509/testing.ts';
import {
  type LeshanDevice,
  type LeshanDeviceOptions,
  leshanAvailable,
  startLeshanDevice,
} from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';

const endpoint = 'leshan-1';
const params = { device: endpoint };

/** Devices from the factory to registered, with a client that nobody here wrote. */
describe.skipIf(!leshanAvailable())(
  'a Leshan device that knows the bootstrap server alone',
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-bootstrap-'));
    const certificate = issue({ subject: 'localhost', dns: ['localhost'] });
    const identity = {
      certificate: file('server.pem', certificate.pem.chain),
      key: file('server.key', certificate.pem.privateKey),
    };
    let server: TestServer;
    let device: LeshanDevice | undefined;

    beforeAll(async () => {
      server = await TestServer.start({ bootstrap: true, noSec: true, identities: [identity] });
    });
    afterEach(async () => {
      await device?.kill();
      await server.api('devices.remove', { params });
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

    const template = (body: BootstrapTemplate) =>
      server.api('bootstrap.set-template', { params: { name: 'default' }, body });

    /** Adds the device, and switches it on until it has registered. */
    async function connect(
      credential: CredentialAdd | undefined,
      options: Omit<LeshanDeviceOptions, 'server' | 'endpoint'>,
      at = server.bootstrap,
    ): Promise<void> {
      const added = await server.api('devices.add', {
        body: { endpoint, site: 'Reno', ...(credential ? { credential } : { noSec: true }) },
      });
      const psk =
        credential?.kind === 'psk' ? { identity: endpoint, key: Buffer.from(added.key ?? '', 'hex') } : undefined;
      device = await startLeshanDevice({
        server: at,
        bootstrap: true,
        endpoint,
        period: 1,
        ...(psk && { psk }),
        ...options,
      });
      await device.waitFor(({ event }) => event === 'registered', 30_000);
    }

    /** The same for one that comes with a certificate. */
    function connectCertified(): Promise<void> {
      const own = issue({ subject: 'anything' });
      return connect(
        { kind: 'certificate', purpose: 'bootstrap', certificate: own.pem.certificate },
        {
          certificate: {
            privateKey: file('own.key', own.pem.privateKey),
            certificate: file('own.pem', own.pem.chain),
            serverCertificate: identity.certificate,
          },
        },
        server.bootstrap.replace('127.0.0.1', 'localhost'),
      );
    }

    const detail = () => server.api('devices.show', { params });
    const managing = async () => (await detail()).credentials.filter(({ purpose }) => purpose === 'management');
    const steps = async () => {
      const { items } = await server.api('bootstrap.list', { query: { device: endpoint } });
      expect(items[0]?.state).toBe('finished');
      return items[0]?.steps.map(({ operation, path = '', code }) => `${operation} ${path} ${code ?? ''}`.trim());
    };

    it('1.0-int-0, 1.1-int-1: is given an account, and registers with a pre-shared key of its own', async () => {
      await connect({ kind: 'psk', purpose: 'bootstrap' }, {});
      expect(await steps()).toEqual([
        'request',
        'discover / 2.05',
        'delete /0 2.02',
        'delete /1 2.02',
        'write /0/1 2.04',
        'write /1/0 2.04',
        'finish  2.04',
      ]);
      const { registration } = await detail();
      expect((await managing()).map((each) => each.identity)).toEqual([registration?.identity]);
    });

    it('1.1-int-5: gets another key when the server has it bootstrapped again', async () => {
      await connect({ kind: 'psk', purpose: 'bootstrap' }, {});
      const [before] = await managing();
      const operation = { kind: 'execute', path: '/1/0/9' } as const;
      await server.api('commands.create', { params, body: { operation } });
      const after = await until('the key is exchanged', async () => {
        const now = await managing();
        return now.length === 1 && now[0]?.credentialId !== before?.credentialId && now[0];
      });
      expect((await detail()).registration?.identity).toBe(after.identity);
    });

    it('gets another key for the bootstrap server too, with which it comes the next time', async () => {
      await template({ accounts: [{ shortServerId: 1 }], renewBootstrapKey: true });
      await connect({ kind: 'psk', purpose: 'bootstrap' }, {});
      const sessions = async () => (await server.api('bootstrap.list', { query: { device: endpoint } })).items;
      const operation = { kind: 'execute', path: '/1/0/9' } as const;
      await server.api('commands.create', { params, body: { operation } });
      const again = await until('it comes again', async () => {
        const [newest, ...before] = await sessions();
        return before.length > 0 && newest?.state === 'finished' && newest;
      });
      expect(again.identity).not.toBe(endpoint);
      const keys = (await detail()).credentials.filter(({ purpose }) => purpose === 'bootstrap');
      expect(keys.map(({ identity: each }) => each)).not.toContain(endpoint);
    });

    it('1.1-int-4, 1.1-int-8: has everything deleted but its bootstrap account, and is read back', async () => {
      await template({ accounts: [{ shortServerId: 9, lifetime: 77 }], clear: 'all', verify: true });
      await connect({ kind: 'psk', purpose: 'bootstrap' }, {});
      expect(await steps()).toEqual([
        'request',
        'discover / 2.05',
        'delete / 2.02',
        'write /0/1 2.04',
        'write /1/0 2.04',
        'read /1 2.05',
        'finish  2.04',
      ]);
      expect((await detail()).registration?.lifetime).toBe(77);
    });

    it('comes with a raw public key, and is given another one to register with', async () => {
      await template({ accounts: [{ shortServerId: 1, security: 'raw-key' }] });
      const keys = newKeys.p256();
      const publicKey = pem('PUBLIC KEY', spkiOf(keys.publicKey));
      const { rawKey } = await server.api('server.identity', {});
      await connect(
        { kind: 'raw-key', purpose: 'bootstrap', publicKey },
        {
          rawKey: {
            privateKey: file('device.key', keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
            publicKey: file('device.pub', publicKey),
            serverKey: file('server.pub', pem('PUBLIC KEY', Buffer.from(rawKey.publicKey, 'base64'))),
          },
        },
      );
      const [made] = await managing();
      expect(made?.kind).toBe('raw-key');
      expect((await detail()).registration).toMatchObject({ security: 'raw-key', identity: made?.identity });
    });

    it('1.1-int-2: comes with a certificate, and is given another one to register with', async () => {
      await template({ accounts: [{ shortServerId: 1, security: 'certificate' }] });
      await connectCertified();
      const [made] = await managing();
      expect(made?.kind).toBe('certificate');
      expect((await detail()).registration).toMatchObject({ security: 'certificate', identity: made?.identity });
    });

    it('comes with a certificate, and is given a pre-shared key', async () => {
      await template({ accounts: [{ shortServerId: 1 }] });
      await connectCertified();
      expect((await detail()).registration?.security).toBe('psk');
    });

    it('comes without DTLS where that is allowed, and is given an account without DTLS', async () => {
      await template({ accounts: [{ shortServerId: 1, security: 'none' }] });
      await connect(undefined, {}, server.plainBootstrap);
      expect((await detail()).secure).toBe(false);
    });

    it('is written the values of its deployment once it has registered', async () => {
      await template({ accounts: [{ shortServerId: 1 }], values: [{ path: '/33000/0/0', value: '{site}' }] });
      await connect({ kind: 'psk', purpose: 'bootstrap' }, {});
      const written = await until('it is written', async () => {
        const { items } = await server.api('commands.list', { query: { device: endpoint } });
        return items.find(({ state }) => state === 'answered');
      });
      expect(written).toMatchObject({ actor: { name: 'deployment' }, code: '2.04' });
      const operation = { kind: 'read', path: '/33000/0/0' } as const;
      const { values } = await server.api('commands.create', { params, query: { wait: 20 }, body: { operation } });
      expect(values?.[0]?.value).toBe('Reno');
    });
  },
);
