import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, decodeMessage, MessageType } from '@reeve/coap';
import { createApi } from '@reeve/contract';
import { addressKey, DtlsClient } from '@reeve/dtls';
import { defaultPorts, type ServerConfig, startServer } from '@reeve/server';
import { afterEach, describe, expect, it } from 'vitest';
import { commitGate } from '../packages/server/src/store/sqlite/gate.ts';
import { openSqliteStore } from '../packages/server/src/store/sqlite/store.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { TestServer } from './harness.ts';
import { PlainDevice } from './plain-device.ts';
import { type SystemCall, straceCommand, systemCalls } from './strace.ts';

const EACH = 100;
const RECEIVE = ['recvmsg', 'recvmmsg'];
const SEND = ['sendmsg', 'sendmmsg'];
const SYNC = ['fsync', 'fdatasync'];

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const messageIdOf = (datagram: Uint8Array) => Buffer.from(datagram).readUInt16BE(2);

/** When a message of a type first went through one of the calls, by message id: a slow answer is asked for again. */
function passages(calls: readonly SystemCall[], names: readonly string[], type: MessageType): Map<number, SystemCall> {
  const found = new Map<number, SystemCall>();
  for (const call of calls) {
    if (!names.includes(call.name)) continue;
    for (const buffer of call.buffers) {
      const decoded = decodeMessage(buffer);
      if (!decoded.ok || decoded.message.type !== type || found.has(decoded.message.messageId)) continue;
      found.set(decoded.message.messageId, call);
    }
  }
  return found;
}

/** The messages whose ACK left before an fsync of the write-ahead log, begun after they were received, had ended. */
function unsynced(calls: readonly SystemCall[], messageIds: readonly number[]): number[] {
  const syncs = calls.filter(({ name, file }) => SYNC.includes(name) && file.endsWith('-wal'));
  const received = passages(calls, RECEIVE, MessageType.Confirmable);
  const answered = passages(calls, SEND, MessageType.Acknowledgement);
  return messageIds.filter((messageId) => {
    const { ended: begin } = received.get(messageId) ?? {};
    const { started: end } = answered.get(messageId) ?? {};
    if (begin === undefined || end === undefined) return true;
    return !syncs.some((sync) => sync.started > begin && sync.ended < end);
  });
}

/** Runs a server under strace, and finds the unsynced ones of each kind of message. */
async function traced(options: { synchronous?: 'NORMAL' }) {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-strace-'));
  open.push({ close: () => rmSync(folder, { recursive: true }) });
  const file = join(folder, 'calls');
  const wrapper = straceCommand(file, [...RECEIVE, ...SEND, ...SYNC]);
  const server = await TestServer.start({ noSec: true, wrapper, ...options });
  open.push(server);
  const { api } = server;
  const devices: PlainDevice[] = [];
  for (const endpoint of ['plain', 'plain-2', 'plain-3', 'plain-4']) {
    await api('devices.add', { body: { endpoint, noSec: true } });
    const one = await PlainDevice.open(endpoint, server.ready.coapPort, devices.length * EACH * 4);
    devices.push(one);
    open.push(one);
  }
  const [device = expect.fail()] = devices;

  const exchanges = async (code: number, message: (of: PlainDevice, turn: number) => Uint8Array, of = [device]) => {
    const messageIds: number[] = [];
    for (let turn = 0; turn < EACH; turn++) {
      const sender = of[turn % of.length] ?? device;
      const datagram = message(sender, turn);
      expect((await sender.exchange(datagram)).code).toBe(code);
      messageIds.push(messageIdOf(datagram));
    }
    return messageIds;
  };
  // A single device that registers so often would be refused.
  const registers = await exchanges(Code.Created, (of) => of.register(), devices);
  const updates = await exchanges(Code.Changed, (of) => of.update());
  await api('devices.observe', { params: { device: 'plain' }, body: { path: '/3/0/9' } });
  await device.observed();
  const notifications = await exchanges(Code.Empty, (of, turn) => of.notification(String(turn % 100)));
  const { value } = await api('devices.history', { params: { device: 'plain' }, query: { path: '/3/0/9' } });
  expect(value.length).toBeGreaterThan(0);
  await server.kill();

  const calls = systemCalls(readFileSync(file, 'utf8'));
  return {
    registers: unsynced(calls, registers),
    updates: unsynced(calls, updates),
    notifications: unsynced(calls, notifications),
  };
}

describe.skipIf(!hasPeer('strace', ['strace', '-V']))('What strace sees of a durable answer', () => {
  it(`syncs the log between each of ${EACH} Registers, Updates and notifications and its answer`, async () => {
    expect(await traced({})).toEqual({ registers: [], updates: [], notifications: [] });
  });

  it('would notice a store that does not wait for the disk', async () => {
    const { registers, updates, notifications } = await traced({ synchronous: 'NORMAL' });
    expect([registers, updates, notifications].map(({ length }) => length)).toEqual([EACH, EACH, EACH]);
  });
});

describe('While the disk keeps a commit waiting', () => {
  it('handles every other datagram, and answers the waiting one once, after the commit', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'reeve-gate-'));
    open.push({ close: () => rmSync(dataFolder, { recursive: true }) });
    const config: ServerConfig = {
      dataFolder,
      listen: [
        { transport: 'coaps', host: '127.0.0.1', port: 0 },
        { transport: 'coap', host: '127.0.0.1', port: 0 },
      ],
      http: { host: '127.0.0.1', port: 0 },
      link: 'main',
      logLevel: 'silent',
    };
    const gate = commitGate();
    const server = await startServer(config, {
      ...defaultPorts(config),
      openStore: (file) => openSqliteStore({ file, gate }),
    });
    open.push({
      close: () => {
        gate.open();
        return server.close();
      },
    });
    const token = readFileSync(server.tokenFile, 'utf8').trim();
    const api = createApi(server.url, { authorization: `Bearer ${token}` });
    const key = randomBytes(16);
    await api('devices.add', { body: { endpoint: 'plain', noSec: true } });
    await api('devices.add', { body: { endpoint: 'secure', key: key.toString('hex') } });
    const [coaps, coap] = server.coap.map(({ port }) => port);
    const device = await PlainDevice.open('plain', coap ?? 0);
    open.push(device);
    expect((await device.exchange(device.register())).code).toBe(Code.Created);

    gate.shut();
    const update = device.update();
    const answer = device.answerTo(update);
    device.send(update);
    device.send(update); // a duplicate
    const before = device.answers.length;
    const pong = await device.exchange(device.encode({ code: Code.Empty }));
    expect(pong.type).toBe(MessageType.Reset);
    expect(await handshake(coaps ?? 0, 'secure', key)).toBe('established');
    expect((await device.exchange(device.encode({ code: Code.Empty }))).type).toBe(MessageType.Reset);
    expect(device.answers.slice(before).map(({ type }) => type)).toEqual([MessageType.Reset, MessageType.Reset]);

    gate.open();
    expect((await answer).code).toBe(Code.Changed);
    await device.exchange(device.encode({ code: Code.Empty }));
    const answers = device.answers.filter(({ messageId }) => messageId === messageIdOf(update));
    expect(answers).toHaveLength(1);
    // From now on a duplicate gets the same answer again.
    expect((await device.exchange(update)).code).toBe(Code.Changed);
  });
});

/** Connects a DTLS client; how that ended. */
async function handshake(port: number, identity: string, key: Uint8Array): Promise<string> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const address = addressKey('server');
  const client = new DtlsClient({
    random: randomBytes,
    address,
    identity: { kind: 'psk', identity: Buffer.from(identity), key },
  });
  return new Promise((resolve) => {
    const carryOut = () => {
      for (const effect of client.drain()) {
        if (effect.kind === 'send') socket.send(effect.datagram);
        else resolve(effect.kind);
      }
    };
    socket.on('message', (datagram) => {
      client.receive(address, datagram, performance.now());
      carryOut();
    });
    client.connect(performance.now());
    carryOut();
  });
}
