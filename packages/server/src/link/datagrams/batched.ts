import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Hosts } from './hosts.ts';
import type { Libc } from './libc.ts';
import { Messages, type NameLayout, nameLayout } from './messages.ts';
import type { BindAddress, Datagram, DatagramSocket, OpenDatagramSocket } from './port.ts';
import { bound, datagramOf, openSingle } from './single.ts';

/** Datagrams for one call of the system: with some tens, the call itself is no part of what each costs any more. */
const BATCH = 64;
/** Octets of the longest datagram, and some more so that slots do not compete for the same lines of the cache. */
const RECEIVE_ROOM = 65_536 + 64;
/** Octets of a datagram that is sent together with others, which nearly all have. A longer one is sent alone. */
const SEND_ROOM = 2048;

/** socket(2), ipv6(7), recv(2). */
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_DONTWAIT = 0x40;

/** Sockets that receive and send up to 64 datagrams by one call of the system (recvmmsg(2), sendmmsg(2)). */
export function openBatched(libc: Libc): OpenDatagramSocket {
  return async (address, received) => {
    const ipv6 = isIPv6(address.host);
    const layout = nameLayout(ipv6);
    const name = bindName(libc, layout, address);
    // An address with a zone: rare enough to be left to Node.
    if (!name) return openSingle(address, received);
    const fd = bind(libc, layout, name, address);
    return new BatchedSocket({ libc, layout, fd, socket: await bound(ipv6, { fd }), received });
  };
}

interface Options {
  readonly libc: Libc;
  readonly layout: NameLayout;
  readonly fd: number;
  /** Node's socket of the same descriptor, which watches and closes it. */
  readonly socket: Socket;
  readonly received: (datagrams: readonly Datagram[]) => void;
}

/**
 * Node waits for the socket and reads the first datagram; whatever is there behind it is then read at once. So a socket
 * that hears little works as any of Node does, and the more there is to do, the less each datagram costs.
 */
class BatchedSocket implements DatagramSocket {
  readonly port: number;
  readonly #o: Options;
  readonly #in: Messages;
  readonly #out: Messages;
  readonly #hosts: Hosts;
  /** Where those that wait to be sent go; one for each slot that is in use. */
  readonly #to: string[] = [];
  readonly #flush = () => this.#sendAll();
  #closed = false;

  constructor(options: Options) {
    const { libc, layout, socket, received } = options;
    this.#o = options;
    this.port = socket.address().port;
    this.#in = new Messages(libc, layout, BATCH, RECEIVE_ROOM);
    this.#out = new Messages(libc, layout, BATCH, SEND_ROOM);
    this.#hosts = new Hosts(libc, layout);
    socket.on('message', (bytes, from) => received(this.#receiveMore(datagramOf(bytes, from))));
  }

  send(host: string, port: number, bytes: Uint8Array): void {
    if (this.#closed) return;
    const address = this.#hosts.address(host);
    if (!address || bytes.length > SEND_ROOM) {
      this.#o.socket.send(bytes, port, host);
      return;
    }
    if (this.#to.length === 0) setImmediate(this.#flush);
    this.#out.write(this.#to.length, address, port, bytes);
    this.#to.push(host);
    if (this.#to.length === BATCH) this.#sendAll();
  }

  close(): Promise<void> {
    this.#sendAll();
    // From now on the descriptor may be another file's.
    this.#closed = true;
    return new Promise((resolve) => this.#o.socket.close(resolve));
  }

  /** What is there behind the first one, with that. */
  #receiveMore(first: Datagram): Datagram[] {
    const datagrams = [first];
    const count = this.#closed ? 0 : this.#o.libc.recvmmsg(this.#o.fd, this.#in.memory, BATCH, MSG_DONTWAIT, null);
    for (let slot = 0; slot < count; slot++) {
      const host = this.#hosts.text(this.#in.address(slot));
      datagrams.push({ host, port: this.#in.port(slot), bytes: this.#in.received(slot) });
    }
    return datagrams;
  }

  #sendAll(): void {
    const waiting = this.#to.length;
    if (waiting === 0 || this.#closed) return;
    const sent = this.#o.libc.sendmmsg(this.#o.fd, this.#out.memory, waiting, MSG_DONTWAIT);
    // What the kernel has no room for, or no way, goes as any other datagram of Node.
    for (let slot = Math.max(sent, 0); slot < waiting; slot++) {
      this.#o.socket.send(this.#out.written(slot), this.#out.port(slot), this.#to[slot]);
    }
    this.#to.length = 0;
  }
}

function bindName(libc: Libc, { family, port, address, length }: NameLayout, to: BindAddress): Uint8Array | undefined {
  const name = Buffer.alloc(length);
  name.writeUInt16LE(family);
  name.writeUInt16BE(to.port, port);
  return libc.inet_pton(family, to.host, name.subarray(address)) === 1 ? name : undefined;
}

/** A bound socket's descriptor. @throws as Node does if the address cannot be bound */
function bind(libc: Libc, { family }: NameLayout, name: Uint8Array, { host, port }: BindAddress): number {
  const fd = libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`socket ${libc.error()}`);
  const on = Uint8Array.of(1, 0, 0, 0);
  if (name.length > 16) libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, on, on.length);
  if (libc.bind(fd, name, name.length) === 0) return fd;
  const error = libc.error();
  libc.close(fd);
  throw new Error(`bind ${error} ${host}:${port}`);
}
