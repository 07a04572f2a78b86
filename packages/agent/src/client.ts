import type { CoapMessage, ExchangeId } from '@reeve/coap';
import { Code, DEFAULT_PARAMETERS, exchangeLifetimeMs, maxTransmitWaitMs } from '@reeve/coap';
import type { LwM2mPath, ResourceRecord, Value } from '@reeve/lwm2m';
import { bootstrapAccounts, serverAccounts } from './accounts.ts';
import { AttributeTable } from './attributes.ts';
import { Bootstrapper } from './bootstrap/bootstrapper.ts';
import type { BootstrapState } from './bootstrap/states.ts';
import { Channel, type ChannelTarget, type ChannelUser } from './channel.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEffect } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { type Consequence, Management } from './management.ts';
import { DeviceModel } from './model.ts';
import { Notifier } from './notifier.ts';
import { bootstrapInstance } from './objects/security.ts';
import { ServerSettings } from './objects/server.ts';
import { Observations } from './observations.ts';
import { QueueMode } from './queue-mode.ts';
import { Registrar } from './registrar.ts';
import type { RegistrationState } from './registration.ts';
import type { ContentJson } from './resource.ts';
import { type LinkParts, linkOf } from './security.ts';
import { Sender } from './sending.ts';

/** What one Uri-Query option holds (RFC 7252 §5.10) beside `ep=`. */
const ENDPOINT_BYTES = 252;

/**
 * An LwM2M client with one server, over CoAP or CoAP with DTLS.
 *
 * It does no I/O. Each input takes `now`, milliseconds on a clock that never goes back; what it wants done it leaves as
 * effects that the caller fetches with `drain` after its inputs. `tick` is due at `nextWakeAt`. No input throws because
 * of what a server sent.
 */
export class LwM2mClient {
  readonly endpoint: string;
  readonly #model: DeviceModel;
  readonly #attributes = new AttributeTable();
  readonly #linkParts: LinkParts;
  readonly #channel: Channel;
  readonly #management: Management;
  readonly #notifier: Notifier;
  readonly #registrar: Registrar;
  readonly #bootstrapper: Bootstrapper;
  readonly #sender: Sender;
  readonly #settings = new ServerSettings(() => this.#server);
  readonly #queueMode: QueueMode;
  /** The instance of object 1 that is in force. */
  #server: ObjectInstance | undefined;
  /** When the bootstrap account is to go, ms (/0/x/12). */
  #purgeAt: number | undefined;
  #effects: ClientEffect[] = [];

  /** @throws RangeError when the endpoint name is too long, an object is missing, or the credentials in object 0 can't serve */
  constructor(options: ClientOptions) {
    const {
      endpoint,
      random,
      dtls = {},
      confirmEvery = 10,
      creatable = {},
      version = '1.1',
      queueMode = false,
    } = options;
    const { trustAnchors = [], wallClock, profile = false } = options;
    if (Buffer.byteLength(endpoint) > ENDPOINT_BYTES) throw new RangeError('the endpoint name is too long');
    this.endpoint = endpoint;
    this.#model = new DeviceModel(withBootstrap(options), Object.keys(creatable).map(Number));
    this.#linkParts = { random, retransmit: dtls, trustAnchors, wallClock };
    const emit = (effect: ClientEffect): void => {
      this.#effects.push(effect);
    };
    const parameters = { ...DEFAULT_PARAMETERS, ...options.coap };
    this.#queueMode = new QueueMode(queueMode === true ? maxTransmitWaitMs(parameters) : queueMode || undefined);
    this.#channel = new Channel(this.#firstTarget(), { user: this.#user(), random, parameters: options.coap, emit });
    const { coap } = this.#channel;
    const model = this.#model;
    const observations = new Observations(this.#attributes, this.#settings);
    this.#notifier = new Notifier({ coap, model, observations, confirmEvery, emit });
    this.#sender = new Sender({ coap, model, emit });
    this.#management = new Management({
      ...{ coap, notifier: this.#notifier, emit },
      device: () => ({
        ...{ model, attributes: this.#attributes, creatable },
        enabler: this.#registrar.version,
        hasBootstrap: this.#bootstrapper.account !== undefined,
      }),
      follow: (consequence, now) => this.#follow(consequence, now),
    });
    const registrant = { endpoint, newest: version, queueMode: queueMode !== false, profile };
    this.#registrar = new Registrar(registrant, this.#settings, model, {
      connect: (now) => this.#channel.connect(now),
      close: (now) => this.#channel.close(now),
      request: (spec, now) => {
        // The server forgets its observations with a registration, so their notifications would be strangers to it.
        if (this.#registrar.state.kind === 'registering') this.#notifier.renew(this.#channel.peer, now);
        return this.#channel.request(spec, now);
      },
      emit: (event) => {
        if (event.kind === 'registered') this.#bootstrapper.succeeded();
        emit(event);
      },
      gaveUp: (now) => {
        if (this.#settings.bootstrapOnFailure) this.#bootstrap('begin', now);
      },
    });
    const times = { patienceMs: exchangeLifetimeMs(parameters), lingerMs: 2 * parameters.ackTimeoutMs };
    this.#bootstrapper = new Bootstrapper({ endpoint, creatable, enabler: version, ...times }, model, {
      connect: (account, now) => {
        this.#channel.redirect(this.#targetOf(account), now);
        this.#channel.connect(now);
      },
      close: (now) => this.#channel.close(now),
      request: (spec, now) => this.#channel.request(spec, now),
      emit,
      tryLink: (securityId, accounts) => linkOf(securityId, accounts, this.#linkParts),
      applied: (now) => this.#accountsApplied(now),
      over: (now) => this.#begin(now),
    });
  }

  /** Where the server is that the client has to do with now. */
  get serverUri(): string {
    return this.#channel.uri;
  }

  /** Where the client is on its way to being registered. */
  get registration(): RegistrationState {
    return this.#registrar.state;
  }

  /** Where the client is in being bootstrapped. */
  get bootstrap(): BootstrapState {
    return this.#bootstrapper.state;
  }

  /** Registers, after a bootstrap if it has no server, and stays registered until `stop`. */
  start(now: number): void {
    if (this.#bootstrapper.state.kind === 'idle') this.#begin(now);
    this.#pump(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.#bootstrapper.handle('stop', now);
    this.#registrar.handle('stop', now);
    this.#pump(now);
  }

  /** Sends an Update now, if registered. */
  update(now: number): void {
    this.#registrar.handle('trigger', now);
    this.#pump(now);
  }

  /** A datagram came from the server. While the device sleeps it hears nothing. */
  receive(datagram: Uint8Array, now: number): void {
    if (this.#queueMode.isAsleep) return;
    this.#channel.receive(datagram, now);
    this.#pump(now);
  }

  /** Does what has become due. */
  tick(now: number): void {
    this.#channel.tick(now);
    this.#registrar.tick(now);
    this.#bootstrapper.tick(now);
    this.#purge(now);
    if (this.#isRegistered() && this.#queueMode.tick(now)) this.#effects.push({ kind: 'asleep' });
    this.#pump(now);
  }

  /** When `tick` is due next, ms; undefined when nothing is pending. */
  nextWakeAt(): number | undefined {
    const registered = this.#isRegistered();
    let next: number | undefined;
    for (const time of [
      this.#channel.nextWakeAt(),
      this.#registrar.nextWakeAt(),
      this.#bootstrapper.nextWakeAt(),
      this.#purgeAt,
      registered ? this.#queueMode.sleepsAt : undefined,
      registered && !this.#queueMode.isAsleep ? this.#notifier.nextAt() : undefined,
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
   * @returns why nothing was sent, in words: there is no registration, or the server wants no Send (/1/x/23)
   */
  send(what: readonly LwM2mPath[] | readonly ResourceRecord[], now: number): string | undefined {
    if (!this.#isRegistered()) return 'there is no registration';
    if (this.#settings.muteSend) return 'the server wants no Send: /1/x/23';
    const records = what.flatMap((one) => (typeof one === 'string' ? this.#sender.records([one]) : [one]));
    const refused = this.#sender.send(this.#channel.peer, records, now);
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

  #isRegistered(): boolean {
    const { kind } = this.#registrar.state;
    return kind === 'registered' || kind === 'updating' || kind === 'resuming';
  }

  /** Whether the channel is the bootstrapper's at present. */
  #isBootstrapping(): boolean {
    const { kind } = this.#bootstrapper.state;
    return kind !== 'idle' && kind !== 'holdingOff' && kind !== 'waiting';
  }

  #firstTarget(): ChannelTarget {
    const account = serverAccounts(this.#model)[0] ?? bootstrapAccounts(this.#model)[0];
    if (account === undefined) throw new RangeError('objects 0 and 1 must be there, or a bootstrap account');
    return this.#targetOf(account);
  }

  #targetOf({ uri, securityId }: { readonly uri: string; readonly securityId: number }): ChannelTarget {
    return { uri, link: linkOf(securityId, this.#model, this.#linkParts) };
  }

  /** Goes where its accounts lead: to the server or, without one, to the bootstrap server. */
  #begin(now: number): void {
    const [account] = serverAccounts(this.#model);
    if (account === undefined) {
      this.#bootstrapper.handle('begin', now);
      return;
    }
    this.#server = this.#model.instances(1).find(({ id }) => id === account.serverId);
    if (this.#registrar.state.kind === 'idle') this.#channel.redirect(this.#targetOf(account), now);
    this.#registrar.handle('start', now);
  }

  #bootstrap(event: 'begin' | 'trigger', now: number): void {
    if (this.#bootstrapper.account === undefined) return;
    this.#registrar.handle('abandon', now);
    this.#bootstrapper.handle(event, now);
  }

  #accountsApplied(now: number): void {
    const { timeout = 0 } = this.#bootstrapper.account ?? {};
    this.#purgeAt = timeout > 0 ? now + timeout * 1000 : undefined;
    this.#attributes.clear();
  }

  #purge(now: number): void {
    if (this.#purgeAt === undefined || now < this.#purgeAt) return;
    this.#purgeAt = undefined;
    const { account } = this.#bootstrapper;
    if (account !== undefined && this.#model.remove(account.path)) {
      this.#effects.push({ kind: 'purged', path: account.path });
    }
  }

  #follow(consequence: Consequence, now: number): void {
    if (consequence === 'bootstrap') this.#bootstrap('trigger', now);
    else this.#registrar.handle(consequence === 'disable' ? 'disable' : 'trigger', now);
  }

  /** Carries out what channel and observations want until both are quiet. */
  #pump(now: number): void {
    do {
      if (this.#isRegistered() && !this.#queueMode.isAsleep) this.#notifier.notify(now);
    } while (this.#channel.carryOut(now));
  }

  #user(): ChannelUser {
    return {
      up: (now) => this.#heard('up', now),
      down: (detail, now) => this.#heard('down', now, detail),
      renewed: (peer, now) => {
        this.#sender.renew();
        this.#notifier.renew(peer, now);
      },
      stirred: (now) => {
        if (!this.#queueMode.stir(now)) return;
        if (!this.#settings.storing) this.#notifier.forgetChanges();
        this.#effects.push({ kind: 'awake' });
      },
      request: (exchange, message, now) => this.#answer(exchange, message, now),
      outcome: (request, outcome, now) => {
        this.#bootstrapper.outcome(request, outcome, now);
        this.#registrar.outcome(request, outcome, now);
        switch (this.#sender.outcome(request, outcome)) {
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
      },
      notifyOutcome: (effect, now) => {
        this.#notifier.outcome(effect, now);
        if (effect.outcome === 'timeout') {
          this.#registrar.handle('unanswered', now, 'a notification was not acknowledged');
        }
      },
      refused: (detail) => this.#effects.push({ kind: 'refused', code: Code.BadRequest, detail }),
    };
  }

  #heard(event: 'up' | 'down', now: number, detail = ''): void {
    if (this.#isBootstrapping()) this.#bootstrapper.handle(event, now, detail);
    else this.#registrar.handle(event, now, detail);
  }

  #answer(exchange: ExchangeId, message: CoapMessage, now: number): void {
    if (!this.#isBootstrapping()) {
      this.#management.answer(exchange, message, now);
      return;
    }
    const { response, settled } = this.#bootstrapper.serve(message, now);
    this.#channel.coap.respond(exchange, response, now);
    settled();
  }
}

/** The instances of a device, with the bootstrap account in a free one of object 0. */
function withBootstrap({ objects, bootstrap }: ClientOptions): readonly ObjectInstance[] {
  if (bootstrap === undefined) return objects;
  const taken = new Set(objects.filter(({ definition }) => definition.id === 0).map(({ id }) => id));
  const free = Array.from({ length: taken.size + 1 }, (_, id) => id).find((id) => !taken.has(id));
  return [...objects, bootstrapInstance(bootstrap, free)];
}
