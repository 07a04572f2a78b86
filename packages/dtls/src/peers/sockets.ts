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

/** A UDP port that nobody has just now, nor the one before it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const one = await bind();
    const { port } = one.address();
    const before = await bind(port - 1).catch(() => undefined);
    for (const socket of [one, before]) {
      if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
    if (before) return port;
  }
}
