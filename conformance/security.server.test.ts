import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { CredentialAdd } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { InProcessServer } from '../e2e/in-process.ts';
import { issue, type TestIdentity } from '../packages/dtls/src/x509/testing.ts';
import { aiocoapBuild } from '../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../peers/aiocoap/program.ts';
import { type LeshanDeviceOptions, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { judge } from './suite.ts';

const KEY = 'sixteen letters.';
const SECRET = '000102030405060708090a0b0c0d0e0f';

/** Every case of security and of TCP, each with a device that nobody here wrote. */
describe('security', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-conformance-'));
  const ca = issue({ subject: 'Trucks CA', ca: true });
  const identity = issue({ subject: 'localhost', dns: ['localhost'] });
  const open: { close(): unknown }[] = [];
  let server: InProcessServer;

  beforeAll(async () => {
    const listen = ['coaps', 'coap', 'coaps+tcp', 'coap+tcp'] as const;
    server = await InProcessServer.start({ listen, identities: [{ identity }] });
    await server.api('authorities.add', { body: { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } });
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const add = (endpoint: string, credential?: CredentialAdd) =>
    server.api('devices.add', { body: { endpoint, ...(credential ? { credential } : { noSec: true }) } });
  const registration = async (device: string) =>
    (await server.api('devices.show', { params: { device } })).registration;
  const read = async (device: string) => {
    const operation = { kind: 'read', path: '/3/0/0' } as const;
    return server.api('commands.create', { params: { device }, query: { wait: 20 }, body: { operation } });
  };

  describe.skipIf(!leshanAvailable())('of datagrams, with Leshan', () => {
    const connect = async (endpoint: string, options: Omit<LeshanDeviceOptions, 'server' | 'endpoint'>) => {
      const uri = `coaps://localhost:${server.portOf('coaps')}`;
      const device = await startLeshanDevice({ server: uri, endpoint, ...options });
      open.push({ close: () => device.kill() });
      await device.waitFor(({ event }) => event === 'registered', 30_000);
      expect(await read(endpoint)).toMatchObject({ state: 'answered', code: '2.05' });
    };

    judge('server', '1.0-int-401', async () => {
      await add('int-401', { kind: 'psk', identity: 'int-401', key: SECRET });
      await connect('int-401', { psk: { identity: 'int-401', key: Buffer.from(SECRET, 'hex') } });
      expect(await registration('int-401')).toMatchObject({ security: 'psk', binding: 'U' });
    });

    judge('server', '1.1-int-402', async () => {
      const own = issue({ subject: 'int-402', issuer: ca });
      await add('int-402', { kind: 'certificate', authority: 'Trucks' });
      const certificate = {
        privateKey: file('402.key', own.pem.privateKey),
        certificate: file('402.pem', own.pem.chain),
        serverCertificate: file('server.pem', identity.pem.chain),
      };
      await connect('int-402', { certificate });
      expect(await registration('int-402')).toMatchObject({ security: 'certificate', binding: 'U' });
    });
  });

  for (const client of ['coap-client-openssl', 'coap-client-gnutls']) {
    describe.skipIf(!hasPeer(client, ['sh', '-c', `command -v ${client}`]))(`of connections, with ${client}`, () => {
      /** Registers; what libcoap prints is what went wrong. */
      const register = async (endpoint: string, shows: readonly string[]) => {
        const query = ['lwm2m=1.1', 'lt=300', 'b=T', `ep=${endpoint}`].join('&');
        const uri = `coaps+tcp://127.0.0.1:${server.portOf('coaps+tcp')}/rd?${query}`;
        const child = spawnChild(client, [...shows, '-m', 'post', '-t', '40', '-e', '</1/0>,</3/0>', uri]);
        open.push({ close: () => killGroup(child) });
        if (!child.stdout || !child.stderr) throw new Error('no output');
        const said = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
        expect(said.slice(0, 2)).toEqual(['', '']);
      };

      judge('server', '1.1-int-404', async () => {
        const endpoint = `int-404-${client}`;
        const { pem }: TestIdentity = issue({ subject: endpoint, issuer: ca });
        await add(endpoint, { kind: 'certificate', authority: 'Trucks', name: endpoint });
        await register(endpoint, ['-c', file('404.pem', pem.chain), '-j', file('404.key', pem.privateKey), '-n']);
        expect(await registration(endpoint)).toMatchObject({ security: 'certificate', binding: 'T' });
      });

      judge('server', '1.1-int-406', async () => {
        const endpoint = `int-406-${client}`;
        await add(endpoint, { kind: 'psk', identity: endpoint, key: Buffer.from(KEY).toString('hex') });
        await register(endpoint, ['-u', endpoint, '-k', KEY]);
        expect(await registration(endpoint)).toMatchObject({ security: 'psk', binding: 'T' });
      });
    });
  }

  describe.skipIf(!aiocoapBuild.isHere())('with aiocoap', () => {
    const connect = async (options: readonly string[]) => {
      const program = await AiocoapProgram.start(options);
      open.push({ close: () => program.stop() });
      await program.do('set /3/0/0 aiocoap');
      return program;
    };

    judge('server', '1.1-int-106', async () => {
      await add('int-106');
      const device = await connect(['--transport', 'tcp', '--to', `coap+tcp://127.0.0.1:${server.portOf('coap+tcp')}`]);
      const links = '</1/0>,</3/0>';
      expect(await device.do(`post /rd?ep=int-106&lt=300&lwm2m=1.1&b=T ${links}`)).toMatch(/^2\.01.* at \/rd\//);
      expect(await registration('int-106')).toMatchObject({ binding: 'T', lifetime: 300 });
      expect(await read('int-106')).toMatchObject({ code: '2.05', values: [{ value: 'aiocoap' }] });
    });

    judge('server', '1.1-int-405', async () => {
      await add('int-405', { kind: 'oscore', key: SECRET, oscore: { senderId: '0a', salt: '9e7ca92223786340' } });
      const context = join(folder, 'context');
      mkdirSync(context);
      const secret = {
        secret_hex: SECRET,
        salt_hex: '9e7ca92223786340',
        'sender-id_hex': '0a',
        'recipient-id_hex': '00',
      };
      writeFileSync(join(context, 'secret.json'), JSON.stringify(secret));
      const device = await connect(['--oscore', context, '--to', `coap://127.0.0.1:${server.portOf('coap')}`]);
      const links = '</1/0>,</3/0>';
      expect(await device.do(`post /rd?ep=int-405&lt=300&lwm2m=1.1&b=U ${links}`)).toMatch(/^2\.01.* at \/rd\//);
      expect(await registration('int-405')).toMatchObject({ security: 'oscore' });
      expect(await read('int-405')).toMatchObject({ code: '2.05', values: [{ value: 'aiocoap' }] });
    });
  });
});
