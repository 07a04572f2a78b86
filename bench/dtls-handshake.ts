/**
 * What the DTLS core costs a server, without sockets: full PSK handshakes (cookie included), and opening and sealing
 * one record with each kind of cipher. Times are CPU times of the server alone: what the devices send is recorded
 * once and played back to servers with the same randomness, so that no device is at work, nor its garbage collected.
 *
 * Run: `npm run bench -- dtls`
 */
import { randomBytes } from 'node:crypto';
import { type AddressKey, addressKey, DtlsClient, type DtlsEffect, DtlsServer, type SuiteName } from '@reeve/dtls';

const HANDSHAKES = 2_000;
const RECORDS = 20_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;
/** Octets of randomness that a server uses for a handshake, and more. */
const RANDOM_EACH = 128;
const KEY = randomBytes(16);
const RANDOM = randomBytes(HANDSHAKES * RANDOM_EACH);
const SERVER = addressKey('server');
const DATA = randomBytes(64);
const SUITES = [
  'TLS_PSK_WITH_AES_128_CCM_8',
  'TLS_PSK_WITH_AES_128_GCM_SHA256',
  'TLS_PSK_WITH_AES_256_GCM_SHA384',
  'TLS_PSK_WITH_AES_128_CBC_SHA256',
] as const;

interface Datagram {
  readonly address: AddressKey;
  readonly bytes: Uint8Array;
}

/** A server whose randomness is the same as that of every other one. */
function newServer(suite: SuiteName): DtlsServer {
  let used = 0;
  const random = (length: number): Uint8Array => {
    used += length;
    return RANDOM.subarray(used - length, used);
  };
  return new DtlsServer({ random, suites: [suite] });
}

/** Gives a datagram to a server, answers what it looks up, and sends back what it receives. */
function serve(server: DtlsServer, { address, bytes }: Datagram): DtlsEffect[] {
  const all: DtlsEffect[] = [];
  server.receive(address, bytes, 0);
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    for (const effect of effects) {
      all.push(effect);
      if (effect.kind === 'findPsk') server.pskFound(effect.lookup, { key: KEY, credential: 'key' }, 0);
      else if (effect.kind === 'received') server.send(effect.session, effect.data);
    }
  }
  return all;
}

/** What devices send, each of them to do a handshake and then some records. */
function record(suite: SuiteName, devices: number, records: number): Datagram[] {
  const server = newServer(suite);
  const sent: Datagram[] = [];
  for (let i = 0; i < devices; i++) {
    const address = addressKey(`192.0.2.1:${i}`);
    const identity = { kind: 'psk', identity: Buffer.from(`device-${i}`), key: KEY } as const;
    const client = new DtlsClient({ random: randomBytes, address: SERVER, identity, suites: [suite] });
    client.connect(0);
    for (let effects = client.drain(); effects.length > 0; effects = client.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'established') {
          for (let j = 0; j < records; j++) client.send(effect.session, DATA);
        } else if (effect.kind === 'send') {
          sent.push({ address, bytes: effect.datagram });
          for (const answer of serve(server, { address, bytes: effect.datagram })) {
            if (answer.kind === 'send') client.receive(SERVER, answer.datagram, 0);
          }
        }
      }
    }
  }
  return sent;
}

/** Plays datagrams to one new server after the other. @returns median CPU microseconds of a round from `start` on */
function play(suite: SuiteName, datagrams: readonly Datagram[], start: number): number {
  const costs: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const server = newServer(suite);
    for (const datagram of datagrams.slice(0, start)) serve(server, datagram);
    const before = process.cpuUsage();
    for (const datagram of datagrams.slice(start)) serve(server, datagram);
    const { user, system } = process.cpuUsage(before);
    if (round >= WARM_UP_ROUNDS) costs.push(user + system);
  }
  return costs.toSorted((a, b) => a - b)[costs.length >> 1] ?? Number.NaN;
}

function handshakes(suite: SuiteName): void {
  const each = play(suite, record(suite, HANDSHAKES, 0), 0) / HANDSHAKES;
  console.log(`${suite}: full handshake in ${each.toFixed(1)} µs, ${Math.round(1e6 / each)} per CPU-second`);
}

function records(suite: SuiteName): void {
  const datagrams = record(suite, 1, RECORDS);
  const each = play(suite, datagrams, datagrams.length - RECORDS) / RECORDS;
  console.log(`${suite}: ${DATA.length} octets opened and sealed in ${each.toFixed(1)} µs`);
}

handshakes(SUITES[0]);
for (const suite of SUITES) records(suite);
