import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { text as readAll } from 'node:stream/consumers';
import { type BootstrapOptions, type ObjectInstance, oscoreInstance } from '@reeve/agent';
import type { BootstrapTemplate, CredentialAdd } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { aiocoapBuild } from '../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../peers/aiocoap/program.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { until } from './harness.ts';
import { impatient } from './impatient.ts';
import { InProcessServer } from './in-process.ts';
import { RunningClient, truckInstance } from './running-client.ts';
import { tcpWire } from './wires.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const STEPS = ['discover /', 'delete /0', 'delete /1', 'write /0/1', 'write /1/0', 'finish'];
const OSCORE_STEPS = ['discover /', 'delete /0', 'delete /1', 'delete /21', 'write /21/1', ...STEPS.slice(3)];

const ca = issue({ subject: 'Trucks CA', ca: true });
const server509 = issue({ subject: 'localhost', dns: ['localhost'] });

type Stream = 'coap+tcp' | 'coaps+tcp';
type Security = NonNullable<BootstrapTemplate['accounts'][number]['security']>;

/** How a device comes, what it proves itself with, and what it is given to register with. */
interface Row {
  readonly name: string;
  readonly transport: Stream;
  readonly credential?: CredentialAdd;
  readonly account?: Partial<BootstrapOptions>;
  readonly contexts?: readonly ObjectInstance[];
  readonly given: Security;
  readonly steps: readonly string[];
}

const context = { masterSecret: createSecretKey(KEY), senderId: Buffer.of(0x0b), recipientId: Buffer.of(0) };
const own = issue({ subject: 'certified', issuer: ca });

const rows: readonly Row[] = [
  { name: 'without security', transport: 'coap+tcp', given: 'none', steps: STEPS },
  {
    name: 'with a pre-shared key',
    transport: 'coaps+tcp',
    credential: { kind: 'psk', purpose: 'bootstrap', identity: 'factory', key: KEY.toString('hex') },
    account: { psk: { identity: Buffer.from('factory'), key: KEY } },
    given: 'psk',
    steps: STEPS,
  },
  {
    name: 'with a certificate',
    transport: 'coaps+tcp',
    credential: { kind: 'certificate', purpose: 'bootstrap', authority: 'Trucks', name: 'certified' },
    account: {
      certificate: { chain: own.chain, privateKey: own.privateKey, server: { data: server509.certificate } },
    },
    given: 'certificate',
    steps: STEPS,
  },
  {
    name: 'with OSCORE',
    transport: 'coap+tcp',
    credential: {
      ...{ kind: 'oscore', purpose: 'bootstrap', key: KEY.toString('hex') },
      oscore: { senderId: '0b', recipientId: '00' },
    },
    account: { oscore: 0 },
    contexts: [oscoreInstance(context)],
    given: 'oscore',
    steps: OSCORE_STEPS,
  },
];

describe.each(['main', 'worker'] as const)('Bootstrap over a connection, link in %s,', { timeout: 60_000 }, (link) => {
  const open: RunningClient[] = [];
  let server: InProcessServer;

  beforeAll(async () => {
    const bootstrap = true;
    server = await InProcessServer.start({
      link,
      listen: [
        ...(['coap+tcp', 'coaps+tcp'] as const),
        { transport: 'coap+tcp', bootstrap },
        { transport: 'coaps+tcp', bootstrap },
      ],
      identities: [{ identity: server509 }],
    });
    const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } as const;
    await server.api('authorities.add', { body });
  });
  afterEach(async () => {
    for (const one of open.splice(0)) one.close();
    const { items } = await server.api('devices.list', {});
    for (const { deviceId: device } of items) await server.api('devices.remove', { params: { device } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const template = (...accounts: BootstrapTemplate['accounts']) =>
    server.api('bootstrap.set-template', { params: { name: 'default' }, body: { accounts } });
  const add = (endpoint: string, credential?: CredentialAdd) =>
    server.api('devices.add', { body: { endpoint, ...(credential ? { credential } : { noSec: true }) } });
  const uriOf = (transport: Stream) => `${transport}://localhost:${server.portOf(transport, true)}`;

  async function start(endpoint: string, { transport, account, contexts = [] }: Omit<Row, 'given' | 'steps'>) {
    const bootstrap = { uri: uriOf(transport), ...account };
    const running = await RunningClient.start(endpoint, [truckInstance(), ...contexts], {
      random: impatient,
      bootstrap,
    });
    open.push(running);
    return running;
  }

  const sessions = async (device: string) => (await server.api('bootstrap.list', { query: { device } })).items;
  const newest = (device: string) =>
    until('its session is over', async () => {
      const [session] = await sessions(device);
      return session && session.state !== 'running' ? session : undefined;
    });
  const asked = ({ steps }: Awaited<ReturnType<typeof newest>>) =>
    steps.slice(1).map(({ operation, path }) => [operation, path].filter((part) => part !== undefined).join(' '));

  it.each(rows)('is given step by step what it registers with: $name', async (row) => {
    const { transport, credential, given, steps } = row;
    const endpoint = 'certified';
    await template({ shortServerId: 1, security: given, binding: 'T', lifetime: 77 });
    const { setup } = await add(endpoint, credential);
    const told = `${transport}://127.0.0.1:${server.portOf(transport, true)}`;
    expect(setup.flatMap(({ path, value }) => (path === '/0/x/0' ? [value] : []))).toEqual(credential ? [told] : []);
    const running = await start(endpoint, row);
    await running.registered();

    const session = await newest(endpoint);
    expect(session).toMatchObject({ state: 'finished', version: '1.1', pack: false });
    expect(session.identity === undefined).toBe(credential === undefined);
    expect(asked(session)).toEqual(steps);
    const { registration } = await server.api('devices.show', { params: { device: endpoint } });
    expect(registration).toMatchObject({ binding: 'T', lifetime: 77, transport });
    expect(registration?.security).toBe(given === 'none' ? undefined : given);
    expect(running.client.addresses).toMatchObject([{ to: `${transport}://127.0.0.1:${server.portOf(transport)}` }]);
  });

  it('1.1-int-5: begins again where the server wants it, with another key', async () => {
    const endpoint = 'again';
    const psk = { kind: 'psk', purpose: 'bootstrap', identity: 'factory', key: KEY.toString('hex') } as const;
    await template({ shortServerId: 1, binding: 'T' });
    await add(endpoint, psk);
    const account = { psk: { identity: Buffer.from('factory'), key: KEY } };
    const running = await start(endpoint, { name: endpoint, transport: 'coaps+tcp', account });
    await running.registered();
    const params = { device: endpoint };
    const identity = async () => (await server.api('devices.show', { params })).registration?.identity;
    const before = await identity();
    await server.api('commands.create', { params, body: { operation: { kind: 'execute', path: '/1/0/9' } } });
    await until('another key', async () => {
      const now = await identity();
      return now !== undefined && now !== before;
    });
    expect(running.events.filter(({ kind }) => kind === 'bootstrapped')).toHaveLength(2);
  });

  it('a key that registers is not bootstrapped with, and the record says why', async () => {
    await add('managed', { kind: 'psk', identity: 'managed', key: KEY.toString('hex') });
    const account = { psk: { identity: Buffer.from('managed'), key: KEY } };
    const { events } = await start('managed', { name: 'managed', transport: 'coaps+tcp', account });
    await until('it failed', async () => events.some(({ kind }) => kind === 'bootstrapFailed'));
    const record = await until('there is a record', async () => {
      const { items } = await server.api('handshakes.list', { query: {} });
      return items.find(({ presented }) => presented?.kind === 'psk' && presented.identity === 'managed');
    });
    expect(record).toMatchObject({
      check: 'unknown-identity',
      detail: expect.stringContaining('belongs to the management port'),
      listener: expect.stringContaining(`:${server.portOf('coaps+tcp', true)}`),
    });
    expect(await sessions('managed')).toEqual([]);
  });

  it('a device that is gone in the midst of it is on record, and begins anew over another connection', async () => {
    await add('gone');
    await template({ shortServerId: 9, uri: 'coap+tcp://192.0.2.9', security: 'none' });
    for (let times = 1; times <= 2; times++) {
      const wire = await tcpWire(server.portOf('coap+tcp', true));
      // A CSM, and POST /bs?ep=gone (RFC 8323 §3.2).
      wire.send(Buffer.from('00e1b10201b262734765703d676f6e65', 'hex'));
      await until('it is asked', async () => (await sessions('gone')).length === times);
      await wire.close();
      expect(await newest('gone')).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/^asked what is there at \/: the session (is over|ended)$/),
      });
    }
  });

  it.each(['coap-client-openssl', 'coap-client-gnutls'])('%s gets everything at once over TLS', async (client) => {
    if (!hasPeer(client, ['sh', '-c', `command -v ${client}`])) return;
    const key = 'sixteen letters.';
    await add('foreign', { kind: 'psk', purpose: 'bootstrap', key: Buffer.from(key).toString('hex') });
    await template({ shortServerId: 9, uri: 'coap+tcp://192.0.2.9', security: 'none' });
    const child = spawnChild(client, ['-u', 'foreign', '-k', key, `${uriOf('coaps+tcp')}/bspack?ep=foreign`]);
    try {
      if (!child.stdout) throw new Error('no output');
      const [said] = await Promise.all([readAll(child.stdout), once(child, 'close')]);
      expect(said).toContain('coap+tcp://192.0.2.9');
      expect(await newest('foreign')).toMatchObject({ state: 'finished', pack: true, identity: 'foreign' });
    } finally {
      killGroup(child);
    }
  });

  it.skipIf(!aiocoapBuild.isHere())('a device on aiocoap is asked over the connection that it opened', async () => {
    await add('foreign');
    await template({ shortServerId: 9, uri: 'coap+tcp://192.0.2.9', security: 'none' });
    const device = await AiocoapProgram.start([
      ...['--transport', 'tcp', '--to', `coap+tcp://127.0.0.1:${server.portOf('coap+tcp', true)}`],
    ]);
    try {
      for (const path of ['/0/1', '/1/0', '/bs']) await device.do(`set ${path} nothing`);
      expect(await device.do('post /bs?ep=foreign')).toMatch(/^2\.04/);
      const session = await newest('foreign');
      expect(session).toMatchObject({ state: 'finished' });
      // It can list and delete nothing, and is written to all the same.
      expect(
        session.steps.map(({ operation, path = '', code }) => `${operation} ${path} ${code ?? ''}`.trim()),
      ).toEqual([
        'request',
        'discover / 4.04',
        'delete /0 4.04',
        'delete /1 4.04',
        'write /0/1 2.04',
        'write /1/0 2.04',
        'finish  2.04',
      ]);
      expect(await device.line(/^got PUT \/0\/1 /)).toContain('coap+tcp://192.0.2.9');
      expect(await device.do('get /bspack?ep=foreign')).toMatch(/^2\.05/);
      expect((await sessions('foreign')).map(({ pack }) => pack)).toEqual([true, false]);
    } finally {
      device.stop();
    }
  });
});
