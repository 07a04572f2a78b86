import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../port.ts';
import { openBatched } from './batched.ts';
import { loadLibc } from './libc.ts';
import type { Datagram, DatagramSocket, OpenDatagramSocket } from './port.ts';
import { openSingle } from './single.ts';

/** Called with what a socket received; `ingress` is the index of the socket, through which the replies must leave. */
export type OnDatagrams = (ingress: number, datagrams: readonly Datagram[]) => void;

/** The sockets of `coap` and `coaps`: datagrams, and nothing else. */
export class Sockets {
  /** Where each really listens, by its place in the list of all sockets. */
  readonly addresses: ReadonlyMap<number, ListenAddress>;
  readonly #sockets: ReadonlyMap<number, DatagramSocket>;

  private constructor(sockets: ReadonlyMap<number, DatagramSocket>, addresses: ReadonlyMap<number, ListenAddress>) {
    this.#sockets = sockets;
    this.addresses = addresses;
  }

  /**
   * Opens the sockets that are for datagrams, or none.
   * @param open how: the quickest that this system has, if nothing is given
   * @throws with the address that could not be bound
   */
  static async open(
    listen: readonly ListenAddress[],
    onDatagrams: OnDatagrams,
    open?: OpenDatagramSocket,
  ): Promise<Sockets> {
    const opened = open ?? (await quickest());
    const sockets = new Map<number, DatagramSocket>();
    const addresses = new Map<number, ListenAddress>();
    try {
      for (const [ingress, address] of listen.entries()) {
        if (address.transport !== 'coaps' && address.transport !== 'coap') continue;
        const socket = await opened(address, (datagrams) => onDatagrams(ingress, datagrams)).catch((cause: Error) => {
          throw new Error(`cannot listen on ${showUri(address)}: ${cause.message}`, { cause });
        });
        sockets.set(ingress, socket);
        addresses.set(ingress, { ...address, port: socket.port });
      }
    } catch (error) {
      for (const socket of sockets.values()) void socket.close();
      throw error;
    }
    return new Sockets(sockets, addresses);
  }

  /** Sends through the socket that the peer was heard on. */
  send(ingress: number, host: string, port: number, datagram: Uint8Array): void {
    this.#sockets.get(ingress)?.send(host, port, datagram);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
  }
}

async function quickest(): Promise<OpenDatagramSocket> {
  const libc = await loadLibc();
  return libc ? openBatched(libc) : openSingle;
}

function showUri({ transport, host, port }: ListenAddress): string {
  return `${transport}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
