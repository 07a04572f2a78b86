import { createServer, type Server, type Socket } from 'node:net';
import { networkOf, type PeerAddress } from './address.ts';
import type { Arrival, Connections, StreamSide } from './connections.ts';
import { Crowd } from './crowd.ts';
import type { ListenAddress, Listener, SessionId } from './port.ts';
import { type StreamLimits, streamLimits } from './stream-limits.ts';
import { TlsListener } from './tls-listener.ts';
import type { TlsSecrets } from './tls-secrets.ts';

interface Options {
  readonly connections: Connections;
  readonly secrets: TlsSecrets;
  /** Milliseconds on the owner's clock. */
  readonly now: () => number;
  readonly keyLog?: (line: string) => void;
  /** Called after every input. */
  readonly heard: () => void;
}

/** The sockets of `coap+tcp` and `coaps+tcp`. */
export class StreamSockets implements StreamSide {
  /** Where each really listens, by its place in the list of all sockets. */
  readonly addresses = new Map<number, ListenAddress>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<SessionId, Socket>();
  /** Accepted and not closed, whether they became a session or not. */
  readonly #accepted = new Set<Socket>();
  readonly #limits: StreamLimits;
  readonly #crowd: Crowd;
  readonly #handshakes: Crowd;

  constructor(limits: StreamLimits = streamLimits) {
    this.#limits = limits;
    this.#crowd = new Crowd(limits.connections, limits.connectionsPerNetwork);
    this.#handshakes = new Crowd(limits.handshakes, limits.handshakesPerNetwork);
  }

  /** Opens the sockets that are for connections, or none. @throws Error with the address that could not be bound */
  async open(listen: readonly Listener[], options: Options): Promise<void> {
    try {
      for (const [ingress, listener] of listen.entries()) {
        const { transport, host, port } = listener;
        if (transport !== 'coap+tcp' && transport !== 'coaps+tcp') continue;
        const accept =
          transport === 'coap+tcp' ? this.#plain(ingress, options) : this.#secure(ingress, listener, options);
        const server = createServer({ noDelay: true }, accept);
        this.#servers.push(server);
        this.addresses.set(ingress, { ...listener, port: await bind(server, transport, host, port) });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  write(sessionId: SessionId, bytes: Uint8Array): void {
    const socket = this.#sockets.get(sessionId);
    if (!socket?.writable) return;
    socket.write(bytes);
    // Its peer does not read: what it is owed would grow without end.
    if (socket.writableLength > this.#limits.unsentBytes) socket.destroy();
  }

  end(sessionId: SessionId): void {
    const socket = this.#sockets.get(sessionId);
    if (!socket) return;
    this.#sockets.delete(sessionId);
    socket.end();
    socket.resume();
    // However much its peer still sends.
    const cut = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    socket.once('close', () => clearTimeout(cut));
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    // What was just written, a farewell, still leaves; who does not close its side then is cut off.
    const cut = setTimeout(() => {
      for (const socket of this.#accepted) socket.destroy();
    }, this.#limits.farewellMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  /** Counts a socket for as long as it is there. */
  #admit(socket: Socket): boolean {
    const leave = this.#crowd.enter(networkOf(socket.remoteAddress ?? ''));
    if (!leave || socket.remoteAddress === undefined) {
      leave?.();
      socket.destroy();
      return false;
    }
    this.#accepted.add(socket);
    // A peer that goes away is no fault of ours; `close` follows.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#accepted.delete(socket);
      leave();
    });
    return true;
  }

  #plain(ingress: number, options: Options): (socket: Socket) => void {
    return (socket) => {
      if (this.#admit(socket)) this.#carry(socket, { transport: 'coap+tcp', ...addressOf(socket, ingress) }, options);
    };
  }

  #secure(ingress: number, listener: Listener, options: Options): (socket: Socket) => void {
    const tls = new TlsListener({
      ...options,
      limits: this.#limits,
      ingress,
      listener,
      established: (socket, arrival) => this.#carry(socket, arrival, options),
    });
    return (socket) => {
      if (!this.#admit(socket)) return;
      const address = addressOf(socket, ingress);
      const leave = this.#handshakes.enter(networkOf(address.host));
      if (leave) tls.accept(socket, address, leave);
      else socket.destroy();
    };
  }

  /** Joins a connection to its session. */
  #carry(socket: Socket, arrival: Arrival, { connections, now, heard }: Options): void {
    const sessionId = connections.open(arrival, (id) => this.#sockets.set(id, socket), now());
    if (sessionId === undefined) {
      socket.destroy();
      return;
    }
    socket.on('data', (bytes) => {
      connections.receive(sessionId, bytes, now());
      heard();
    });
    socket.once('close', () => {
      this.#sockets.delete(sessionId);
      connections.close(sessionId, 'the connection was closed', now());
      heard();
    });
    heard();
  }
}

function addressOf(socket: Socket, ingress: number): PeerAddress {
  return { ingress, host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
}

function bind(server: Server, transport: string, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      const where = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
      reject(new Error(`cannot listen on ${where}: ${cause.message}`, { cause }));
    };
    server.once('error', failed);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', failed);
      // What goes wrong later is with a single connection.
      server.on('error', () => {});
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
