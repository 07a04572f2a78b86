import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { transportOf } from './transports.ts';

/** What takes an engine's bytes to a server. */
export interface Wire {
  readonly uri: string;
  send(bytes: Uint8Array): void;
  /** Closes it once all is written; nothing more is heard. */
  close(): void;
}

/** Datagrams that wait for the socket; what comes beyond is lost, as datagrams are. */
const WAITING_DATAGRAMS = 8;

/** Datagrams to one server, over a connected socket. */
export class UdpWire implements Wire {
  readonly uri: string;
  readonly #heard: (datagram: Uint8Array) => void;
  #socket: Socket | undefined;
  #opening = false;
  #closed = false;
  #waiting: Uint8Array[] = [];

  constructor(uri: string, heard: (datagram: Uint8Array) => void) {
    this.uri = uri;
    this.#heard = heard;
  }

  /** @throws TypeError for a URI that is none, or Error when the host can't be resolved or reached */
  async open(): Promise<void> {
    this.#opening = true;
    try {
      const socket = await connect(this.uri);
      if (this.#closed) return void socket.close();
      this.#socket = socket;
      socket.on('message', (datagram) => {
        if (!this.#closed) this.#heard(datagram);
      });
      for (const datagram of this.#waiting) socket.send(datagram);
    } finally {
      this.#opening = false;
      this.#waiting = [];
    }
  }

  /** A server that can't be reached is one that does not answer; the next datagram tries again. */
  send(datagram: Uint8Array): void {
    if (this.#socket !== undefined) {
      this.#socket.send(datagram);
      return;
    }
    if (this.#waiting.length < WAITING_DATAGRAMS) this.#waiting.push(datagram);
    if (!this.#opening) this.open().catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }
}

async function connect(serverUri: string): Promise<Socket> {
  const { hostname, port } = new URL(serverUri);
  const { address, family } = await lookup(hostname.replace(/^\[|\]$/g, ''));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  socket.connect(Number(port) || (transportOf(serverUri)?.port ?? 5683), address);
  await once(socket, 'connect');
  // From now on a refused datagram is a lost one: the engine's timers deal with it.
  socket.on('error', () => {});
  return socket;
}
