/** A server of a few lines for this package's tests: CoAP, bare, in DTLS or over a connection, in virtual time. */

import {
  block2,
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  Code,
  type Leave,
  type NotificationEffect,
  ObservationScope,
  Option,
  option,
  PeerKey,
  type RequestOutcome,
  type RequestSpec,
  type ResponseSpec,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { addressKey, DtlsServer, type SessionKey } from '@reeve/dtls';
import { seededRandom } from '../../../tooling/testing/fuzz.ts';
import { LwM2mClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEvent, ServerAddress } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { deviceInstance } from './objects/device.ts';
import { locationInstance } from './objects/location.ts';
import { lockInstance } from './objects/lock.ts';
import { type BootstrapOptions, securityInstance } from './objects/security.ts';
import { type ServerOptions, serverInstance } from './objects/server.ts';

export const PSK = { identity: Buffer.from('truck'), key: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex') };
const CLIENT = addressKey('client');

export const URI = 'coap://127.0.0.1';
export const SECOND_URI = 'coap://127.0.0.3';
export const SECURE_URI = 'coaps://127.0.0.1';
const STREAM_URI = 'coap+tcp://127.0.0.1';
const BOOTSTRAP_URI = 'coap://127.0.0.2';
const SECURE_BOOTSTRAP_URI = 'coaps://127.0.0.2';

/** Replayable bytes. */
export function seededBytes(seed: number): (n: number) => Uint8Array {
  const random = seededRandom(seed);
  return (n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
}

const isForPart = (message: CoapMessage): boolean => message.code === Code.Get && block2(message) !== undefined;

/** What the server got. */
export interface ServerRequest {
  readonly code: number;
  readonly path: string;
  readonly query: readonly string[];
  readonly payload: string;
  readonly at: number;
}

/** A server's side of the wire. */
export class TestServer {
  readonly requests: ServerRequest[] = [];
  readonly notifications: NotificationEffect[] = [];
  /** How the server answers; by default a Register gets 2.01, an Update 2.04, a De-register 2.02. */
  answer: (request: ServerRequest) => number | ResponseSpec = ({ code, path }) =>
    code === Code.Delete ? Code.Deleted : path === 'rd' ? Code.Created : Code.Changed;
  /** Answers a request in the place of `answer`; undefined leaves it unanswered if it is for a part, or to `answer`. */
  respondTo: (message: CoapMessage) => ResponseSpec | undefined = () => undefined;
  now = 0;
  readonly #outcomes = new Map<number, RequestOutcome>();
  readonly #secure: boolean;
  /** The instance of object 0 that leads here, as the client says it. */
  securityId = 0;
  readonly #reply: (securityId: number, datagram: Uint8Array) => void;
  #dtls = new DtlsServer({ random: seededBytes(3) });
  #coap = new CoapEndpoint({ random: seededBytes(2), inParts: isForPart });
  #peer = PeerKey('client');
  #session: SessionKey | undefined;
  #registrations = 0;
  #connections = 0;

  constructor(secure: boolean, reply: (securityId: number, datagram: Uint8Array) => void) {
    this.#secure = secure;
    this.#reply = reply;
  }

  /** Loses all that it knew, as a restart would have it. */
  restart(): void {
    this.#dtls = new DtlsServer({ random: seededBytes(5 + this.now) });
    this.#coap = new CoapEndpoint({ random: seededBytes(4 + this.now), inParts: isForPart });
    this.#session = undefined;
  }

  /** Ends the DTLS session with close_notify. */
  endSession(): void {
    if (this.#session !== undefined) this.#dtls.close(this.#session);
  }

  /** The client has opened a connection. */
  connected(): void {
    this.disconnected();
    this.#peer = PeerKey(`connection ${++this.#connections}`);
    this.#coap.connected(this.#peer, this.now);
  }

  /** Says that it is about to close the connection. */
  release(leave: Leave): void {
    this.#coap.release(this.#peer, this.now, leave);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#coap.forgetPeer(this.#peer, this.now);
  }

  receive(datagram: Uint8Array): void {
    if (this.#secure) this.#dtls.receive(CLIENT, datagram, this.now);
    else this.#coap.receive(this.#peer, datagram, this.now);
  }

  nextWakeAt(): number {
    return Math.min(this.#coap.nextWakeAt() ?? Infinity, this.#dtls.nextWakeAt() ?? Infinity);
  }

  tick(): void {
    this.#coap.tick(this.now);
    this.#dtls.tick(this.now);
  }

  /** Does what there is to do. @returns whether there was anything */
  settle(): boolean {
    const effects = this.#coap.drain();
    for (const effect of effects) this.#onCoap(effect);
    const secured = this.#dtls.drain();
    for (const effect of secured) {
      if (effect.kind === 'send') this.#reply(this.securityId, effect.datagram);
      else if (effect.kind === 'findPsk')
        this.#dtls.pskFound(effect.lookup, { key: PSK.key, credential: '' }, this.now);
      else if (effect.kind === 'received') this.#coap.receive(this.#peer, effect.data, this.now);
      else if (effect.kind === 'established') {
        this.#session = effect.session;
        this.#peer = PeerKey(effect.session);
      }
    }
    return effects.length + secured.length > 0;
  }

  /** A request of the server's; its response comes once all is settled. */
  request(spec: RequestSpec): () => CoapMessage {
    this.#coap.bindScope(this.#peer, ObservationScope('scope'), this.now);
    const id = this.#coap.request(this.#peer, spec, this.now);
    return () => {
      const outcome = this.#outcomes.get(id);
      if (outcome?.kind !== 'response') throw new Error(`no response: ${JSON.stringify(outcome)}`);
      return outcome.message;
    };
  }

  #onCoap(effect: CoapEffect): void {
    switch (effect.kind) {
      case 'send':
        if (effect.peer !== this.#peer) break;
        if (!this.#secure) this.#reply(this.securityId, effect.datagram);
        else if (this.#session !== undefined) this.#dtls.send(this.#session, effect.datagram);
        break;
      case 'request': {
        const { message, exchange } = effect;
        const request = {
          code: message.code,
          path: uriPath(message).join('/'),
          query: uriQuery(message),
          payload: Buffer.from(message.payload).toString(),
          at: this.now,
        };
        this.requests.push(request);
        const special = this.respondTo(message);
        if (special === undefined && block2(message) !== undefined) break;
        if (special !== undefined) {
          this.#coap.respond(exchange, special, this.now);
          break;
        }
        const answer = this.answer(request);
        const options =
          answer === Code.Created
            ? [option(Option.LocationPath, 'rd'), option(Option.LocationPath, `r${++this.#registrations}`)]
            : [];
        this.#coap.respond(exchange, typeof answer === 'number' ? { code: answer, options } : answer, this.now);
        break;
      }
      case 'outcome':
        this.#outcomes.set(effect.request, effect.outcome);
        break;
      case 'notification':
        this.notifications.push(effect);
        if (effect.confirmable) this.#coap.accept(effect.exchange, this.now);
        break;
      default:
        break;
    }
  }
}

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
