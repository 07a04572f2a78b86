import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { Crowd } from './crowd.ts';
import { SessionOwner } from './owner.ts';
import { type StreamLimits, streamLimits } from './stream-limits.ts';
import { StreamSockets } from './stream-sockets.ts';
import { TlsSecrets } from './tls-secrets.ts';

const HOST = '127.0.0.1';
const CSM = Buffer.from('00e1', 'hex');

describe('connections to our sockets', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  /** A socket under limits of its own. @returns its port */
  async function listen(limits: Partial<StreamLimits>, transport: 'coap+tcp' | 'coaps+tcp' = 'coap+tcp') {
    const streams = new StreamSockets({ ...streamLimits, farewellMs: 0, ...limits });
    const secrets = new TlsSecrets();
    const all = [{ transport, host: HOST, port: 0 }];
    const owner = new SessionOwner({
      random: seededBytes(1),
      wallClock: () => 0,
      connectionIdSlot: 0,
      listen: all,
      compute: () => {},
      send: () => {},
      deliver: () => {},
      streams,
      secrets,
    });
    const now = () => performance.now();
    await streams.open(all, { connections: owner.connections, secrets, now, heard: () => {} });
    open.push(streams);
    return { port: streams.addresses.get(0)?.port ?? 0, owner };
  }

  function dial(port: number): Socket {
    const socket = connect({ host: HOST, port });
    socket.on('error', () => {});
    open.push({ close: () => socket.destroy() });
    return socket;
  }

  it.each(['connections', 'connectionsPerNetwork'] as const)('are no more than %s', async (limit) => {
    const { port, owner } = await listen({ [limit]: 3 });
    const first = [dial(port), dial(port), dial(port)];
    await Promise.all(first.map((socket) => once(socket, 'data')));
    for (let n = 0; n < 10; n++) await once(dial(port), 'close');
    expect(owner.sizes().sessions).toBe(3);
    first[0]?.destroy();
    await expect.poll(() => owner.sizes().sessions, { timeout: 30_000 }).toBe(2);
    const next = dial(port);
    expect(await once(next, 'data')).toBeDefined();
  });

  it.each(['handshakes', 'handshakesPerNetwork'] as const)('shake no more hands at once than %s', async (limit) => {
    const { port } = await listen({ [limit]: 2 }, 'coaps+tcp');
    const slow = [dial(port), dial(port)];
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    await once(dial(port), 'close');
    expect(slow.map(({ closed }) => closed)).toEqual([false, false]);
  });

  it('end when a handshake takes too long', async () => {
    const { port } = await listen({ handshakeMs: 50 }, 'coaps+tcp');
    const socket = dial(port);
    socket.write(Buffer.from('160301', 'hex'));
    await once(socket, 'close');
  });

  it('end when we have closed our side, however long their peer goes on to send', async () => {
    const { port } = await listen({ handshakeMs: 100 });
    const socket = connect({ host: HOST, port, allowHalfOpen: true });
    socket.on('error', () => {});
    open.push({ close: () => socket.destroy() });
    // It does not begin with settings.
    socket.write(Buffer.from('0002', 'hex'));
    const sending = setInterval(() => socket.write('x'), 10);
    open.push({ close: () => clearInterval(sending) });
    socket.resume();
    // What it sends after that fails.
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('end when their peer does not read what it asked for', async () => {
    const { port, owner } = await listen({ unsentBytes: 65_536 });
    const socket = dial(port);
    socket.pause();
    socket.write(CSM);
    // Pings, each of which is worth a pong.
    const pings = Buffer.alloc(1_000_000, Buffer.from('08e20102030405060708', 'hex'));
    socket.on('drain', () => socket.write(pings));
    socket.write(pings);
    await expect.poll(() => owner.sizes().sessions, { timeout: 30_000 }).toBe(0);
  });

  it('cannot be had on an address that is taken, and none stays open then', async () => {
    const { port } = await listen({});
    const streams = new StreamSockets();
    const both = [0, port].map((at) => ({ transport: 'coap+tcp', host: HOST, port: at }) as const);
    const options = { now: () => 0, heard: () => {}, secrets: new TlsSecrets() };
    const { owner } = await listen({});
    const opening = streams.open(both, { ...options, connections: owner.connections });
    await expect(opening).rejects.toThrow(`coap+tcp://127.0.0.1:${port}`);
  });
});

describe('a crowd', () => {
  it('has room again for each that leaves, once', () => {
    const crowd = new Crowd(2, 2);
    const leave = crowd.enter('a');
    crowd.enter('b');
    expect(crowd.enter('a')).toBeUndefined();
    leave?.();
    leave?.();
    expect(crowd.enter('a')).toBeDefined();
    expect(crowd.enter('a')).toBeUndefined();
  });
});
