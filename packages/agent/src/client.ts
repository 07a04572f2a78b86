import {
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  Code,
  type ExchangeId,
  Option,
  option,
  PeerKey,
  type TransmissionParameters,
} from '@reeve/coap';
import type { Certificate, RetransmitParameters } from '@reeve/dtls';
import { ContentFormat, join, type LwM2mPath, path, type ResourceRecord, segments, type Value } from '@reeve/lwm2m';
import { AttributeTable } from './attributes.ts';
import type { Creatable } from './creation.ts';
import type { ClientEffect, ClientEvent } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { LIMITS } from './limits.ts';
import type { Link } from './link.ts';
import { DeviceModel } from './model.ts';
import { Notifier } from './notifier.ts';
import { ServerResource, ServerSettings } from './objects/server.ts';
import { Observations } from './observations.ts';
import { Registrar } from './registrar.ts';
import type { RegistrationState } from './registration.ts';
import type { ContentJson } from './resource.ts';
import { linkOf } from './security.ts';
import { Sender } from './sending.ts';
import { contentResponse, type Served, type ServedDevice, serve } from './serving.ts';

/** What one Uri-Query option holds (RFC 7252 §5.10) beside `ep=`. */
const ENDPOINT_BYTES = 252;

/** What a client is made with. */
export interface ClientOptions {
  /** Endpoint name, at most 252 bytes of UTF-8. */
  readonly endpoint: string;
  /** The object instances of the device: at least one each of 0 (Security), 1 (Server) and 3 (Device). */
  readonly objects: readonly ObjectInstance[];
  /** n bytes of cryptographic randomness. */
  readonly random: (n: number) => Uint8Array;
  /** Differences from the transmission parameters of RFC 7252 §4.8. */
  readonly coap?: Partial<TransmissionParameters>;
  /** When flights of a DTLS handshake are sent again. */
  readonly dtls?: Partial<RetransmitParameters>;
  /** Authorities that the device trusts beside what its Security object says (certificate usages 0 and 1). */
  readonly trustAnchors?: readonly Certificate[];
  /** Milliseconds since the epoch, to judge certificates by: needed with a certificate. */
  readonly wallClock?: () => number;
  /**
   * Every how many notifications of an observation one is confirmable; 1 makes all so; default 10. Once a day one is in
   * any case (RFC 7641 §4.5).
   */
  readonly confirmEvery?: number;
  /** What of its objects a server may create and delete instances of; none by default. */
  readonly creatable?: Creatable;
}

/**
 * An LwM2M 1.1 client with one server, over CoAP or CoAP with DTLS.
 *
 * It does no I/O. Each input takes `now`, milliseconds on a clock that never goes back; what it wants done it leaves as
 * effects that the caller fetches with `drain` after its inputs. `tick` is due at `nextWakeAt`. No input throws because
 * of what the server sent.
 */
export class LwM2mClient {
  readonly endpoint: string;
  /** Where the server is, from /0/x/0. */
  readonly serverUri: string;
  readonly #model: DeviceModel;
  readonly #attributes = new AttributeTable();
  readonly #device: ServedDevice;
  readonly #notifier: Notifier;
  readonly #registrar: Registrar;
  readonly #sender: Sender;
  readonly #settings: ServerSettings;
  readonly #coap: CoapEndpoint;
  readonly #link: Link;
  #effects: ClientEffect[] = [];
  /** A new one for every link: message ids of one security association mean nothing in the next (RFC 7252 §9.1.1). */
  #peer = PeerKey('0');
  #links = 0;

  /** @throws RangeError when the endpoint name is too long, an object is missing, or the credentials in object 0 can't serve */
  constructor(options: ClientOptions) {
    const { endpoint, objects, random, coap, dtls = {}, confirmEvery = 10, creatable = {} } = options;
    const { trustAnchors = [], wallClock } = options;
    if (Buffer.byteLength(endpoint) > ENDPOINT_BYTES) throw new RangeError('the endpoint name is too long');
    this.endpoint = endpoint;
    this.#model = new DeviceModel(objects, Object.keys(creatable).map(Number));
    this.#device = { model: this.#model, attributes: this.#attributes, creatable };
    const [security] = this.#model.instances(0);
    const [server] = this.#model.instances(1);
    if (security === undefined || server === undefined) throw new RangeError('objects 0 and 1 must be there');
    const settings = new ServerSettings(server);
    this.serverUri = String(this.#model.value(path(0, security.id, 0)).value);
    this.#link = linkOf(security.id, this.#model, { random, retransmit: dtls, trustAnchors, wallClock });
    const emit = (effect: ClientEvent): void => {
      this.#effects.push(effect);
    };
    this.#coap = new CoapEndpoint({
      random,
      limits: { peers: 2, exchangesPerPeer: LIMITS.exchanges, observersPerPeer: LIMITS.observations },
      ...(coap && { parameters: coap }),
    });
    this.#notifier = new Notifier({
      coap: this.#coap,
      model: this.#model,
      observations: new Observations(this.#attributes, settings),
      confirmEvery,
      emit,
    });
    this.#settings = settings;
    this.#sender = new Sender({ coap: this.#coap, model: this.#model, emit });
    this.#registrar = new Registrar(endpoint, settings, this.#model, {
      connect: (now) => {
        this.#renewPeer(now);
        this.#link.connect(now);
      },
      close: (now) => {
        // What the core still wants to send, such as an ACK, goes out before the link closes.
        this.#carryOutCoap(now);
        this.#renewPeer(now);
        this.#link.close();
      },
      request: (spec, now) => {
        // The server forgets its observations with a registration, so their notifications would be strangers to it.
        if (this.#registrar.state.kind === 'registering') this.#notifier.renew(this.#peer, now);
        return this.#coap.request(this.#peer, spec, now);
      },
      emit,
    });
  }

  /** Where the client is on its way to being registered. */
  get registration(): RegistrationState {
    return this.#registrar.state;
  }

  /** Registers, and stays registered until `stop`. */
  start(now: number): void {
    this.#registrar.handle('start', now);
    this.#pump(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.#registrar.handle('stop', now);
    this.#pump(now);
  }

  /** Sends an Update now, if registered. */
  update(now: number): void {
    this.#registrar.handle('trigger', now);
    this.#pump(now);
  }

  /** A datagram came from the server. */
  receive(datagram: Uint8Array, now: number): void {
    this.#link.receive(datagram, now);
    this.#pump(now);
  }

  /** Does what has become due. */
  tick(now: number): void {
    this.#link.tick(now);
    this.#coap.tick(now);
    this.#registrar.tick(now);
    this.#pump(now);
  }

  /** When `tick` is due next, ms; undefined when nothing is pending. */
  nextWakeAt(): number | undefined {
    const observing = this.#isRegistered() ? this.#notifier.nextAt() : undefined;
    const times = [this.#link.nextWakeAt(), this.#coap.nextWakeAt(), this.#registrar.nextWakeAt(), observing];
    let next: number | undefined;
    for (const time of times) if (time !== undefined && (next === undefined || time < next)) next = time;
    return next;
  }

  /** The effects since the last call, in order. */
  drain(): readonly ClientEffect[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }

  /**
   * The application's values have changed: those of one object instance, together, so that a notification never holds a
   * part of them.
   *
   * @throws RangeError when there is no such resource or a value does not fit its definition
   */
  set(instance: LwM2mPath, values: Readonly<Record<number, ContentJson>>, now: number): void {
    this.#model.set(instance, values);
    this.touch(instance, now);
  }

  /** What resources at or below a path read may have changed. */
  touch(path: LwM2mPath, now: number): void {
    this.#notifier.touch(path);
    this.#pump(now);
  }

  /**
   * Sends values without having been asked: what paths hold now, or records, which may have times of their own and tell
   * of one path several times. Whether the server took them is told as `sent` or `unsent`.
   *
   * @returns why nothing was sent, in words: there is no registration, or the server wants no Send (/1/x/23)
   */
  send(what: readonly LwM2mPath[] | readonly ResourceRecord[], now: number): string | undefined {
    if (!this.#isRegistered()) return 'there is no registration';
    if (this.#settings.muteSend) return 'the server wants no Send: /1/x/23';
    const records = what.flatMap((one) => (typeof one === 'string' ? this.#sender.records([one]) : [one]));
    const refused = this.#sender.send(this.#peer, records, now);
    this.#pump(now);
    return refused;
  }

  /** The present value of a single resource; `none` where there is none. */
  get(path: LwM2mPath): Value {
    return this.#model.value(path);
  }

  /** Adds an object instance; the server learns of it by an Update. */
  addInstance(instance: ObjectInstance, now: number): void {
    this.#model.add(instance);
    this.#instancesChanged(instance.path, now);
  }

  /** Takes an object instance away; the server learns of it by an Update. */
  removeInstance(path: LwM2mPath, now: number): void {
    if (this.#model.remove(path)) this.#instancesChanged(path, now);
  }

  #instancesChanged(path: LwM2mPath, now: number): void {
    this.#notifier.touch(path);
    this.#registrar.handle('trigger', now);
    this.#pump(now);
  }

  #isRegistered(): boolean {
    const { kind } = this.#registrar.state;
    return kind === 'registered' || kind === 'updating' || kind === 'resuming';
  }

  #renewPeer(now: number): void {
    this.#coap.forgetPeer(this.#peer, now);
    this.#sender.renew();
    this.#peer = PeerKey(String(++this.#links));
    this.#notifier.renew(this.#peer, now);
  }

  /** Carries out what link and core want until both are quiet. */
  #pump(now: number): void {
    do {
      if (this.#isRegistered()) this.#notifier.notify(now);
      this.#carryOutCoap(now);
    } while (this.#carryOutLink(now));
  }

  /** Whether there was anything. */
  #carryOutLink(now: number): boolean {
    const effects = this.#link.drain(now);
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#effects.push(effect);
          break;
        case 'received':
          this.#coap.receive(this.#peer, effect.data, now);
          break;
        case 'up':
        case 'down':
          this.#registrar.handle(effect.kind, now, effect.kind === 'down' ? effect.detail : '');
          break;
      }
    }
    return effects.length > 0;
  }

  #carryOutCoap(now: number): void {
    for (let effects = this.#coap.drain(); effects.length > 0; effects = this.#coap.drain()) {
      for (const effect of effects) this.#onCoap(effect, now);
    }
  }

  #onCoap(effect: CoapEffect, now: number): void {
    if ('peer' in effect && effect.peer !== this.#peer) return;
    switch (effect.kind) {
      case 'send':
        this.#link.send(effect.datagram);
        break;
      case 'request':
        this.#serve(effect.exchange, effect.message, now);
        break;
      case 'outcome':
        switch (this.#sender.outcome(effect.request, effect.outcome)) {
          case undefined:
            this.#registrar.outcome(effect.request, effect.outcome, now);
            break;
          case 'unknown':
            // The Update that follows finds out whether the registration is over.
            this.#registrar.handle('trigger', now);
            break;
          case 'unanswered':
            this.#registrar.handle('unanswered', now, 'a Send was not answered');
            break;
          default:
            break;
        }
        break;
      case 'notifyOutcome':
        this.#notifier.outcome(effect, now);
        if (effect.outcome === 'timeout') {
          this.#registrar.handle('unanswered', now, 'a notification was not acknowledged');
        }
        break;
      case 'refused':
        this.#effects.push({ kind: 'refused', code: Code.BadRequest, detail: effect.detail });
        break;
      default:
        break;
    }
  }

  #serve(exchange: ExchangeId, message: CoapMessage, now: number): void {
    const served = serve(message, this.#device);
    switch (served.kind) {
      case 'refused': {
        const { kind, code, detail } = served;
        this.#effects.push({ kind, code, detail });
        this.#coap.respond(exchange, { code }, now);
        break;
      }
      case 'discovered': {
        const options = [option(Option.ContentFormat, ContentFormat.linkFormat)];
        this.#coap.respond(exchange, { code: Code.Content, options, payload: served.payload }, now);
        break;
      }
      case 'read':
        this.#coap.respond(exchange, contentResponse(served), now);
        break;
      case 'observe':
      case 'cancelObserve':
        this.#coap.respond(exchange, this.#notifier.observe(served, message.token, now), now);
        break;
      case 'done': {
        const { code, location, operation } = served;
        const options = (location === undefined ? [] : segments(location)).map((id) =>
          option(Option.LocationPath, `${id}`),
        );
        this.#coap.respond(exchange, { code, options }, now);
        this.#after(operation, now, location);
        break;
      }
    }
  }

  /** What follows from an operation, after its answer is on its way. */
  #after(operation: Extract<Served, { kind: 'done' }>['operation'], now: number, location?: LwM2mPath): void {
    const { kind, path: target } = operation;
    switch (kind) {
      case 'writeAttributes':
        break;
      case 'create': {
        const made = location ?? join(target, operation.instanceId ?? 0) ?? target;
        this.#effects.push({ kind: 'created', path: made });
        this.#instancesChanged(made, now);
        break;
      }
      case 'delete':
        this.#effects.push({ kind: 'deleted', path: target });
        this.#instancesChanged(target, now);
        break;
      case 'execute':
        this.#notifier.touch(instanceOf(target));
        this.#effects.push({ kind: 'executed', path: target, args: operation.args });
        if (isUpdateTrigger(target)) this.#registrar.handle('trigger', now);
        break;
      default:
        this.#notifier.touch(instanceOf(target));
        this.#effects.push({ kind: 'written', path: target, records: operation.records });
        if (operation.records.some((record) => isLifetime(record.path))) this.#registrar.handle('trigger', now);
    }
  }
}

/** What a change at a resource may concern: resources of one object instance depend on each other. */
function instanceOf(target: LwM2mPath): LwM2mPath {
  const [objectId = 0, instanceId = 0] = target.slice(1).split('/').map(Number);
  return path(objectId, instanceId);
}

const UPDATE_TRIGGER = new RegExp(`^/1/\\d+/${ServerResource.updateTrigger}$`);
const LIFETIME = new RegExp(`^/1/\\d+/${ServerResource.lifetime}$`);
const isUpdateTrigger = (target: LwM2mPath): boolean => UPDATE_TRIGGER.test(target);
const isLifetime = (target: LwM2mPath): boolean => LIFETIME.test(target);
