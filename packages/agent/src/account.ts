import {
  type CoapMessage,
  Code,
  DEFAULT_PARAMETERS,
  maxTransmitWaitMs,
  type RequestId,
  type RequestOutcome,
  type RequestSpec,
} from '@reeve/coap';
import type { LwM2mPath, ResourceRecord } from '@reeve/lwm2m';
import type { Permissions } from './access-control.ts';
import type { ServerAccount } from './accounts.ts';
import { AttributeTable } from './attributes.ts';
import { Channel, type ChannelUser } from './channel.ts';
import type { ClientOptions } from './client-options.ts';
import type { ServerAddress, ServerEvent, WireEffect } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { type DeviceChanges, Management } from './management.ts';
import type { DeviceModel } from './model.ts';
import { Notifier } from './notifier.ts';
import { ServerSettings } from './objects/server.ts';
import { Observations } from './observations.ts';
import { QueueMode } from './queue-mode.ts';
import { Registrar } from './registrar.ts';
import type { RegistrationEvent, RegistrationState } from './registration.ts';
import { type LinkParts, linkOf } from './security.ts';
import { Sender } from './sending.ts';
import { partsSlot } from './updates/parts.ts';

/** What an account has to do with beside its server. */
interface AccountParts {
  readonly model: DeviceModel;
  readonly linkParts: LinkParts;
  readonly permissions: Permissions;
  readonly device: DeviceChanges;
  readonly hasBootstrap: () => boolean;
  readonly emit: (effect: WireEffect | ServerEvent) => void;
  /** The server took a Register, or all attempts failed. */
  readonly settled: (registered: boolean, now: number) => void;
  /** How requests of others than the account ended, and that those over the last link will not. */
  readonly outcome: (request: RequestId, outcome: RequestOutcome, now: number) => void;
  readonly renewed: () => void;
}

/**
 * All that a client has to do with one server: the way to it, the registration, what it observes and which attributes it
 * attached, and when the device sleeps for it. The objects are those of the device, as far as the server may use them.
 */
export class Account {
  readonly facts: ServerAccount;
  readonly settings: ServerSettings;
  readonly #parts: AccountParts;
  readonly #security: ObjectInstance | undefined;
  readonly #server: ObjectInstance | undefined;
  readonly #channel: Channel;
  readonly #registrar: Registrar;
  readonly #notifier: Notifier;
  readonly #sender: Sender;
  readonly #management: Management;
  readonly #queueMode: QueueMode;

  /** @throws RangeError or Error when the credentials in object 0 can't serve */
  constructor(facts: ServerAccount, options: ClientOptions, parts: AccountParts) {
    const { coap: parameters, queueMode = false, confirmEvery = 10, creatable = {}, random, wallClock } = options;
    const { model, permissions, emit, device, hasBootstrap } = parts;
    this.facts = facts;
    this.#security = instanceOf(model, 0, facts.securityId);
    this.#server = instanceOf(model, 1, facts.serverId);
    this.settings = new ServerSettings(this.#server);
    this.#parts = parts;
    const awakeMs = queueMode === true ? maxTransmitWaitMs({ ...DEFAULT_PARAMETERS, ...parameters }) : queueMode;
    this.#queueMode = new QueueMode(awakeMs || undefined);
    this.#channel = new Channel({
      address: { securityId: facts.securityId, to: facts.uri },
      link: linkOf(facts.securityId, model, parts.linkParts),
      ...{ random, parameters, emit, user: this.#user() },
      inParts: (message) => partsSlot(message, model) !== undefined,
    });
    const { coap } = this.#channel;
    this.#registrar = this.#makeRegistrar(options);
    const attributes = new AttributeTable();
    const observations = new Observations(attributes, this.settings);
    this.#notifier = new Notifier({ coap, model, permissions, observations, confirmEvery, wallClock, emit });
    this.#sender = new Sender({ coap, model, permissions, emit });
    this.#management = new Management({
      ...{ coap, notifier: this.#notifier, emit, device },
      served: () => ({
        ...{ model, permissions, attributes, creatable },
        enabler: this.#registrar.version,
        hasBootstrap: hasBootstrap(),
      }),
    });
  }

  get address(): ServerAddress {
    return this.#channel.address;
  }

  get registration(): RegistrationState {
    return this.#registrar.state;
  }

  /** Whether the client is registered here, for all it knows. */
  get isRegistered(): boolean {
    const { kind } = this.#registrar.state;
    return kind === 'registered' || kind === 'updating' || kind === 'resuming';
  }

  /** Whether nothing is under way, and nothing will be by itself. */
  get isAtRest(): boolean {
    const { kind } = this.#registrar.state;
    return kind === 'idle' || kind === 'failed';
  }

  start(now: number): void {
    this.#registrar.handle('start', now);
  }

  /** Whether it is made of the two instances that an account has now. */
  isOf({ securityId, serverId }: ServerAccount): boolean {
    return (
      this.#security === instanceOf(this.#parts.model, 0, securityId) &&
      this.#server === instanceOf(this.#parts.model, 1, serverId)
    );
  }

  /** Something happened that the registration has to do with. */
  handle(event: RegistrationEvent, now: number): void {
    this.#registrar.handle(event, now);
  }

  /** The server is told what it was told otherwise, if there is anything. */
  tellChanges(now: number): void {
    this.#registrar.tellChanges(now);
  }

  /** There is no such account any more. */
  end(now: number): void {
    this.#registrar.handle('abandon', now);
    this.#channel.end(now);
  }

  request(spec: RequestSpec, now: number): RequestId {
    return this.#channel.request(spec, now);
  }

  /** A datagram came, or bytes over the connection. While the device sleeps no datagram is heard. */
  receive(bytes: Uint8Array, now: number): void {
    if (!this.#queueMode.isAsleep || this.#channel.isStream) this.#channel.receive(bytes, now);
  }

  connected(now: number): void {
    this.#channel.opened(now);
  }

  disconnected(detail: string, now: number): void {
    this.#channel.lost(detail, now);
  }

  tick(now: number): void {
    this.#channel.tick(now);
    this.#registrar.tick(now);
    if (this.isRegistered && this.#queueMode.tick(now)) this.#parts.emit({ kind: 'asleep' });
  }

  nextWakeAt(): number | undefined {
    const times = [this.#channel.nextWakeAt(), this.#registrar.nextWakeAt()];
    if (this.isRegistered) times.push(this.#queueMode.sleepsAt, this.#notifier.nextAt(this.#queueMode.isAsleep));
    return earliest(times);
  }

  /** Says what is due, and carries out what the channel wants. @returns whether there was anything that may want more */
  pump(now: number): boolean {
    if (this.isRegistered) {
      if (this.#queueMode.isAsleep) this.#notifier.keep(now);
      else this.#notifier.notify(now);
    }
    return this.#channel.carryOut(now);
  }

  /** What can be read at or below a path may have changed. */
  touch(path: LwM2mPath): void {
    this.#notifier.touch(path);
  }

  /** Sends values unasked. @returns why nothing was sent, in words */
  send(what: readonly LwM2mPath[] | readonly ResourceRecord[], now: number): string | undefined {
    if (!this.isRegistered) return 'there is no registration';
    if (this.#registrar.version === '1.0') return 'LwM2M 1.0 has no Send';
    if (this.settings.muteSend) return 'the server wants no Send: /1/x/23';
    const records = what.flatMap((one) => (typeof one === 'string' ? this.#sender.records([one]) : [one]));
    return this.#sender.send(this.#channel.peer, records, now);
  }

  #makeRegistrar({ endpoint, version = '1.1', queueMode = false, profile = false, smsNumber }: ClientOptions) {
    const { model, emit, settled } = this.#parts;
    const registrant = { endpoint, newest: version, queueMode: queueMode !== false, profile, smsNumber };
    const channel = this.#channel;
    return new Registrar(registrant, this.settings, model, {
      connect: (now) => channel.connect(now),
      close: (now) => channel.close(now),
      request: (spec, now) => {
        // The server forgets its observations with a registration, so their notifications would be strangers to it.
        if (this.#registrar.state.kind === 'registering') this.#notifier.renew(channel.peer, now);
        return channel.request(spec, now);
      },
      binding: () => (channel.isStream ? 'T' : 'U'),
      emit,
      registered: (now) => settled(true, now),
      gaveUp: (now) => settled(false, now),
    });
  }

  #user(): ChannelUser {
    return {
      up: (now) => this.#registrar.handle('up', now),
      down: (detail, now) => this.#registrar.handle('down', now, detail),
      renewed: (peer, now) => {
        this.#sender.renew();
        this.#parts.renewed();
        this.#notifier.renew(peer, now);
      },
      stirred: (now) => {
        if (!this.#queueMode.stir(now)) return;
        if (!this.settings.storing) this.#notifier.forgetChanges();
        this.#parts.emit({ kind: 'awake' });
      },
      request: (exchange, message: CoapMessage, now) => this.#management.answer(exchange, message, now),
      outcome: (request, outcome, now) => this.#ended(request, outcome, now),
      notifyOutcome: (effect, now) => {
        this.#notifier.outcome(effect, now);
        if (effect.outcome === 'timeout') {
          this.#registrar.handle('unanswered', now, 'a notification was not acknowledged');
        }
      },
      refused: (detail) => this.#parts.emit({ kind: 'refused', code: Code.BadRequest, detail }),
    };
  }

  #ended(request: RequestId, outcome: RequestOutcome, now: number): void {
    this.#registrar.outcome(request, outcome, now);
    this.#parts.outcome(request, outcome, now);
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
  }
}

function instanceOf(model: DeviceModel, objectId: number, instanceId: number): ObjectInstance | undefined {
  return model.instances(objectId).find(({ id }) => id === instanceId);
}

/** The first of several times; undefined when there is none. */
export function earliest(times: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}
