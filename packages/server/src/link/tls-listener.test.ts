import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import type { CredentialId } from '../ids.ts';
import { SessionOwner } from './owner.ts';
import type { LinkUp } from './port.ts';
import { streamLimits } from './stream-limits.ts';
import { StreamSockets } from './stream-sockets.ts';
import { TlsSecrets } from './tls-secrets.ts';

const SUITE = 'TLS_PSK_WITH_AES_128_GCM_SHA256';
const CHANGE_CIPHER_SPEC = 20;
const RECORD_HEADER_BYTES = 5;
const KEYS = { thief: Buffer.alloc(16, 1), victim: Buffer.alloc(16, 2), newborn: Buffer.alloc(16, 3) };
type Name = keyof typeof KEYS;

/** A stream of TLS that keeps back what comes after the client's keys until it is told to go on. */
class Hesitant extends Duplex {
  readonly #socket: Socket;
  #held: Buffer[] | undefined = [];

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes) => this.push(bytes));
    socket.on('close', () => this.push(null));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    for (let at = 0; at < chunk.length; ) {
      const end = at + RECORD_HEADER_BYTES + chunk.readUInt16BE(at + 3);
      const record = chunk.subarray(at, end);
      at = end;
      if (this.#held && (this.#held.length > 0 || record[0] === CHANGE_CIPHER_SPEC)) this.#held.push(record);
      else this.#socket.write(record);
    }
    if (this.#held && this.#held.length > 0) this.emit('held');
    done();
  }

  proceed(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const record of held) this.#socket.write(record);
  }
}

describe('TLS on one of our sockets', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  /** A socket on all addresses of the machine, and devices with keys: two to register with, one to be bootstrapped with. */
  async function listen(limits: Partial<typeof streamLimits> = {}, bootstrap = false) {
    const streams = new StreamSockets({ ...streamLimits, farewellMs: 0, ...limits });
    const secrets = new TlsSecrets();
    const put = Object.entries(KEYS).map(([name, key]) => ({
      identity: Buffer.from(name).toString('hex'),
      key,
      credential: `credential-of-${name}` as CredentialId,
      purpose: name === 'newborn' ? ('bootstrap' as const) : ('management' as const),
      validFrom: 0,
    }));
    secrets.change({ kind: 'tls-keys', put, removed: [] });
    const listener = {
      transport: 'coaps+tcp',
      host: '0.0.0.0',
      port: 0,
      bootstrap,
      dtls: { suites: [SUITE], credentials: ['psk'] },
    } as const;
    const delivered: LinkUp[] = [];
    const owner = new SessionOwner({
      random: seededBytes(1),
      wallClock: () => 0,
      connectionIdSlot: 0,
      listen: [listener],
      compute: () => {},
      send: () => {},
      deliver: (message) => delivered.push(message),
      streams,
      secrets,
    });
    const now = () => performance.now();
    await streams.open([listener], { connections: owner.connections, secrets, now, heard: () => {} });
    open.push(streams);
    const admitted = () =>
      delivered.flatMap((each) => (each.kind === 'session-opened' ? [each.session.credential] : []));
    const refused = () => delivered.flatMap((each) => (each.kind === 'refused' ? [each] : []));
    return { port: streams.addresses.get(0)?.port ?? 0, admitted, refused };
  }

  /** @param localPort 0 for any */
  async function dial(host: string, port: number, localPort = 0): Promise<Socket> {
    const socket = connectTcp({ host, port, localAddress: '127.0.0.1', localPort });
    socket.on('error', () => {});
    open.push({ close: () => socket.destroy() });
    await once(socket, 'connect');
    return socket;
  }

  function shakeHands(under: Duplex, name: string, key = KEYS[name as Name]): TLSSocket {
    const socket = connectTls({
      socket: under,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'PSK-AES128-GCM-SHA256',
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ identity: name, psk: key }),
    });
    socket.on('error', () => {});
    return socket;
  }

  it('admits a peer as what it proved itself, whoever else comes from its address and port to another address of ours', async () => {
    const { port, admitted } = await listen();
    const first = await dial('127.0.0.1', port);
    const thief = new Hesitant(first);
    const thiefs = shakeHands(thief, 'thief');
    await once(thief, 'held');
    const victim = new Hesitant(await dial('127.0.0.2', port, first.localPort ?? 0));
    shakeHands(victim, 'victim');
    // It may be turned away: one at a time shakes hands from an address and port.
    await Promise.race([once(victim, 'held'), once(victim, 'close')]);
    thief.proceed();
    await Promise.race([once(thiefs, 'data'), once(thiefs, 'close')]);
    expect(admitted()).toEqual(['credential-of-thief']);
  });

  it.each([
    { bootstrap: false, good: 'victim', bad: 'newborn' },
    { bootstrap: true, good: 'newborn', bad: 'victim' },
  ] as const)('SE-2: takes the keys that are for what it serves: $good, not $bad', async ({ bootstrap, good, bad }) => {
    const { port, admitted } = await listen({}, bootstrap);
    const refused = shakeHands(await dial('127.0.0.1', port), bad);
    await new Promise((resolve) => refused.once('close', resolve));
    await once(shakeHands(await dial('127.0.0.1', port), good), 'data');
    expect(admitted()).toEqual([`credential-of-${good}`]);
  });

  it('SE-2: tells a peer that has the wrong key the same as one whose identity nobody has', async () => {
    const { port, refused } = await listen();
    const wrong = Buffer.alloc(16, 9);
    const codes: unknown[] = [];
    for (const name of ['victim', 'nobody']) {
      const socket = shakeHands(await dial('127.0.0.1', port), name, wrong);
      codes.push(
        await new Promise((resolve) => socket.once('error', ({ code }: Error & { code?: string }) => resolve(code))),
      );
    }
    expect(codes).toEqual(['ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC', 'ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC']);
    expect(refused().map(({ check, identity }) => [check, identity])).toEqual([
      ['wrong-key', 'psk:76696374696d'],
      ['unknown-identity', 'psk:6e6f626f6479'],
    ]);
  });

  it('lets nobody prove to be somebody else midway', async () => {
    const { port, admitted } = await listen();
    const device = shakeHands(await dial('127.0.0.1', port), 'victim');
    await once(device, 'data');
    const outcome = await new Promise((resolve) => {
      device.once('error', resolve);
      device.renegotiate({}, resolve);
    });
    expect(outcome).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    expect(admitted()).toEqual(['credential-of-victim']);
  });

  it('has room again for each handshake that was given up, wherever two of them came from', async () => {
    const { port } = await listen({ handshakes: 2 });
    const first = await dial('127.0.0.1', port);
    const second = await dial('127.0.0.2', port, first.localPort ?? 0);
    for (const each of [first, second]) {
      each.destroy();
      await once(each, 'close');
    }
    const third = await dial('127.0.0.1', port);
    const device = shakeHands(third, 'thief');
    const fourth = shakeHands(await dial('127.0.0.1', port), 'victim');
    await Promise.all([once(device, 'data'), once(fourth, 'data')]);
  });
});
