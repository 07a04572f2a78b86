import type { CoapMessage, ExchangeId } from '@reeve/coap';
import { Code, DEFAULT_PARAMETERS, maxTransmitWaitMs } from '@reeve/coap';
import type { LwM2mPath, ResourceRecord, Value } from '@reeve/lwm2m';
import { AttributeTable } from './attributes.ts';
import type { BootstrapState } from './bootstrap/states.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEffect } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { Lifecycle, type LifecycleUser } from './lifecycle.ts';
import { Management } from './management.ts';
import { DeviceModel } from './model.ts';
import { Notifier } from './notifier.ts';
import { bootstrapInstance } from './objects/security.ts';
import { Observations } from './observations.ts';
import { QueueMode } from './queue-mode.ts';
import type { RegistrationState } from './registration.ts';
import type { ContentJson } from './resource.ts';
import { Sender } from './sending.ts';
import { triggerOf } from './sms.ts';
import { partsSlot } from './updates/parts.ts';
import { Puller } from './updates/puller.ts';

/** What one Uri-Query option holds (RFC 7252 §5.10) beside `ep=`. */
const ENDPOINT_BYTES = 252;

/**
 * An LwM2M client with one server, over CoAP, over UDP or TCP, bare or with DTLS or TLS.
 *
 * It does no I/O. Each input takes `now`, milliseconds on a clock that never goes back; what it wants done it leaves as
 * effects that the caller fetches with `drain` after its inputs. `tick` is due at `nextWakeAt`. No input throws because
 * of what a server sent.
 */
export class LwM2mClient {
  readonly endpoint: string;
  readonly #model: DeviceModel;
  readonly #attributes = new AttributeTable();
  readonly #lifecycle: Lifecycle;
  readonly #management: Management;
  readonly #notifier: Notifier;
  readonly #sender: Sender;
  readonly #queueMode: QueueMode;
  readonly #puller: Puller;
  #effects: ClientEffect[] = [];

  /** @throws RangeError when the endpoint name is too long, an object is missing, or the credentials in object 0 can't serve */
  constructor(options: ClientOptions) {
    const { endpoint, confirmEvery = 10, creatable = {}, queueMode = false } = options;
    if (Buffer.byteLength(endpoint) > ENDPOINT_BYTES) throw new RangeError('the endpoint name is too long');
    this.endpoint = endpoint;
    const model = new DeviceModel(withBootstrap(options), Object.keys(creatable).map(Number));
    this.#model = model;
    const awakeMs = queueMode === true ? maxTransmitWaitMs({ ...DEFAULT_PARAMETERS, ...options.coap }) : queueMode;
    this.#queueMode = new QueueMode(awakeMs || undefined);
    const emit = (effect: ClientEffect): void => {
      this.#effects.push(effect);
    };
    const lifecycle = new Lifecycle(options, {
      ...{ model, emit, user: this.#user(), inParts: (message) => partsSlot(message, model) !== undefined },
      // The server forgets its observations with a registration, so their notifications would be strangers to it.
      registering: (now) => this.#notifier.renew(lifecycle.channel.peer, now),
      accountsChanged: () => this.#attributes.clear(),
    });
    this.#lifecycle = lifecycle;
    const { coap } = lifecycle.channel;
    const observations = new Observations(this.#attributes, lifecycle.settings);
    this.#notifier = new Notifier({ coap, model, observations, confirmEvery, wallClock: options.wallClock, emit });
    this.#puller = new Puller(options.updates ?? [], {
      serverUri: () => lifecycle.channel.uri,
      request: (spec, now) => lifecycle.channel.request(spec, now),
      hand: (path, uri, offset) => emit({ kind: 'fetch', path, uri, offset }),
      changed: (path) => this.#notifier.touch(path),
    });
    this.#sender = new Sender({ coap, model, emit });
    this.#management = new Management({
      ...{ coap, notifier: this.#notifier, emit },
      device: () => ({
        ...{ model, attributes: this.#attributes, creatable },
        enabler: lifecycle.registrar.version,
        hasBootstrap: lifecycle.bootstrapper.account !== undefined,
      }),
      follow: (consequence, now) => lifecycle.follow(consequence, now),
    });
  }

  /** Where the server is that the client has to do with now. */
  get serverUri(): string {
    return this.#lifecycle.channel.uri;
  }

  /** Where the client is on its way to being registered. */
  get registration(): RegistrationState {
    return this.#lifecycle.registrar.state;
  }

  /** Where the client is in being bootstrapped. */
  get bootstrap(): BootstrapState {
    return this.#lifecycle.bootstrapper.state;
  }

  /** Registers, after a bootstrap if it has no server, and stays registered until `stop`. */
  start(now: number): void {
    this.#lifecycle.start(now);
    this.#pump(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.#lifecycle.stop(now);
    this.#pump(now);
  }

  /** Sends an Update now, if registered. */
  update(now: number): void {
    this.#lifecycle.registrar.handle('trigger', now);
    this.#pump(now);
  }

  /** A datagram came from the server, or bytes over the connection to it. While the device sleeps no datagram is heard. */
  receive(datagram: Uint8Array, now: number): void {
    const { channel } = this.#lifecycle;
    if (this.#queueMode.isAsleep && !channel.isStream) return;
    channel.receive(datagram, now);
    this.#pump(now);
  }

  /**
   * An SMS came, as its octets. If the server allows it (/1/x/21) it can have an Update sent so, also by a device that
   * sleeps, or a bootstrap begun; nothing is answered.
   */
  receiveSms(octets: Uint8Array, now: number): void {
    const consequence = triggerOf(octets, this.#lifecycle.settings);
    if (consequence) this.#lifecycle.follow(consequence, now);
    this.#pump(now);
  }

  /** The connection that was wanted last is there. */
  connected(now: number): void {
    this.#lifecycle.channel.opened(now);
    this.#pump(now);
  }

  /** The connection that was wanted last is gone, or did not come up; `detail` says why to people. */
  disconnected(detail: string, now: number): void {
    this.#lifecycle.channel.lost(detail, now);
    this.#pump(now);
  }

  /** Does what has become due. */
  tick(now: number): void {
    this.#lifecycle.channel.tick(now);
    this.#lifecycle.tick(now);
    if (this.#lifecycle.isRegistered && this.#queueMode.tick(now)) this.#effects.push({ kind: 'asleep' });
    this.#pump(now);
  }

  /** When `tick` is due next, ms; undefined when nothing is pending. */
  nextWakeAt(): number | undefined {
    const registered = this.#lifecycle.isRegistered;
    let next: number | undefined;
    for (const time of [
      this.#lifecycle.channel.nextWakeAt(),
      ...this.#lifecycle.wakes(),
      registered ? this.#queueMode.sleepsAt : undefined,
      registered ? this.#puller.nextWakeAt() : undefined,
      registered ? this.#notifier.nextAt(this.#queueMode.isAsleep) : undefined,
    ]) {
      if (time !== undefined && (next === undefined || time < next)) next = time;
    }
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
   * @returns why nothing was sent, in words: there is no registration, or one of 1.0, or the server wants no Send (/1/x/23)
   */
  send(what: readonly LwM2mPath[] | readonly ResourceRecord[], now: number): string | undefined {
    if (!this.#lifecycle.isRegistered) return 'there is no registration';
    if (this.#lifecycle.registrar.version === '1.0') return 'LwM2M 1.0 has no Send';
    if (this.#lifecycle.settings.muteSend) return 'the server wants no Send: /1/x/23';
    const records = what.flatMap((one) => (typeof one === 'string' ? this.#sender.records([one]) : [one]));
    const refused = this.#sender.send(this.#lifecycle.channel.peer, records, now);
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
    this.#management.instancesChanged(instance.path, now);
    this.#pump(now);
  }

  /** Takes an object instance away; the server learns of it by an Update. */
  removeInstance(path: LwM2mPath, now: number): void {
    if (this.#model.remove(path)) this.#management.instancesChanged(path, now);
    this.#pump(now);
  }

  /** Carries out what channel and observations want until both are quiet. */
  #pump(now: number): void {
    do {
      if (!this.#lifecycle.isRegistered) continue;
      if (this.#queueMode.isAsleep) this.#notifier.keep(now);
      else this.#notifier.notify(now);
    } while (this.#lifecycle.channel.carryOut(now) || (this.#lifecycle.isRegistered && this.#puller.pump(now)));
  }

  #user(): LifecycleUser {
    return {
      renewed: (peer, now) => {
        this.#sender.renew();
        this.#puller.renew();
        this.#notifier.renew(peer, now);
      },
      stirred: (now) => {
        if (!this.#queueMode.stir(now)) return;
        if (!this.#lifecycle.settings.storing) this.#notifier.forgetChanges();
        this.#effects.push({ kind: 'awake' });
      },
      request: (exchange, message, now) => this.#answer(exchange, message, now),
      outcome: (request, outcome, now) => {
        this.#lifecycle.bootstrapper.outcome(request, outcome, now);
        this.#lifecycle.registrar.outcome(request, outcome, now);
        this.#puller.outcome(request, outcome, now);
        switch (this.#sender.outcome(request, outcome)) {
          case 'unknown':
            // The Update that follows finds out whether the registration is over.
            this.#lifecycle.registrar.handle('trigger', now);
            break;
          case 'unanswered':
            this.#lifecycle.registrar.handle('unanswered', now, 'a Send was not answered');
            break;
          default:
            break;
        }
      },
      notifyOutcome: (effect, now) => {
        this.#notifier.outcome(effect, now);
        if (effect.outcome === 'timeout') {
          this.#lifecycle.registrar.handle('unanswered', now, 'a notification was not acknowledged');
        }
      },
      refused: (detail) => this.#effects.push({ kind: 'refused', code: Code.BadRequest, detail }),
    };
  }

  #answer(exchange: ExchangeId, message: CoapMessage, now: number): void {
    if (!this.#lifecycle.isBootstrapping) {
      this.#management.answer(exchange, message, now);
      return;
    }
    const { response, settled } = this.#lifecycle.bootstrapper.serve(message, now);
    this.#lifecycle.channel.coap.respond(exchange, response, now);
    settled();
  }
}

/** The instances of a device, with those that take packages, and the bootstrap account in a free one of object 0. */
function withBootstrap({ bootstrap, updates = [], ...options }: ClientOptions): readonly ObjectInstance[] {
  const objects = [...options.objects, ...updates.map(({ instance }) => instance)];
  if (bootstrap === undefined) return objects;
  const taken = new Set(objects.filter(({ definition }) => definition.id === 0).map(({ id }) => id));
  const free = Array.from({ length: taken.size + 1 }, (_, id) => id).find((id) => !taken.has(id));
  return [...objects, bootstrapInstance(bootstrap, free)];
}
