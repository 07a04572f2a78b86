import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { CoapEffect, RequestOutcome } from '../effects.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../endpoint.ts';
import { PeerKey, type RequestId } from '../ids.ts';
import type { RequestSpec } from '../specs.ts';

type Application = (effect: CoapEffect, endpoint: CoapEndpoint) => void;

/** An endpoint on TCP sockets of the loopback interface, by the real clock: it listens, connects, or both. */
export class TcpEndpoint implements AsyncDisposable {
  readonly core: CoapEndpoint;
  readonly #application: Application;
  readonly #outcomes = new Map<RequestId, (outcome: RequestOutcome) => void>();
  readonly #sockets = new Map<PeerKey, Socket>();
  readonly #timer: NodeJS.Timeout;
  readonly #server: Server;
  #connections = 0;

  constructor(application: Application = () => undefined, options: Partial<CoapEndpointOptions> = {}) {
    this.core = new CoapEndpoint({ random: (n) => randomBytes(n), ...options });
    this.#application = application;
    this.#server = createServer({ noDelay: true }, (socket) => this.#carry(socket));
    this.#timer = setInterval(() => {
      this.core.tick(performance.now());
      this.flush();
    }, 20);
  }

  /** Listens. @returns the port */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async connect(port: number): Promise<PeerKey> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return this.#carry(socket);
  }

  /** Sends a request and waits for its outcome. */
  request(peer: PeerKey, spec: RequestSpec | 'ping'): Promise<RequestOutcome> {
    const now = performance.now();
    const id = spec === 'ping' ? this.core.ping(peer, now) : this.core.request(peer, spec, now);
    return new Promise((resolve) => {
      this.#outcomes.set(id, resolve);
      this.flush();
    });
  }

  /** Carries out what the endpoint wants; due after every input from outside. */
  flush(): void {
    for (let effects = this.core.drain(); effects.length > 0; effects = this.core.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') this.#sockets.get(effect.peer)?.write(effect.datagram);
        else if (effect.kind === 'disconnect') this.#sockets.get(effect.peer)?.end();
        else if (effect.kind === 'outcome') this.#outcomes.get(effect.request)?.(effect.outcome);
        else this.#application(effect, this.core);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #carry(socket: Socket): PeerKey {
    const peer = PeerKey(`connection ${++this.#connections}`);
    this.#sockets.set(peer, socket);
    this.core.connected(peer, performance.now());
    this.flush();
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      this.core.receive(peer, bytes, performance.now());
      this.flush();
    });
    socket.on('close', () => {
      this.#sockets.delete(peer);
      this.core.forgetPeer(peer, performance.now());
      this.flush();
    });
    return peer;
  }
}
