/** A client, servers and a wire between them, in virtual time. */

import type { CoapMessage, NotificationEffect, RequestSpec } from '@reeve/coap';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';
import { LwM2mClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEvent, ServerAddress } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { deviceInstance } from './objects/device.ts';
import { locationInstance } from './objects/location.ts';
import { lockInstance } from './objects/lock.ts';
import { type BootstrapOptions, securityInstance } from './objects/security.ts';
import { type ServerOptions, serverInstance } from './objects/server.ts';
import { PSK, type ServerRequest, TestServer } from './test-server.ts';

export const URI = 'coap://127.0.0.1';
export const SECOND_URI = 'coap://127.0.0.3';
export const SECURE_URI = 'coaps://127.0.0.1';
const STREAM_URI = 'coap+tcp://127.0.0.1';
const BOOTSTRAP_URI = 'coap://127.0.0.2';
const SECURE_BOOTSTRAP_URI = 'coaps://127.0.0.2';

export interface WorldOptions {
  readonly secure?: boolean;
  /** Whether it registers over a connection. */
  readonly stream?: boolean;
  readonly server?: ServerOptions;
  readonly client?: Partial<ClientOptions>;
  readonly objects?: readonly ObjectInstance[];
  /** Whether the client has an account of the server from the start; default true. */
  readonly provisioned?: boolean;
  /** Whether it has an account of a bootstrap server. */
  readonly bootstrap?: boolean | Partial<BootstrapOptions>;
}

/** One client, two servers of which it knows the first, and a bootstrap server, with a wire between them. */
export class World {
  now = 0;
  readonly client: LwM2mClient;
  /** What the client told, with the time. */
  readonly events: (ClientEvent & { readonly at: number })[] = [];
  /** Whether datagrams are lost, either way, and no connection comes up. */
  dark = false;
  /** Where and when the client wanted a connection. */
  readonly connectsTo: { readonly uri: string; readonly at: number }[] = [];
  readonly server: TestServer;
  /** At `SECOND_URI`, without security. */
  readonly second: TestServer;
  readonly bootstrapServer: TestServer;
  readonly #servers: ReadonlyMap<string, TestServer>;

  constructor(options: WorldOptions = {}) {
    const {
      secure = false,
      stream = false,
      server,
      client,
      objects = [],
      provisioned = true,
      bootstrap = false,
    } = options;
    const reply = (securityId: number, datagram: Uint8Array): void => {
      if (!this.dark) this.client.receive(securityId, datagram, this.now);
    };
    const security = secure ? { psk: PSK } : {};
    const [uri, bootstrapUri] = secure
      ? [SECURE_URI, SECURE_BOOTSTRAP_URI]
      : [stream ? STREAM_URI : URI, BOOTSTRAP_URI];
    this.server = new TestServer(secure, reply);
    this.second = new TestServer(false, reply);
    this.bootstrapServer = new TestServer(secure, reply);
    this.#servers = new Map([
      [uri, this.server],
      [SECOND_URI, this.second],
      [bootstrapUri, this.bootstrapServer],
    ]);
    this.client = new LwM2mClient({
      endpoint: 'truck',
      random: seededBytes(1),
      objects: [
        ...(provisioned ? [securityInstance({ uri, ...security }), serverInstance(server)] : []),
        deviceInstance({ manufacturer: 'Reeve', model: 'Truck', firmware: '1.2.3', battery: 80, reboot() {} }),
        locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
        lockInstance({ wipeItems: ['routes'] }),
        ...objects,
      ],
      ...(bootstrap !== false && {
        bootstrap: { uri: bootstrapUri, ...security, ...(bootstrap !== true && bootstrap) },
      }),
      ...client,
    });
  }

  /** How often the client wanted a connection. */
  get connects(): number {
    return this.connectsTo.length;
  }

  /** What the server got. */
  get requests(): ServerRequest[] {
    return this.server.requests;
  }

  get notifications(): NotificationEffect[] {
    return this.server.notifications;
  }

  get answer(): TestServer['answer'] {
    return this.server.answer;
  }

  set answer(answer: TestServer['answer']) {
    this.server.answer = answer;
  }

  /** Starts the client and runs until it is quiet. */
  register(): this {
    this.client.start(this.now);
    return this.settle();
  }

  restartServer(): void {
    this.server.restart();
  }

  endSession(): void {
    this.server.endSession();
  }

  /** The connection breaks. */
  breakConnection(): this {
    this.server.disconnected();
    this.client.disconnected(this.server.securityId, 'it broke', this.now);
    return this.settle();
  }

  /** Lets time pass, with every timer in its turn. */
  advance(ms: number): this {
    this.settle();
    const end = this.now + ms;
    for (;;) {
      const wakes = [...this.#servers.values()].map((server) => server.nextWakeAt());
      const wake = Math.min(this.client.nextWakeAt() ?? end, ...wakes, end);
      this.now = Math.max(this.now, wake);
      this.client.tick(this.now);
      for (const server of this.#servers.values()) {
        server.now = this.now;
        server.tick();
      }
      this.settle();
      if (wake >= end) return this;
    }
  }

  /** Carries datagrams until there are none. */
  settle(): this {
    for (let busy = true; busy; ) {
      busy = false;
      for (const effect of this.client.drain()) {
        busy = true;
        if (effect.kind === 'send') {
          const server = this.#servers.get(effect.to);
          if (server !== undefined) server.securityId = effect.securityId;
          if (!this.dark) server?.receive(effect.datagram);
        } else if (effect.kind === 'connect') this.#connect(effect);
        else if (effect.kind === 'disconnect') this.#servers.get(effect.to)?.disconnected();
        else this.events.push({ ...effect, at: this.now });
      }
      for (const server of this.#servers.values()) busy = server.settle() || busy;
    }
    return this;
  }

  /** A request of a server's, and its response. */
  ask(spec: RequestSpec, server = this.server): CoapMessage {
    const response = server.request(spec);
    this.settle();
    return response();
  }

  #connect({ securityId, to }: ServerAddress): void {
    this.connectsTo.push({ uri: to, at: this.now });
    const server = this.#servers.get(to);
    if (server === undefined) return;
    server.securityId = securityId;
    if (this.dark) return;
    server.connected();
    this.client.connected(securityId, this.now);
  }

  /** The events of one kind. */
  told<Kind extends ClientEvent['kind']>(kind: Kind): (ClientEvent & { readonly kind: Kind; readonly at: number })[] {
    return this.events.filter((event): event is typeof event & { kind: Kind } => event.kind === kind);
  }
}
