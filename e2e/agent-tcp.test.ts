import { once } from 'node:events';
import { createServer } from 'node:net';
import { type SecurityOptions, securityInstance, serverInstance } from '@reeve/agent';
import type { CredentialAdd } from '@reeve/contract';
import { path } from '@reeve/lwm2m';
import { simulate } from '@reeve/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificateOf, issue } from '../packages/dtls/src/x509/testing.ts';
import { until } from './harness.ts';
import { impatient } from './impatient.ts';
import { InProcessServer } from './in-process.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
/** Longer than a message may be before its receiver has told more. */
const LONG = 'Reeve '.repeat(900);

const ca = issue({ subject: 'Trucks CA', ca: true });
const serverCa = issue({ subject: 'Servers CA', ca: true });
const server509 = issue({ subject: 'localhost', dns: ['localhost'], issuer: serverCa });
const other = issue({ subject: 'localhost', dns: ['localhost'] });

/** Our client over real connections to our server. */
describe('the client engine over connections', { timeout: 60_000 }, () => {
  const open: RunningClient[] = [];
  let server: InProcessServer;

  beforeAll(async () => {
    server = await InProcessServer.start({
      listen: ['coaps', 'coap+tcp', 'coaps+tcp'],
      identities: [{ identity: server509 }],
    });
    const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } as const;
    await server.api('authorities.add', { body });
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const start = async (endpoint: string, security: SecurityOptions) => {
    const account = [securityInstance(security), serverInstance({ lifetime: 300, retry: { timer: 1 } })];
    const running = await RunningClient.start(endpoint, [...account, truckInstance(LONG)], {
      random: impatient,
      trustAnchors: [certificateOf(serverCa)],
    });
    open.push(running);
    return running;
  };
  const uriOf = (transport: 'coap+tcp' | 'coaps+tcp') => `${transport}://localhost:${server.portOf(transport)}`;
  const certificate = (endpoint: string, trust: object) => {
    const { chain, privateKey } = issue({ subject: endpoint, issuer: ca });
    return {
      uri: uriOf('coaps+tcp'),
      certificate: { chain, privateKey, server: { data: new Uint8Array(), ...trust } },
    };
  };
  const add = (endpoint: string, credential?: CredentialAdd) =>
    server.api('devices.add', { body: { endpoint, ...(credential ? { credential } : { noSec: true }) } });
  const addCertified = (name: string) => add(name, { kind: 'certificate', authority: 'Trucks', name });
  const psk = (identity: string): CredentialAdd => ({ kind: 'psk', identity, key: KEY.toString('hex') });
  const show = (device: string) => server.api('devices.show', { params: { device } });

  it.each([
    ['bare', undefined],
    ['with a pre-shared key', psk('with a pre-shared key')],
    ['with a certificate', { kind: 'certificate', authority: 'Trucks', name: 'with a certificate' }],
  ] as [string, CredentialAdd | undefined][])(
    'registers, answers, notifies and takes its leave: %s',
    async (name, given) => {
      await add(name, given);
      const security =
        given === undefined
          ? { uri: uriOf('coap+tcp') }
          : given.kind === 'psk'
            ? { uri: uriOf('coaps+tcp'), psk: { identity: Buffer.from(name), key: KEY } }
            : certificate(name, { data: server509.certificate });
      const running = await start(name, security);
      const params = { device: name };
      await running.registered();
      expect((await show(name)).registration).toMatchObject({ binding: 'T', lifetime: 300 });

      const read = { kind: 'read', path: '/3/0/0' } as const;
      expect(
        await server.api('commands.create', { params, query: { wait: 20 }, body: { operation: read } }),
      ).toMatchObject({
        code: '2.05',
        values: [{ value: LONG }],
      });
      await server.api('devices.observe', { params, body: { path: '/3/0/9' } });
      const level = async () => (await show(name)).values.find((value) => value.path === '/3/0/9')?.value;
      await until('it is observed', async () => (await level()) === 80);
      running.run((now) => running.client.set(path(3, 0), { 9: 79 }, now));
      await until('the server knows', async () => (await level()) === 79);

      running.run((now) => running.client.stop(now));
      await until('it took its leave', async () => (await show(name)).presence.state === 'deregistered');
    },
  );

  it.each([
    [0, serverCa.certificate],
    [1, server509.certificate],
    [2, serverCa.certificate],
  ] as const)('believes a server by certificate usage %i', async (usage, data) => {
    const endpoint = `usage-${usage}`;
    await addCertified(endpoint);
    const running = await start(endpoint, certificate(endpoint, { usage, data }));
    await running.registered();
  });

  it.each([0, 1, 2, 3] as const)(
    'leaves a server that is another by certificate usage %i, without a word',
    async (usage) => {
      const endpoint = `stranger-${usage}`;
      await addCertified(endpoint);
      const { events } = await start(endpoint, certificate(endpoint, { usage, data: other.certificate }));
      await until('it failed', async () => events.find(({ kind }) => kind === 'failed'));
      expect((await show(endpoint)).registration).toBeUndefined();
    },
  );

  it('tells why there is no connection', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = Object(holder.address());
    holder.close();
    await once(holder, 'close');
    const { events } = await start('early', { uri: `coap+tcp://127.0.0.1:${port}` });
    const failed = await until('it failed', async () => events.find(({ kind }) => kind === 'failed'));
    expect(failed).toMatchObject({ detail: expect.stringContaining('ECONNREFUSED') });
  });

  it('comes back by itself to a server that was away', async () => {
    await add('loyal', psk('loyal'));
    const security = { uri: uriOf('coaps+tcp'), psk: { identity: Buffer.from('loyal'), key: KEY } };
    const running = await start('loyal', security);
    await running.registered();
    await server.restart();
    await until('it noticed', async () => running.events.some(({ kind }) => kind === 'reconnecting'));
    await running.registered();
    const read = { kind: 'read', path: '/3/0/9' } as const;
    const body = { params: { device: 'loyal' }, query: { wait: 20 }, body: { operation: read } };
    expect(await server.api('commands.create', body)).toMatchObject({ code: '2.05', values: [{ value: 80 }] });
  });

  it('carries a virtual device', async () => {
    await add('virtual', psk('virtual'));
    const position = { latitude: 39, longitude: -120 };
    const devices = [{ endpoint: 'virtual', psk: { identity: Buffer.from('virtual'), key: KEY }, position }];
    const simulation = await simulate({ server: uriOf('coaps+tcp'), devices });
    await until('it is registered', async () => (await show('virtual')).registration?.binding === 'T');
    await simulation.stop();
    await until('it took its leave', async () => (await show('virtual')).presence.state === 'deregistered');
  });
});
