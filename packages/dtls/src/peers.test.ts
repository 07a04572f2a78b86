/** Both roles against OpenSSL and GnuTLS over real UDP. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killGroup, spawnChild } from '../../../tooling/testing/children.ts';
import { hasPeer } from '../../../tooling/testing/peers.ts';
import { DtlsClient } from './client.ts';
import { addressKey, type DtlsEffect } from './effects.ts';
import { DtlsServer } from './server.ts';
import type { SuiteName } from './suites.ts';

const IDENTITY = 'dev1';
const KEY = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfe00';
const SERVER = addressKey('server');
const folder = mkdtempSync(join(tmpdir(), 'dtls-peers-'));

beforeAll(() => writeFileSync(join(folder, 'psk'), `${IDENTITY}:${KEY}\n`));
afterAll(() => rmSync(folder, { recursive: true }));

interface Mode {
  readonly suite: SuiteName;
  readonly openssl?: string;
  readonly gnutls: string;
  readonly extendedMasterSecret: boolean;
}

const MODES: readonly Mode[] = [
  {
    suite: 'TLS_PSK_WITH_AES_128_CCM_8',
    openssl: 'PSK-AES128-CCM8:@SECLEVEL=0',
    gnutls: 'AES-128-CCM-8',
    extendedMasterSecret: true,
  },
  {
    suite: 'TLS_PSK_WITH_AES_128_GCM_SHA256',
    openssl: 'PSK-AES128-GCM-SHA256',
    gnutls: 'AES-128-GCM',
    extendedMasterSecret: true,
  },
  // OpenSSL can't be told to leave the extended master secret out.
  { suite: 'TLS_PSK_WITH_AES_128_CCM_8', gnutls: 'AES-128-CCM-8:%NO_SESSION_HASH', extendedMasterSecret: false },
];

const gnutlsPriority = (mode: Mode): string =>
  `NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+${mode.gnutls}`;
const opensslOptions = (mode: Mode): string[] => ['-dtls1_2', '-psk', KEY, '-cipher', mode.openssl ?? ''];

interface Peer {
  readonly name: string;
  readonly here: boolean;
  /** Command lines of the client, and of the server. `mtu` is what the peer sends at most, if it can be told. */
  readonly client: (port: number, mode: Mode, mtu: number | undefined) => readonly [string, ...string[]];
  readonly server: (port: number, mode: Mode, mtu: number | undefined) => readonly [string, ...string[]];
}

const PEERS: readonly Peer[] = [
  {
    name: 'OpenSSL',
    here: hasPeer('OpenSSL', ['openssl', 'version']),
    client: (port, mode, mtu) => [
      'openssl',
      's_client',
      ...opensslOptions(mode),
      ...['-quiet', '-connect', `127.0.0.1:${port}`, '-psk_identity', IDENTITY],
      ...(mtu ? ['-mtu', `${mtu}`] : []),
    ],
    server: (port, mode, mtu) => [
      'openssl',
      's_server',
      ...opensslOptions(mode),
      ...['-quiet', '-nocert', '-accept', `127.0.0.1:${port}`],
      ...(mtu ? ['-mtu', `${mtu}`] : []),
    ],
  },
  {
    name: 'GnuTLS',
    here: hasPeer('GnuTLS', ['gnutls-serv', '--version']),
    client: (port, mode, mtu) => [
      'gnutls-cli',
      ...['-u', '-p', `${port}`, '127.0.0.1', '--priority', gnutlsPriority(mode)],
      ...['--pskusername', IDENTITY, '--pskkey', KEY],
      ...(mtu ? ['--mtu', `${mtu}`] : []),
    ],
    server: (port, mode, mtu) => [
      'gnutls-serv',
      ...['-u', '--echo', '-p', `${port}`, '--priority', gnutlsPriority(mode)],
      ...['--pskpasswd', join(folder, 'psk')],
      ...(mtu ? ['--mtu', `${mtu}`] : []),
    ],
  },
];

/** Gives the text that `source` says, until it contains `expected`. */
async function hear(source: AsyncIterable<Uint8Array> | null, expected: string): Promise<string> {
  let text = '';
  for await (const chunk of source ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes(expected)) break;
  }
  return text;
}

const open: { sockets: Socket[]; children: ChildProcess[]; timers: NodeJS.Timeout[] } = {
  sockets: [],
  children: [],
  timers: [],
};

afterEach(() => {
  for (const timer of open.timers.splice(0)) clearInterval(timer);
  for (const child of open.children.splice(0)) killGroup(child);
  for (const socket of open.sockets.splice(0)) socket.close();
});

function start([command, ...args]: readonly [string, ...string[]]): ChildProcess {
  const child = spawnChild(command, args);
  open.children.push(child);
  return child;
}

/** Ticks an endpoint and carries out what it wants; `carry` gets its effects in order. */
function drive(endpoint: DtlsServer | DtlsClient, carry: (effect: DtlsEffect) => void): () => void {
  const work = (): void => {
    for (let effects = endpoint.drain(); effects.length > 0; effects = endpoint.drain()) effects.forEach(carry);
  };
  open.timers.push(
    setInterval(() => {
      endpoint.tick(Date.now());
      work();
    }, 20),
  );
  return work;
}

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4');
  open.sockets.push(socket);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

/** A UDP port that nobody has just now. */
async function freePort(): Promise<number> {
  const socket = await bind();
  const { port } = socket.address();
  open.sockets.splice(open.sockets.indexOf(socket), 1);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Each peer in each mode that it can be told, with datagrams of its own size and small ones. */
const cases = PEERS.flatMap((peer) =>
  MODES.filter((mode) => peer.name !== 'OpenSSL' || mode.openssl).flatMap((mode) =>
    [undefined, 256].map((small) => ({
      ...{ name: peer.name, suite: mode.suite, ems: mode.extendedMasterSecret, mtu: small ?? 'default' },
      ...{ peer, mode, small },
    })),
  ),
);

describe.each(cases)('$name, $suite, extended master secret $ems, MTU $mtu', ({ peer, mode, small }) => {
  it.skipIf(!peer.here)('as a client of ours', async () => {
    const socket = await bind();
    const server = new DtlsServer({ random: randomBytes, suites: [mode.suite], mtu: small ? 90 : 1232 });
    const identities: string[] = [];
    const echoed: string[] = [];
    let agreed: DtlsEffect | undefined;
    const work = drive(server, (effect) => {
      if (effect.kind === 'send') {
        const [host, port] = effect.address.split(':');
        socket.send(effect.datagram, Number(port), host);
      } else if (effect.kind === 'findPsk') {
        identities.push(Buffer.from(effect.identity).toString());
        server.pskFound(effect.lookup, { key: Buffer.from(KEY, 'hex'), credential: '' }, Date.now());
      } else if (effect.kind === 'established') {
        agreed = effect;
      } else if (effect.kind === 'received') {
        echoed.push(Buffer.from(effect.data).toString());
        server.send(effect.session, Buffer.from(`answer to ${Buffer.from(effect.data)}`));
      }
    });
    socket.on('message', (datagram, { address, port }) => {
      server.receive(addressKey(`${address}:${port}`), datagram, Date.now());
      work();
    });
    const child = start(peer.client(socket.address().port, mode, small));
    child.stdin?.write('a question\n');
    expect(await hear(child.stdout, 'answer to a question')).toContain('answer to a question');
    expect(identities).toEqual([IDENTITY]);
    expect(agreed).toMatchObject({ suite: mode.suite, extendedMasterSecret: mode.extendedMasterSecret });
    expect(echoed).toEqual(['a question\n']);
    child.stdin?.end();
  });

  it.skipIf(!peer.here)('as a server of ours', async () => {
    const port = await freePort();
    const child = start(peer.server(port, mode, small));
    const socket = await bind();
    const client = new DtlsClient({
      random: randomBytes,
      address: SERVER,
      identity: { kind: 'psk', identity: Buffer.from(IDENTITY), key: Buffer.from(KEY, 'hex') },
      suites: [mode.suite],
      mtu: small ? 90 : 1232,
      // The peer may need a moment before it listens.
      retransmit: { initialMs: 200, maxMs: 400, attempts: 50 },
    });
    const answer = new Promise<string>((resolve) => {
      const work = drive(client, (effect) => {
        if (effect.kind === 'send') socket.send(effect.datagram, port, '127.0.0.1');
        else if (effect.kind === 'established') client.send(effect.session, Buffer.from('a question\n'));
        else if (effect.kind === 'received') resolve(Buffer.from(effect.data).toString());
        else if (effect.kind === 'refused') resolve(`refused: ${effect.detail}`);
      });
      socket.on('message', (datagram) => {
        client.receive(SERVER, datagram, Date.now());
        work();
      });
      client.connect(Date.now());
      work();
    });
    if (peer.name === 'OpenSSL') {
      expect(await hear(child.stdout, 'a question')).toContain('a question');
      child.stdin?.write('an answer\n');
      expect(await answer).toBe('an answer\n');
    } else {
      expect(await answer).toContain('a question');
    }
  });
});
