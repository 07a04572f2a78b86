import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { Code } from '@reeve/coap';
import { ApiError } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { tlsWire, type WireProof } from './wires.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const VALUES = { '/3/0/0': 'Reeve', '/3/0/9': '80' };

const ca = issue({ subject: 'Trucks CA', ca: true });
const everybody = issue({ subject: 'everybody', dns: ['everybody.example'] });
const strangers = issue({ subject: 'Strangers CA', ca: true });

const psk = (identity: string, key = KEY): WireProof => ({ kind: 'psk', identity, key });

function certificate(subject: string, issuer = ca): WireProof {
  const { chain, privateKey, pem } = issue({ subject, issuer });
  return { kind: 'certificate', identity: { kind: 'certificate', chain, privateKey }, pem };
}

describe('A socket of coaps+tcp', { timeout: 60_000 }, () => {
  let server: InProcessServer;

  beforeAll(async () => {
    server = await InProcessServer.start({
      listen: ['coaps', 'coaps+tcp'],
      identities: [
        { identity: everybody },
        { identity: issue({ subject: 'trucks', dns: ['trucks.example'] }), serverNames: ['trucks.example'] },
      ],
    });
    const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } as const;
    await server.api('authorities.add', { body });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const port = () => server.portOf('coaps+tcp');
  const add = (endpoint: string, credential: object = { kind: 'psk', identity: endpoint, key: KEY.toString('hex') }) =>
    server.api('devices.add', { body: { endpoint, credential: credential as { kind: 'psk' } } });
  const connect = async (endpoint: string, proof = psk(endpoint)) =>
    new ScriptedDevice(endpoint, await tlsWire(port(), proof, new X509Certificate(everybody.certificate)), VALUES);
  const read = (device: string) =>
    server.api('commands.create', {
      params: { device },
      query: { wait: 20 },
      body: { operation: { kind: 'read', path: '/3/0/0' } },
    });
  const show = (device: string) => server.api('devices.show', { params: { device } });

  it('knows a device that was added just now, and one no more whose key was taken away', async () => {
    await add('fresh');
    await using device = await connect('fresh');
    expect(await device.register('T')).toBe('2.01');
    await server.api('devices.remove', { params: { device: 'fresh' } });
    await device.closed();
    await expect(connect('fresh')).rejects.toThrow();
  });

  it('P38, RG-9: asks a device over the connection it came by, and over the next one after its Update', async () => {
    await add('mover');
    const first = await connect('mover');
    await first.register('T');
    await server.api('devices.observe', { params: { device: 'mover' }, body: { path: '/3/0/9' } });
    await until('it is observed', async () => first.observes('/3/0/9'));
    const { location } = first;
    await first[Symbol.asyncDispose]();

    await using second = await connect('mover');
    second.location = location;
    expect(await second.update()).toBe('2.04');
    expect(await read('mover')).toMatchObject({ code: '2.05' });
    await until('it is observed again', async () => second.observes('/3/0/9'));
    second.set('/3/0/9', '78');
    const latest = async () => (await show('mover')).values.find(({ path }) => path === '/3/0/9')?.value;
    await until('the notification is there', async () => (await latest()) === 78);
  });

  it('admits a certificate that leads to its authority by another', async () => {
    const depot = issue({ subject: 'Depot CA', ca: true, issuer: ca });
    const region = issue({ subject: 'Region CA', ca: true, issuer: depot });
    await add('far-away', { kind: 'certificate', authority: 'Trucks', name: 'far-away' });
    await using device = await connect('far-away', certificate('far-away', region));
    expect(await device.register('T')).toBe('2.01');
  });

  it('closes the connection that a device left behind for another', async () => {
    await add('twice');
    await using first = await connect('twice');
    await first.register('T');
    await using second = await connect('twice');
    await second.register('T');
    await first.closed();
    expect(await read('twice')).toMatchObject({ code: '2.05' });
  });

  it('does not send to a device whose connection is gone', async () => {
    await add('gone');
    const device = await connect('gone');
    await device.register('T');
    await device[Symbol.asyncDispose]();
    await until('the command waits for the device', async () => {
      const operation = { kind: 'read', path: '/3/0/0' } as const;
      const { state } = await server.api('commands.create', { params: { device: 'gone' }, body: { operation } });
      return state === 'queued';
    });
  });

  const clients = ['coap-client-openssl', 'coap-client-gnutls'];
  it.each(
    clients.flatMap((client) => [
      [client, 'a pre-shared key'],
      [client, 'a certificate'],
    ]),
  )('registers what %s says with %s', async (client, proof) => {
    if (!hasPeer(client, ['sh', '-c', `command -v ${client}`])) return;
    const endpoint = `${client} with ${proof}`;
    const folder = mkdtempSync(join(tmpdir(), 'reeve-tls-'));
    const file = (name: string, content: string) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    };
    const key = 'sixteen letters.';
    const { pem } = issue({ subject: endpoint, issuer: ca });
    const psks = proof === 'a pre-shared key';
    await add(
      endpoint,
      psks
        ? { kind: 'psk', identity: endpoint, key: Buffer.from(key).toString('hex') }
        : { kind: 'certificate', authority: 'Trucks', name: endpoint },
    );
    const shows = psks
      ? ['-u', endpoint, '-k', key]
      : ['-c', file('chain.pem', pem.chain), '-j', file('key.pem', pem.privateKey), '-n'];
    const query = ['lwm2m=1.1', 'lt=300', 'b=T', `ep=${encodeURIComponent(endpoint)}`].join('&');
    const uri = `coaps+tcp://127.0.0.1:${port()}/rd?${query}`;
    const child = spawnChild(client, [...shows, '-m', 'post', '-t', '40', '-e', '</1/0>,</3/0>', uri]);
    try {
      if (!child.stdout || !child.stderr) throw new Error('no output');
      const said = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
      expect(said.slice(0, 2)).toEqual(['', '']);
      const { registration } = await show(endpoint);
      expect(registration).toMatchObject({ binding: 'T', lifetime: 300 });
    } finally {
      killGroup(child);
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['an identity that nobody has', psk('nobody'), 'unknown-identity'],
    ['another key than its own', psk('wrong-key', Buffer.alloc(16, 7)), 'wrong-key'],
    ['a certificate of somebody else', certificate('stranger', strangers), 'unknown-ca'],
    ['a certificate of nobody here', certificate('no-such-device'), 'unknown-identity'],
  ])('refuses %s, and tells the operator', async (_name, proof, check) => {
    if (check === 'wrong-key') await add('wrong-key');
    const wire = tlsWire(port(), proof, new X509Certificate(everybody.certificate));
    await Promise.race([wire.catch(() => {}), wire.then((open) => new ScriptedDevice('x', open, {}).closed())]);
    const failure = await until('it is told', async () => {
      const { items } = await server.api('handshakes.list', {});
      return items.find((each) => each.check === check && each.listener?.startsWith('coaps+tcp'));
    });
    expect(failure.count).toBeGreaterThan(0);
  });

  it('refuses who brings no certificate, and who speaks no TLS', async () => {
    const bare = connectTls({ host: '127.0.0.1', port: port(), rejectUnauthorized: false });
    bare.on('error', () => {});
    const talker = connectTcp({ host: '127.0.0.1', port: port() });
    talker.write('GET / HTTP/1.1\r\n\r\n');
    await Promise.all([once(bare, 'close'), once(talker, 'close')]);
    await until('both are told', async () => {
      const { items } = await server.api('handshakes.list', {});
      return ['no-certificate', 'malformed'].every((check) => items.some((each) => each.check === check));
    });
  });

  it.each([
    ['trucks.example', 'trucks'],
    ['everybody.example', 'everybody'],
    [undefined, 'everybody'],
  ])('TC-4: shows the certificate of %s, and speaks CoAP', async (servername, subject) => {
    const name = { ALPNProtocols: ['coap'], ...(servername === undefined ? {} : { servername }) };
    const socket = connectTls({ host: '127.0.0.1', port: port(), rejectUnauthorized: false, ...name });
    await once(socket, 'secureConnect');
    const { subject: shown } = socket.getPeerCertificate() as PeerCertificate;
    expect(socket.alpnProtocol).toBe('coap');
    socket.destroy();
    expect(shown.CN).toBe(subject);
  });

  it('speaks no version below TLS 1.2', async () => {
    const options = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connectTls({ host: '127.0.0.1', port: port(), rejectUnauthorized: false, ...options });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
  });

  it('is left by devices when the server stops, and found again with what was registered and observed', async () => {
    await add('loyal');
    const first = await connect('loyal');
    await first.register('T');
    await server.api('devices.observe', { params: { device: 'loyal' }, body: { path: '/3/0/9' } });
    await until('it is observed', async () => first.observes('/3/0/9'));
    await server.restart();
    await first.closed();
    await first[Symbol.asyncDispose]();

    await using second = await connect('loyal');
    second.location = first.location;
    expect(await second.update()).toBe('2.04');
    await until('it is observed again', async () => second.observes('/3/0/9'));
    expect(await read('loyal')).toMatchObject({ code: '2.05' });
  });

  it('takes nothing from another session: not the registration of another device', async () => {
    await add('owner');
    await add('thief');
    await using owner = await connect('owner');
    await owner.register('T');
    await using thief = await connect('thief');
    thief.location = owner.location;
    expect(await thief.update()).toBe('4.04');
    expect(await thief.deregister()).toBe('4.04');
    const { code } = await thief.request({ code: Code.Get });
    expect(code).toBe(Code.NotFound);
    await expect(show('nobody')).rejects.toBeInstanceOf(ApiError);
    expect((await show('owner')).presence.state).toBe('awake');
  });
});

it('A socket of coaps+tcp that takes certificates only speaks TLS 1.3', { timeout: 60_000 }, async () => {
  await using server = await InProcessServer.start({
    listen: ['coaps', { transport: 'coaps+tcp', dtls: { credentials: ['certificate'] } }],
    identities: [{ identity: everybody }],
  });
  const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } as const;
  await server.api('authorities.add', { body });
  const credential = { kind: 'certificate', authority: 'Trucks', name: 'modern' } as const;
  await server.api('devices.add', { body: { endpoint: 'modern', credential } });
  const port = server.portOf('coaps+tcp');
  const wire = await tlsWire(port, certificate('modern'), new X509Certificate(everybody.certificate));
  await using device = new ScriptedDevice('modern', wire, VALUES);
  expect(await device.register('T')).toBe('2.01');
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  expect(socket.getProtocol()).toBe('TLSv1.3');
  socket.destroy();
});
