import dgram from 'node:dgram';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import type { Datagram, OpenDatagramSocket } from '../../packages/server/src/link/datagrams/port.ts';

type From = { readonly address: string; readonly port: number };

const HOST = '127.0.0.1';
/** What is sent to a port. */
const receivers = new Map<number, (bytes: Buffer, from: From) => void>();
let lastPort = 0;

/** As much of a `dgram.Socket` as devices use; a datagram comes in a turn of its own, as from the kernel. */
class UnwiredSocket extends EventEmitter {
  readonly #port = ++lastPort;
  readonly #from = { address: HOST, family: 'IPv4', port: this.#port, size: 0 };
  /** 0 while it is not connected. */
  #peer = 0;

  constructor() {
    super();
    receivers.set(this.#port, (bytes, from) => setImmediate(() => this.emit('message', bytes, from)));
  }

  connect(port: number): void {
    this.#peer = port;
    setImmediate(() => this.emit('connect'));
  }

  send(datagram: Uint8Array, port = this.#peer): void {
    carry(this.#from, port, datagram);
  }

  close(): void {
    receivers.delete(this.#port);
  }
}

/** The kernel copies too, and devices write into theirs again. */
function carry(from: From, port: number, bytes: Uint8Array): void {
  receivers.get(port)?.(Buffer.from(bytes), from);
}

/** A socket of the server, which takes what came in one turn of the event loop at once. */
export const openUnwired: OpenDatagramSocket = async (_address, received) => {
  const port = ++lastPort;
  let waiting: Datagram[] = [];
  const flush = () => {
    const datagrams = waiting;
    waiting = [];
    received(datagrams);
  };
  receivers.set(port, (bytes, from) => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ host: from.address, port: from.port, bytes });
  });
  return {
    port,
    send: (_host, to, bytes) => carry({ address: HOST, port }, to, bytes),
    close: async () => {
      receivers.delete(port);
    },
  };
};

/** From now on the sockets that devices make in this process reach only those of `openUnwired`, without a kernel. */
export function unwire(): void {
  Object.assign(dgram, { createSocket: () => new UnwiredSocket() });
  syncBuiltinESMExports();
}
