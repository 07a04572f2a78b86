import dgram from 'node:dgram';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';

/** By the port that it listens on. */
const sockets = new Map<number, UnwiredSocket>();
let lastPort = 0;

/** As much of a `dgram.Socket` as servers and devices use; a datagram comes in a turn of its own, as from the kernel. */
class UnwiredSocket extends EventEmitter {
  readonly #port = ++lastPort;
  readonly #from = { address: '127.0.0.1', family: 'IPv4', port: this.#port, size: 0 };
  /** 0 while it is not connected. */
  #peer = 0;

  constructor() {
    super();
    sockets.set(this.#port, this);
  }

  bind(_port: number, _host: string, bound: () => void): this {
    setImmediate(bound);
    return this;
  }

  connect(port: number): void {
    this.#peer = port;
    setImmediate(() => this.emit('connect'));
  }

  send(datagram: Uint8Array, port = this.#peer): void {
    // The kernel copies too, and devices write into theirs again.
    setImmediate(deliver, port, Buffer.from(datagram), this.#from);
  }

  address() {
    return this.#from;
  }

  close(closed?: () => void): this {
    sockets.delete(this.#port);
    closed?.();
    return this;
  }

  setRecvBufferSize(): void {}
  setSendBufferSize(): void {}
}

function deliver(port: number, datagram: Buffer, from: object): void {
  sockets.get(port)?.emit('message', datagram, from);
}

/** From now on sockets for datagrams, whoever makes them in this process, reach one another without a kernel. */
export function unwire(): void {
  Object.assign(dgram, { createSocket: () => new UnwiredSocket() });
  syncBuiltinESMExports();
}
