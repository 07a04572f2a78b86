import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ListenAddress } from './port.ts';

/** Room for bursts; stock kernels cap it at net.core.rmem_max (docs/operations.md says how to raise it). */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Called for every datagram; `ingress` is the index of the socket, through which the reply must leave. */
export type OnDatagram = (ingress: number, host: string, port: number, datagram: Uint8Array) => void;

/** The sockets of `coap` and `coaps`: datagrams, and nothing else. */
export class Sockets {
  /** Where each really listens, by its place in the list of all sockets. */
  readonly addresses: ReadonlyMap<number, ListenAddress>;
  readonly #sockets: ReadonlyMap<number, Socket>;

  private constructor(sockets: ReadonlyMap<number, Socket>, addresses: ReadonlyMap<number, ListenAddress>) {
    this.#sockets = sockets;
    this.addresses = addresses;
  }

  /** Opens the sockets that are for datagrams, or none. @throws with the address that could not be bound */
  static async open(listen: readonly ListenAddress[], onDatagram: OnDatagram): Promise<Sockets> {
    const sockets = new Map<number, Socket>();
    const addresses = new Map<number, ListenAddress>();
    try {
      for (const [ingress, address] of listen.entries()) {
        if (address.transport !== 'coaps' && address.transport !== 'coap') continue;
        const socket = await bind(address);
        socket.on('message', (datagram, { address: host, port }) => onDatagram(ingress, host, port, datagram));
        sockets.set(ingress, socket);
        addresses.set(ingress, { ...address, port: socket.address().port });
      }
    } catch (error) {
      for (const socket of sockets.values()) socket.close();
      throw error;
    }
    return new Sockets(sockets, addresses);
  }

  /**
   * Sends through the socket that the peer was heard on. Errors are the network's: the protocols retransmit. Without a
   * callback, which would cost a turn of the task queue for every datagram.
   */
  send(ingress: number, host: string, port: number, datagram: Uint8Array): void {
    this.#sockets.get(ingress)?.send(datagram, port, host);
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#sockets.values()].map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
    );
  }
}

function ignore(): void {}

function bind({ host, port, transport }: ListenAddress): Promise<Socket> {
  const ipv6 = isIPv6(host);
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    // Peers are addresses, never names: found at once, so that what is sent just before `close` still leaves.
    lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(
        new Error(`cannot listen on ${transport}://${ipv6 ? `[${host}]` : host}:${port}: ${cause.message}`, { cause }),
      );
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      try {
        socket.setRecvBufferSize(BUFFER_BYTES);
        socket.setSendBufferSize(BUFFER_BYTES);
      } catch {
        // The kernel's cap is lower: it gave what it allows.
      }
      resolve(socket);
    });
  });
}
