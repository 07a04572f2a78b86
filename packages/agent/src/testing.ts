/** A server of a few lines for this package's tests: CoAP, bare or in DTLS, in virtual time. */

import {
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  Code,
  type NotificationEffect,
  ObservationScope,
  Option,
  option,
  PeerKey,
  type RequestOutcome,
  type RequestSpec,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { addressKey, DtlsServer, type SessionKey } from '@reeve/dtls';
import { seededRandom } from '../../../tooling/testing/fuzz.ts';
import { type ClientOptions, LwM2mClient } from './client.ts';
import type { ClientEvent } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { deviceInstance } from './objects/device.ts';
import { locationInstance } from './objects/location.ts';
import { lockInstance } from './objects/lock.ts';
import { securityInstance } from './objects/security.ts';
import { type ServerOptions, serverInstance } from './objects/server.ts';

const PSK = { identity: Buffer.from('truck'), key: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex') };
const CLIENT = addressKey('client');

/** Replayable bytes. */
export function seededBytes(seed: number): (n: number) => Uint8Array {
  const random = seededRandom(seed);
  return (n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256));
}

/** What the server got. */
export interface ServerRequest {
  readonly code: number;
  readonly path: string;
  readonly query: readonly string[];
  readonly payload: string;
  readonly at: number;
}

export interface WorldOptions {
  readonly secure?: boolean;
  readonly server?: ServerOptions;
  readonly client?: Partial<ClientOptions>;
  readonly objects?: readonly ObjectInstance[];
}

/** One client and one server with a wire between them. */
export class World {
  now = 0;
  readonly client: LwM2mClient;
  /** What the client told, with the time. */
  readonly events: (ClientEvent & { readonly at: number })[] = [];
  readonly requests: ServerRequest[] = [];
  readonly notifications: NotificationEffect[] = [];
  /** How the server answers; by default a Register gets 2.01, an Update 2.04, a De-register 2.02. */
  answer: (request: ServerRequest) => number = ({ code, path }) =>
    code === Code.Delete ? Code.Deleted : path === 'rd' ? Code.Created : Code.Changed;
  /** Whether datagrams are lost, either way. */
  dark = false;
  readonly #outcomes = new Map<number, RequestOutcome>();
  readonly #secure: boolean;
  #dtls: DtlsServer;
  #coap: CoapEndpoint;
  #peer = PeerKey('client');
  #session: SessionKey | undefined;
  #registrations = 0;

  constructor({ secure = false, server, client, objects = [] }: WorldOptions = {}) {
    this.#secure = secure;
    this.#dtls = new DtlsServer({ random: seededBytes(3) });
    this.#coap = new CoapEndpoint({ random: seededBytes(2) });
    this.client = new LwM2mClient({
      endpoint: 'truck',
      random: seededBytes(1),
      objects: [
        securityInstance(secure ? { uri: 'coaps://127.0.0.1', psk: PSK } : { uri: 'coap://127.0.0.1' }),
        serverInstance(server),
        deviceInstance({ manufacturer: 'Reeve', model: 'Truck', firmware: '1.2.3', battery: 80, reboot() {} }),
        locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
        lockInstance({ wipeItems: ['routes'] }),
        ...objects,
      ],
      ...client,
    });
  }

  /** Starts the client and runs until it is quiet. */
  register(): this {
    this.client.start(this.now);
    return this.settle();
  }

  /** The server loses all that it knew, as a restart would have it. */
  restartServer(): void {
    this.#dtls = new DtlsServer({ random: seededBytes(5 + this.now) });
    this.#coap = new CoapEndpoint({ random: seededBytes(4 + this.now) });
    this.#session = undefined;
  }

  /** The server ends the DTLS session with close_notify. */
  endSession(): void {
    if (this.#session !== undefined) this.#dtls.close(this.#session);
  }

  /** Lets time pass, with every timer in its turn. */
  advance(ms: number): this {
    this.settle();
    const end = this.now + ms;
    for (;;) {
      const wake = Math.min(
        this.client.nextWakeAt() ?? end,
        this.#coap.nextWakeAt() ?? end,
        this.#dtls.nextWakeAt() ?? end,
        end,
      );
      this.now = Math.max(this.now, wake);
      this.client.tick(this.now);
      this.#coap.tick(this.now);
      this.#dtls.tick(this.now);
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
        if (effect.kind !== 'send') this.events.push({ ...effect, at: this.now });
        else if (!this.dark) this.#toServer(effect.datagram);
      }
      for (const effect of this.#coap.drain()) {
        busy = true;
        this.#onCoap(effect);
      }
      for (const effect of this.#dtls.drain()) {
        busy = true;
        if (effect.kind === 'send' && !this.dark) this.client.receive(effect.datagram, this.now);
        else if (effect.kind === 'findPsk')
          this.#dtls.pskFound(effect.lookup, { key: PSK.key, credential: '' }, this.now);
        else if (effect.kind === 'received') this.#coap.receive(this.#peer, effect.data, this.now);
        else if (effect.kind === 'established') {
          this.#session = effect.session;
          this.#peer = PeerKey(effect.session);
        }
      }
    }
    return this;
  }

  /** A request of the server's, and its response. */
  ask(spec: RequestSpec): CoapMessage {
    this.#coap.bindScope(this.#peer, ObservationScope('scope'), this.now);
    const id = this.#coap.request(this.#peer, spec, this.now);
    this.settle();
    const outcome = this.#outcomes.get(id);
    if (outcome?.kind !== 'response') throw new Error(`no response: ${JSON.stringify(outcome)}`);
    return outcome.message;
  }

  /** The events of one kind. */
  told<Kind extends ClientEvent['kind']>(kind: Kind): (ClientEvent & { readonly kind: Kind; readonly at: number })[] {
    return this.events.filter((event): event is typeof event & { kind: Kind } => event.kind === kind);
  }

  #toServer(datagram: Uint8Array): void {
    if (this.#secure) this.#dtls.receive(CLIENT, datagram, this.now);
    else this.#coap.receive(this.#peer, datagram, this.now);
  }

  #onCoap(effect: CoapEffect): void {
    switch (effect.kind) {
      case 'send':
        if (this.#secure) {
          if (this.#session !== undefined) this.#dtls.send(this.#session, effect.datagram);
        } else if (!this.dark) this.client.receive(effect.datagram, this.now);
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
        const code = this.answer(request);
        const options =
          code === Code.Created
            ? [option(Option.LocationPath, 'rd'), option(Option.LocationPath, `r${++this.#registrations}`)]
            : [];
        this.#coap.respond(exchange, { code, options }, this.now);
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
