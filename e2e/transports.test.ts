import { X509Certificate } from 'node:crypto';
import type { CommandOperation, CredentialAdd } from '@reeve/contract';
import type { Listener } from '@reeve/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue, newKeys, pem, spkiOf } from '../packages/dtls/src/x509/testing.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { oscoreWire } from './oscore-wire.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { dtlsWire, tcpWire, tlsWire, udpWire, type Wire, type WireProof } from './wires.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
/** Longer than a message of any transport's smallest kind. */
const LONG = 'Reeve '.repeat(900);

type Transport = Listener['transport'];

/** How a device comes, and what it proves itself with. */
interface Row {
  readonly name: string;
  readonly transport: Transport;
  readonly binding: string;
  readonly credential: CredentialAdd | undefined;
  readonly connect: (port: number, serverKey: Uint8Array) => Promise<Wire>;
}

const ca = issue({ subject: 'Trucks CA', ca: true });
const serverCertificate = issue({ subject: 'localhost', dns: ['localhost'] });

/** Every transport with every security mode that it has (LwM2M Transport §6.8, §5.2). */
const rows: readonly Row[] = [
  plain('coap', 'U', udpWire),
  secure('coaps', 'U', 'a pre-shared key', psk('coaps-psk'), dtlsWire),
  secure('coaps', 'U', 'a raw public key', rawKey(), dtlsWire),
  secure('coaps', 'U', 'a certificate', certificate('coaps-x509'), dtlsWire),
  oscore('01'),
  oscore('02', true),
  oscore('03', false, 'coap+tcp'),
  oscore('04', true, 'coap+tcp'),
  plain('coap+tcp', 'T', tcpWire),
  secure('coaps+tcp', 'T', 'a pre-shared key', psk('Lkw Ä 7'), (port, proof) => tlsWire(port, proof)),
  secure('coaps+tcp', 'T', 'a certificate', certificate('tls-x509'), (port, proof) =>
    tlsWire(port, proof, new X509Certificate(serverCertificate.pem.certificate)),
  ),
];

function plain(transport: Transport, binding: string, connect: (port: number) => Promise<Wire>): Row {
  return { name: transport, transport, binding, credential: undefined, connect };
}

function secure(
  transport: Transport,
  binding: string,
  mode: string,
  { credential, proof }: { credential: CredentialAdd; proof: WireProof },
  connect: (port: number, proof: WireProof, serverKey: Uint8Array) => Promise<Wire>,
): Row {
  return {
    name: `${transport} with ${mode}`,
    transport,
    binding,
    credential,
    connect: (port, key) => connect(port, proof, key),
  };
}

function oscore(senderId: string, rederive = false, transport: 'coap' | 'coap+tcp' = 'coap'): Row {
  const ids = { senderId, recipientId: '00' };
  const secret = KEY.toString('hex');
  return {
    name: `${transport} with OSCORE, ${rederive ? 'deriving new keys' : 'proving freshness'}`,
    transport,
    binding: transport === 'coap' ? 'U' : 'T',
    credential: { kind: 'oscore', key: secret, oscore: ids },
    connect: (port) => oscoreWire(port, { secret, ...ids, rederive }, transport === 'coap' ? udpWire : tcpWire),
  };
}

function psk(identity: string) {
  const credential = { kind: 'psk', identity, key: KEY.toString('hex') } satisfies CredentialAdd;
  return { credential, proof: { kind: 'psk', identity, key: KEY } as const };
}

function rawKey() {
  const keys = newKeys.p256();
  const publicKey = spkiOf(keys.publicKey);
  const credential = { kind: 'raw-key', publicKey: pem('PUBLIC KEY', publicKey) } satisfies CredentialAdd;
  return { credential, proof: { kind: 'raw-key', publicKey, privateKey: keys.privateKey } as const };
}

function certificate(subject: string) {
  const issued = issue({ subject, issuer: ca });
  const identity = { kind: 'certificate', chain: issued.chain, privateKey: issued.privateKey } as const;
  const credential = { kind: 'certificate', authority: 'Trucks', name: subject } satisfies CredentialAdd;
  return { credential, proof: { kind: 'certificate', identity, pem: issued.pem } as const };
}

describe.each(['main', 'worker'] as const)('A device, with the link in the %s thread,', { timeout: 60_000 }, (link) => {
  let server: InProcessServer;
  let serverKey: Uint8Array;

  beforeAll(async () => {
    const listen = ['coaps', 'coap', 'coaps+tcp', 'coap+tcp'] as const;
    server = await InProcessServer.start({ link, listen, identities: [{ identity: serverCertificate }] });
    serverKey = Buffer.from((await server.api('server.identity', {})).rawKey.publicKey, 'base64');
    const body = { certificate: ca.pem.certificate, name: 'Trucks', mapping: 'cn' } as const;
    await server.api('authorities.add', { body });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it.each(rows)('does everything over $name', async (row) => {
    const endpoint = `${row.transport}-${rows.indexOf(row)}`;
    const params = { device: endpoint };
    const { credential, transport, binding } = row;
    const { api } = server;
    await api('devices.add', { body: { endpoint, ...(credential ? { credential } : { noSec: true }) } });
    const perform = (operation: CommandOperation) =>
      api('commands.create', { params, query: { wait: 20 }, body: { operation } });
    const values = { '/3/0/0': 'Reeve', '/3/0/9': '80', '/3/0/14': '+00:00', '/3/0/17': LONG };
    const latest = async (path: string) =>
      (await api('devices.show', { params })).values.find((value) => value.path === path)?.value;

    await using device = new ScriptedDevice(endpoint, await row.connect(server.portOf(transport), serverKey), values);
    expect(await device.register(binding)).toBe('2.01');

    expect(await perform({ kind: 'read', path: '/3/0/0' })).toMatchObject({
      code: '2.05',
      values: [{ value: 'Reeve' }],
    });
    expect(await perform({ kind: 'read', path: '/3/0/17' })).toMatchObject({ values: [{ value: LONG }] });
    const write: CommandOperation = {
      kind: 'write',
      mode: 'replace',
      path: '/3/0/14',
      values: [{ path: '/3/0/14', value: '+01:00' }],
    };
    expect(await perform(write)).toMatchObject({ code: '2.04' });
    expect(device.values.get('/3/0/14')).toContain('+01:00');
    expect(await perform({ kind: 'execute', path: '/3/0/4' })).toMatchObject({ code: '2.04' });
    expect(device.asked).toContain('0.02 /3/0/4');

    await api('devices.observe', { params, body: { path: '/3/0/9' } });
    await until('it is observed', async () => (await latest('/3/0/9')) === 80);
    device.set('/3/0/9', '79');
    await until('the notification is there', async () => (await latest('/3/0/9')) === 79);

    expect(await device.update('lt=600')).toBe('2.04');
    expect((await api('devices.show', { params })).registration).toMatchObject({ lifetime: 600, binding });
    expect(await device.deregister()).toBe('2.02');
    expect((await api('devices.show', { params })).presence.state).toBe('deregistered');
  });
});

it('EC-1: a device that knows Echo registers where a socket asks for proof of its address', async () => {
  await using server = await InProcessServer.start({ listen: ['coaps', { transport: 'coap', echo: true }] });
  await server.api('devices.add', { body: { endpoint: 'asked', noSec: true } });
  await using device = new ScriptedDevice('asked', await udpWire(server.portOf('coap')), {});
  expect(await device.register()).toBe('2.01');
  expect(await device.update()).toBe('2.04');
});
