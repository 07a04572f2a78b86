import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage } from '../codec.ts';
import type { CoapEffect, RequestOutcome } from '../effects.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../endpoint.ts';
import { PeerKey, type RequestId } from '../ids.ts';
import type { OscoreAssociation } from '../oscore/index.ts';
import type { RequestSpec } from '../specs.ts';

/** A core on a UDP socket of the loopback interface, by the real clock. */
export class UdpEndpoint implements AsyncDisposable {
  readonly core: CoapEndpoint;
  readonly #socket: Socket;
  readonly #application: (effect: CoapEffect, core: CoapEndpoint) => void;
  readonly #outcomes = new Map<RequestId, (outcome: RequestOutcome) => void>();
  /** Protects everything, for one peer. */
  readonly #association: OscoreAssociation | undefined;
  #peer: PeerKey | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    socket: Socket,
    application: (effect: CoapEffect, core: CoapEndpoint) => void,
    { association, ...options }: Options,
  ) {
    this.core = new CoapEndpoint({ random: (n) => randomBytes(n), ...options });
    this.#socket = socket;
    this.#application = application;
    this.#association = association;
    socket.on('message', (datagram, { address, port }) => {
      this.#peer = PeerKey(`${address}:${port}`);
      const decoded = decodeMessage(datagram);
      if (!association) this.core.receive(this.#peer, datagram, performance.now());
      else if (decoded.ok) association.receive(datagram, decoded.message);
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
    this.#drainAssociation();
    for (let effects = this.core.drain(); effects.length > 0; effects = this.core.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') {
          if (this.#association) {
            this.#peer = effect.peer;
            this.#association.send(effect.datagram);
          } else {
            this.#send(effect.peer, effect.datagram);
          }
        } else if (effect.kind === 'outcome') {
          this.#outcomes.get(effect.request)?.(effect.outcome);
        } else {
          this.#application(effect, this.core);
        }
      }
      this.#drainAssociation();
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

  #drainAssociation(): void {
    for (const effect of this.#association?.drain() ?? []) {
      if (this.#peer === undefined) break;
      if (effect.kind === 'send') this.#send(this.#peer, effect.datagram);
      else if (effect.kind === 'received') this.core.receive(this.#peer, effect.datagram, performance.now());
      else if (effect.kind === 'reserve') this.#association?.reserved(effect.upTo, effect.idContext);
    }
  }

  #send(peer: PeerKey, datagram: Uint8Array): void {
    const [address, port] = peer.split(':');
    this.#socket.send(datagram, Number(port), address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

type Options = Partial<CoapEndpointOptions> & { readonly association?: OscoreAssociation };
