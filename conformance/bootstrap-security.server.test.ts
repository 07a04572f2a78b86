import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootstrapTemplate, CredentialAdd } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { aiocoapBuild } from '../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../peers/aiocoap/program.ts';
import { type LeshanDeviceOptions, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { judge } from './suite.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';

/** Bootstrap, and registration after it, as each is secured: with devices that nobody here wrote. */
describe('bootstrap, secured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-conformance-'));
  const certificate = issue({ subject: 'localhost', dns: ['localhost'] });
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const files = { certificate: file('server.pem', certificate.pem.chain), key: '' };
  const open: { close(): unknown }[] = [];
  let server: TestServer;

  beforeAll(async () => {
    const identity = { ...files, key: file('server.key', certificate.pem.privateKey) };
    server = await TestServer.start({ bootstrap: true, noSec: true, identities: [identity] });
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Adds a device of a group that is given this. */
  const add = async (endpoint: string, credential: CredentialAdd, template: BootstrapTemplate) => {
    await server.api('bootstrap.set-template', { params: { name: endpoint }, body: template });
    return server.api('devices.add', { body: { endpoint, credential, labels: { group: endpoint } } });
  };
  const registration = async (device: string) =>
    (await server.api('devices.show', { params: { device } })).registration;
  const session = (device: string) =>
    until('the bootstrap is over', async () => {
      const { items } = await server.api('bootstrap.list', { query: { device } });
      return items.find(({ state }) => state !== 'running');
    });

  describe.skipIf(!leshanAvailable())('with Leshan', () => {
    const connect = async (endpoint: string, options: Omit<LeshanDeviceOptions, 'server' | 'endpoint'>) => {
      const uri = server.bootstrap.replace('127.0.0.1', 'localhost');
      const device = await startLeshanDevice({ server: uri, bootstrap: true, endpoint, ...options });
      open.push({ close: () => device.kill() });
      await device.waitFor(({ event }) => event === 'registered', 30_000);
    };

    judge('server', '1.1-int-1', async () => {
      const credential = { kind: 'psk', purpose: 'bootstrap' } as const;
      const { key = '' } = await add('int-1', credential, { accounts: [{ shortServerId: 1 }] });
      await connect('int-1', { psk: { identity: 'int-1', key: Buffer.from(key, 'hex') } });
      expect(await session('int-1')).toMatchObject({ state: 'finished', identity: 'int-1' });
      expect(await registration('int-1')).toMatchObject({ security: 'psk' });
    });

    judge('server', '1.1-int-2', async () => {
      const own = issue({ subject: 'anything' });
      const credential = { kind: 'certificate', purpose: 'bootstrap', certificate: own.pem.certificate } as const;
      await add('int-2', credential, { accounts: [{ shortServerId: 1, security: 'certificate' }] });
      const shown = { privateKey: file('own.key', own.pem.privateKey), certificate: file('own.pem', own.pem.chain) };
      await connect('int-2', { certificate: { ...shown, serverCertificate: files.certificate } });
      expect(await session('int-2')).toMatchObject({ state: 'finished' });
      expect(await registration('int-2')).toMatchObject({ security: 'certificate' });
    });
  });

  // Played as a Bootstrap-Pack: aiocoap is asked nothing that way, and the specification has both over OSCORE.
  describe.skipIf(!aiocoapBuild.isHere())('with aiocoap', () => {
    judge('server', '1.2-int-11', async () => {
      const ids = { senderId: '0b', salt: '9e7ca92223786340' };
      const credential = { kind: 'oscore', purpose: 'bootstrap', key: SECRET, oscore: ids } as const;
      const account = { shortServerId: 101, uri: 'coap://192.0.2.9', security: 'none' } as const;
      await add('int-11', credential, { accounts: [account] });
      const context = join(folder, 'context');
      mkdirSync(context);
      const secret = { secret_hex: SECRET, salt_hex: ids.salt, 'sender-id_hex': '0b', 'recipient-id_hex': '00' };
      writeFileSync(join(context, 'secret.json'), JSON.stringify(secret));
      const device = await AiocoapProgram.start(['--oscore', context, '--to', server.plainBootstrap]);
      open.push({ close: () => device.stop() });
      expect(await device.do('get /bspack?ep=int-11&acc=%3C/0/0%3E,%3C/21/0%3E')).toMatch(/^2\.05 /);
      expect(await session('int-11')).toMatchObject({ state: 'finished', pack: true });
    });
  });
});
