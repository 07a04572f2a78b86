/**
 * What DTLS sessions cost a server: memory awake and asleep, restoring many of them, and how fast those that sleep
 * wake. The server is a process of its own on core 0; this one plays the devices.
 *
 * Run: `npm run bench -- dtls-sessions`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AddressKey, addressKey, DtlsClient, type DtlsEffect, DtlsServer, type SessionKey } from '@reeve/dtls';
import { cpuSeconds } from './load/cpu.ts';
import { type Addressed, CONNECTION_ID_LENGTH, KEY, type Order } from './load/dtls-orders.ts';

const SESSIONS = 10_000;
const ASLEEP = 1_000_000;
/** Handshakes under way at a time. */
const BATCH = 500;
/** Sockets that the devices share: a session with a Connection ID does not mind. */
const SOCKETS = 100;
const OUTSTANDING = 128;
const WARM_UP_MS = 3_000;
const WINDOW_MS = 2_000;
const WINDOWS = 5;
const SERVER = addressKey('server');

interface Device {
  readonly address: AddressKey;
  readonly client: DtlsClient;
  session: SessionKey | undefined;
}

type Carry = (datagrams: readonly Addressed[]) => Promise<readonly Addressed[]>;

/** A program on core 0. */
function start(program: string, ...args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(`targets/${program}`, import.meta.url));
  const command = ['-c', '0', process.execPath, '--expose-gc', file, ...args];
  return spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], serialization: 'advanced' });
}

async function tell<T>(server: ChildProcess, order: Order): Promise<T> {
  server.send(order);
  const [reply] = await once(server, 'message');
  return reply as T;
}

function sendsOf(effects: readonly DtlsEffect[]): Addressed[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [effect] : []));
}

/** Devices whose names all end in 8 octets that can be another number. */
function newDevices(from: number, count: number): Device[] {
  return Array.from({ length: count }, (_, i) => {
    const number = String(from + i).padStart(8, '0');
    const client = new DtlsClient({
      random: randomBytes,
      address: SERVER,
      identity: { kind: 'psk', identity: Buffer.from(`urn:dev:os:0023C7-${number}`), key: KEY },
      connectionId: 'zero-length',
    });
    client.connect(0);
    return { address: addressKey(`192.0.2.100|${number}`), client, session: undefined };
  });
}

async function connect(devices: readonly Device[], carry: Carry): Promise<void> {
  for (let first = 0; first < devices.length; first += BATCH) {
    const batch = new Map(devices.slice(first, first + BATCH).map((device) => [device.address, device]));
    for (let flight = 0; flight < 3; flight++) {
      const datagrams = [...batch.values()].flatMap(({ address, client }) =>
        sendsOf(client.drain()).map(({ datagram }) => ({ address, datagram })),
      );
      for (const { address, datagram } of await carry(datagrams))
        batch.get(address)?.client.receive(SERVER, datagram, 0);
    }
    for (const device of batch.values()) {
      for (const effect of device.client.drain()) if (effect.kind === 'established') device.session = effect.session;
      if (device.session === undefined) throw new Error('not connected');
    }
  }
}

/** One record with data each way, so that a session has all that it needs for them, and no flight to send again. */
async function converse(devices: readonly Device[], carry: Carry): Promise<void> {
  for (let first = 0; first < devices.length; first += BATCH) {
    await carry(
      devices.slice(first, first + BATCH).map(({ address, client, session }) => {
        if (session !== undefined) client.send(session, randomBytes(64));
        return { address, datagram: sendsOf(client.drain())[0]?.datagram ?? new Uint8Array(0) };
      }),
    );
  }
}

/** The server's side of the sessions of devices, which a server in this process has made. */
async function snapshotsOf(devices: readonly Device[], makeConnectionId: () => Uint8Array): Promise<Uint8Array[]> {
  const connectionIds = { length: CONNECTION_ID_LENGTH, make: makeConnectionId };
  const server = new DtlsServer({ random: randomBytes, connectionIds });
  const snapshots: (Uint8Array | undefined)[] = [];
  await connect(devices, async (datagrams) => {
    const out: Addressed[] = [];
    for (const { address, datagram } of datagrams) server.receive(address, datagram, 0);
    for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
      out.push(...sendsOf(effects));
      for (const effect of effects) {
        if (effect.kind === 'findPsk') server.pskFound(effect.lookup, { key: KEY, credential: 'key' }, 0);
        else if (effect.kind === 'established') snapshots.push(server.export(effect.session));
      }
    }
    return out;
  });
  return snapshots.flatMap((snapshot) => snapshot ?? []);
}

async function memoryAwake(): Promise<void> {
  const server = start('dtls-sessions.ts', 'sleepless');
  const carry: Carry = (datagrams) => tell(server, { kind: 'datagrams', datagrams });
  // What handshakes leave behind in the heap is there before.
  const earlier = newDevices(0, SESSIONS / 2);
  await connect(earlier, carry);
  await converse(earlier, carry);
  await tell(server, { kind: 'close' });
  const before = await tell<number>(server, { kind: 'memory' });
  const devices = newDevices(SESSIONS, SESSIONS);
  await connect(devices, carry);
  await converse(devices, carry);
  const after = await tell<number>(server, { kind: 'memory' });
  console.log(`awake: ${Math.round((after - before) / SESSIONS)} octets of RSS for each of ${SESSIONS} sessions`);
  server.disconnect();
}

async function memoryAsleep(): Promise<void> {
  const server = start('dtls-sessions.ts');
  const connectionId = Buffer.from('A number');
  const devices = newDevices(0, 1);
  const [snapshot] = await snapshotsOf(devices, () => connectionId);
  const [device] = devices;
  const host = new DtlsServer({ random: randomBytes, connectionIds: { length: 8, make: () => connectionId } });
  const taken = host.import(snapshot ?? connectionId, {}, 0);
  if (!taken.ok || snapshot === undefined || device === undefined) throw new Error('no snapshot');
  const identity = Buffer.from('urn:dev:os:0023C7-00000000').toString('hex');
  const names = [Buffer.from(taken.session), Buffer.from(device.address), connectionId, Buffer.from(identity)];
  const before = await tell<number>(server, { kind: 'memory' });
  const count = await tell<number>(server, { kind: 'copy', snapshot, names, count: ASLEEP });
  const after = await tell<number>(server, { kind: 'memory' });
  const each = Math.round((after - before) / count);
  console.log(`asleep: ${each} octets of RSS for each of ${count} sessions, ${Math.round(after / 1e6)} MB in all`);
  server.disconnect();
}

/** Keeps datagrams under way, each from another device; `next` makes them. */
class Load {
  done = 0;
  readonly #sockets: readonly Socket[];
  readonly #port: number;
  readonly #next: (turn: number) => Uint8Array;
  #turn = 0;

  constructor(sockets: readonly Socket[], port: number, next: (turn: number) => Uint8Array) {
    this.#sockets = sockets;
    this.#port = port;
    this.#next = next;
    for (const socket of sockets) {
      socket.removeAllListeners('message').on('message', () => {
        this.done++;
        this.#send();
      });
    }
    for (let i = 0; i < OUTSTANDING; i++) this.#send();
  }

  #send(): void {
    const turn = this.#turn++;
    this.#sockets[turn % this.#sockets.length]?.send(this.#next(turn), this.#port, '127.0.0.1');
  }
}

/** Operations for each second of CPU time of the server: the median of some windows. */
async function rateOf(server: ChildProcess, load: Load): Promise<number> {
  await sleep(WARM_UP_MS);
  const rates: number[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    const cpu = cpuSeconds(server.pid ?? 0);
    const done = load.done;
    await sleep(WINDOW_MS);
    rates.push((load.done - done) / (cpuSeconds(server.pid ?? 0) - cpu));
  }
  return rates.toSorted((a, b) => a - b)[WINDOWS >> 1] ?? 0;
}

async function waking(): Promise<void> {
  const devices = newDevices(0, SESSIONS);
  const snapshots = await snapshotsOf(devices, () => randomBytes(CONNECTION_ID_LENGTH));
  const server = start('dtls-sessions.ts');
  const took = await tell<number>(server, { kind: 'restore', snapshots });
  console.log(`restored: ${snapshots.length} sessions in ${Math.round(took)} ms`);

  const sockets = Array.from({ length: SOCKETS }, () => createSocket('udp4').bind(0, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  const data = randomBytes(64);
  const record = (turn: number): Uint8Array => {
    const { client, session } = devices[turn % devices.length] ?? {};
    if (client === undefined || session === undefined) throw new Error('no device');
    client.send(session, data);
    return sendsOf(client.drain())[0]?.datagram ?? data;
  };
  const sample = record(0);

  const echo = start('echo.ts');
  if (echo.stdout === null) throw new Error('a benchmark needs pipes');
  const [line] = (await once(createInterface({ input: echo.stdout }), 'line')) as [string];
  const raw = await rateOf(echo, new Load(sockets, Number(line), () => sample));
  echo.kill();

  const port = await tell<number>(server, { kind: 'listen' });
  const woken = await rateOf(server, new Load(sockets, port, record));
  const ratio = (woken / raw).toFixed(2);
  console.log(`woken: ${Math.round(woken)} sessions per CPU-second, ${ratio} of the raw echo (aim: ≥ 0.1)`);
  server.disconnect();
  for (const socket of sockets) socket.close();
}

await memoryAwake();
await memoryAsleep();
await waking();
