import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

/** A UDP socket on 127.0.0.1. */
export async function bind(port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', resolve);
  });
  return socket;
}

/** Below the ports that the system gives to those who ask for any: they must not come in between. */
const PORTS = { first: 20_000, last: 32_000 } as const;
let nextPort: number = randomInt(PORTS.first, PORTS.last);

/** A UDP port that nobody has just now, nor the one before it, for a program that is about to start. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort + 2 < PORTS.last ? nextPort + 2 : PORTS.first;
    const port = nextPort;
    const sockets = await Promise.all([port - 1, port].map((each) => bind(each).catch(() => undefined)));
    for (const socket of sockets) {
      if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
    if (sockets.every((socket) => socket !== undefined)) return port;
  }
}
