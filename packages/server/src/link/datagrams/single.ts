import { type BindOptions, createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Datagram, type OpenDatagramSocket, SOCKET_BUFFER_BYTES } from './port.ts';

/** Sockets of Node alone, on every system: a call of the system for each datagram. */
export const openSingle: OpenDatagramSocket = async ({ host, port }, received) => {
  const socket = await bound(isIPv6(host), { address: host, port });
  let closed = false;
  socket.on('message', (bytes, from) => received([datagramOf(bytes, from)]));
  return {
    port: socket.address().port,
    send: (to, toPort, bytes) => {
      // Without a callback, which would cost a turn of the task queue for every datagram.
      if (!closed) socket.send(bytes, toPort, to);
    },
    close: () => {
      closed = true;
      return new Promise((resolve) => socket.close(resolve));
    },
  };
};

/** A socket of Node that is bound, or takes over what is: its errors from then on are the network's. */
export function bound(ipv6: boolean, options: BindOptions): Promise<Socket> {
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // Peers are addresses, never names: found at once, so that what is sent just before `close` still leaves.
    lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(cause);
    });
    socket.bind(options, () => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      try {
        socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
        socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
      } catch {
        // The kernel's cap is lower: it gave what it allows.
      }
      resolve(socket);
    });
  });
}

/** A datagram as Node has received it. Its bytes are no Buffer: each view of one takes twice as long to make. */
export function datagramOf({ buffer, byteOffset, length }: Buffer, { address, port }: RemoteInfo): Datagram {
  return { host: address, port, bytes: new Uint8Array(buffer, byteOffset, length) };
}

function ignore(): void {}
