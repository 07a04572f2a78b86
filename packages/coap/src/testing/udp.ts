import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { CoapEffect, RequestOutcome } from '../effects.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../endpoint.ts';
import { PeerKey, type RequestId } from '../ids.ts';
import type { RequestSpec } from '../specs.ts';

/** A core on a UDP socket of the loopback interface, by the real clock. */
export class UdpEndpoint implements AsyncDisposable {
  readonly core: CoapEndpoint;
  readonly #socket: Socket;
  readonly #application: (effect: CoapEffect, core: CoapEndpoint) => void;
  readonly #outcomes = new Map<RequestId, (outcome: RequestOutcome) => void>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, application: (effect: CoapEffect, core: CoapEndpoint) => void, options: Options) {
    this.core = new CoapEndpoint({ random: (n) => randomBytes(n), ...options });
    this.#socket = socket;
    this.#application = application;
    socket.on('message', (datagram, { address, port }) => {
      this.core.receive(PeerKey(`${address}:${port}`), datagram, performance.now());
      this.flush();
    });
  }

  static async open(
    application: (effect: CoapEffect, core: CoapEndpoint) => void = () => undefined,
    options: Options = {},
  ): Promise<UdpEndpoint> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new UdpEndpoint(socket, application, options);
  }

  get port(): number {
    return this.#socket.address().port;
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

  /** Carries out what the core wants; due after every input from outside. */
  flush(): void {
    for (let effects = this.core.drain(); effects.length > 0; effects = this.core.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') {
          const [address, port] = effect.peer.split(':');
          this.#socket.send(effect.datagram, Number(port), address);
        } else if (effect.kind === 'outcome') {
          this.#outcomes.get(effect.request)?.(effect.outcome);
        } else {
          this.#application(effect, this.core);
        }
      }
    }
    clearTimeout(this.#timer);
    const at = this.core.nextWakeAt();
    if (at === undefined) return;
    const tick = () => {
      this.core.tick(performance.now());
      this.flush();
    };
    this.#timer = setTimeout(tick, Math.max(at - performance.now(), 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

type Options = Partial<CoapEndpointOptions>;
