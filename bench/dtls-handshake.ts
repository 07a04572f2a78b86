/**
 * What DTLS costs a server, in memory and without sockets: full PSK handshakes (cookie included), the protection of
 * one record each way, and memory per session. Times are CPU times of the calls into the server alone.
 *
 * Run: `node --expose-gc bench/dtls-handshake.ts`
 */
import { randomBytes } from 'node:crypto';
import { type AddressKey, addressKey, DtlsClient, type DtlsEffect, DtlsServer, type SessionKey } from '@reeve/dtls';

const BATCH = 1_000;
const BATCHES = 20;
const WARM_UP_BATCHES = 5;
const RECORDS = 100_000;
const KEY = randomBytes(16);
const SERVER = addressKey('server');

interface Device {
  readonly address: AddressKey;
  readonly client: DtlsClient;
  session: SessionKey | undefined;
}

/** CPU microseconds of this process that a call takes. */
function cpuOf(call: () => void): number {
  const start = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function newServer(): DtlsServer {
  return new DtlsServer({ random: randomBytes });
}

function newDevice(name: string): Device {
  const client = new DtlsClient({
    random: randomBytes,
    address: SERVER,
    identity: { kind: 'psk', identity: Buffer.from(name), key: KEY },
  });
  client.connect(0);
  return { address: addressKey(name), client, session: undefined };
}

/** What the server wants done; lookups are answered at once. */
function serve(server: DtlsServer): DtlsEffect[] {
  const all: DtlsEffect[] = [];
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    all.push(...effects);
    for (const effect of effects)
      if (effect.kind === 'findPsk') server.pskFound(effect.lookup, { key: KEY, credential: '' }, 0);
  }
  return all;
}

/** Connects all devices flight by flight, so that only the server's part is on the clock. @returns CPU microseconds */
function connect(server: DtlsServer, devices: readonly Device[]): number {
  const byAddress = new Map(devices.map((device) => [device.address, device]));
  let cost = 0;
  for (let flight = 0; flight < 3; flight++) {
    const datagrams = devices.flatMap(({ address, client }) =>
      client.drain().flatMap((effect) => (effect.kind === 'send' ? [{ address, datagram: effect.datagram }] : [])),
    );
    let effects: DtlsEffect[] = [];
    cost += cpuOf(() => {
      for (const { address, datagram } of datagrams) server.receive(address, datagram, 0);
      effects = serve(server);
    });
    for (const effect of effects) {
      if (effect.kind === 'send') byAddress.get(effect.address)?.client.receive(SERVER, effect.datagram, 0);
    }
  }
  for (const device of devices) {
    for (const effect of device.client.drain()) if (effect.kind === 'established') device.session = effect.session;
  }
  return cost;
}

function batch(number: number): Device[] {
  return Array.from({ length: BATCH }, (_, i) => newDevice(`device ${number * BATCH + i}`));
}

function handshakes(): void {
  const server = newServer();
  let cost = 0;
  for (let i = 0; i < WARM_UP_BATCHES + BATCHES; i++) {
    const one = connect(server, batch(i));
    if (i >= WARM_UP_BATCHES) cost += one;
  }
  const each = cost / (BATCH * BATCHES);
  console.log(`full PSK handshake: ${each.toFixed(1)} µs, ${Math.round(1e6 / each)} per CPU-second`);
}

function records(): void {
  const server = newServer();
  const device = newDevice('device');
  connect(server, [device]);
  const { client, session, address } = device;
  if (session === undefined) throw new Error('not connected');
  const data = randomBytes(64);
  const datagrams: Uint8Array[] = [];
  for (let i = 0; i < 2 * RECORDS; i++) client.send(session, data);
  for (const effect of client.drain()) if (effect.kind === 'send') datagrams.push(effect.datagram);
  const exchange = (some: readonly Uint8Array[]): void => {
    for (const datagram of some) {
      server.receive(address, datagram, 0);
      for (const effect of server.drain()) if (effect.kind === 'received') server.send(effect.session, effect.data);
      server.drain();
    }
  };
  exchange(datagrams.slice(0, RECORDS));
  const each = cpuOf(() => exchange(datagrams.slice(RECORDS))) / RECORDS;
  console.log(`64 octets opened and sealed: ${each.toFixed(1)} µs`);
}

function memory(): void {
  const server = newServer();
  const resident = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  connect(server, batch(0));
  server.tick(1e9);
  const before = resident();
  for (let i = 1; i <= BATCHES; i++) connect(server, batch(i));
  server.tick(2e9);
  console.log(`memory: ${Math.round((resident() - before) / (BATCH * BATCHES))} octets of RSS for each session`);
}

if (globalThis.gc) memory();
else console.log('memory: needs --expose-gc');
handshakes();
records();
