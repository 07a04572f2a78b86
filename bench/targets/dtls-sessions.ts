/**
 * A DTLS server for the measurements of sessions, told over IPC what to do. It echoes application data. With the
 * argument `sleepless` sessions stay awake, otherwise each one sleeps as soon as another one is used.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { addressKey, type DtlsEffect, DtlsServer, type SessionKey } from '@reeve/dtls';
import { type Addressed, CONNECTION_ID_LENGTH, KEY, type Order } from '../load/dtls-orders.ts';

const server = new DtlsServer({
  random: randomBytes,
  connectionIds: { length: CONNECTION_ID_LENGTH, make: () => randomBytes(CONNECTION_ID_LENGTH) },
  limits: { sessions: 2_000_000, activeSessions: process.argv[2] === 'sleepless' ? 1_000_000 : 1 },
});
const sessions: SessionKey[] = [];

/** Does what the server wants done. @returns the datagrams to send */
function serve(now: number): Addressed[] {
  const out: Addressed[] = [];
  const obey = (effect: DtlsEffect): void => {
    if (effect.kind === 'send') out.push({ address: effect.address, datagram: effect.datagram });
    else if (effect.kind === 'findPsk') server.pskFound(effect.lookup, { key: KEY, credential: 'key' }, now);
    else if (effect.kind === 'received') server.send(effect.session, effect.data);
    else if (effect.kind === 'established') sessions.push(effect.session);
    // Believed at once, so that all but the first record of a device is that of one that has not moved.
    else if (effect.kind === 'addressCandidate') server.addressProven(effect.session, effect.address, now);
  };
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) effects.forEach(obey);
  return out;
}

function copy(snapshot: Uint8Array, names: readonly Uint8Array[], count: number): number {
  const template = Buffer.from(snapshot);
  const places = names.map((name) => template.indexOf(name) + name.length - 8);
  for (let i = 0; i < count; i++) {
    const number = i.toString(36).padStart(8, '0');
    for (const place of places) template.write(number, place, 'latin1');
    const result = server.import(template, {}, 0);
    if (!result.ok) throw new Error(result.detail);
  }
  return server.sizes().sessions;
}

function listen(): void {
  const socket = createSocket('udp4');
  socket.on('message', (datagram, { address, port }) => {
    const now = Date.now();
    server.receive(addressKey(`${address}|${port}`), datagram, now);
    for (const { address, datagram } of serve(now)) {
      const [host, port] = address.split('|');
      socket.send(datagram, Number(port), host);
    }
  });
  socket.bind(0, '127.0.0.1', () => {
    socket.setRecvBufferSize(4 * 1024 * 1024);
    process.send?.(socket.address().port);
  });
}

function replyTo(order: Exclude<Order, { kind: 'listen' }>): unknown {
  switch (order.kind) {
    case 'datagrams':
      return order.datagrams.flatMap(({ address, datagram }) => {
        server.receive(address, datagram, 0);
        return serve(0);
      });
    case 'restore': {
      const start = performance.now();
      for (const snapshot of order.snapshots) server.import(snapshot, {}, 0);
      return performance.now() - start;
    }
    case 'copy':
      return copy(order.snapshot, order.names, order.count);
    case 'close':
      for (const session of sessions.splice(0)) server.close(session);
      serve(0);
      return server.sizes().sessions;
    case 'memory':
      globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      return process.memoryUsage().rss;
  }
}

process.on('message', (order: Order) => {
  if (order.kind === 'listen') listen();
  else process.send?.(replyTo(order));
});
process.on('disconnect', () => process.exit());
