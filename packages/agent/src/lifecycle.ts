import { type CoapMessage, DEFAULT_PARAMETERS, exchangeLifetimeMs } from '@reeve/coap';
import { bootstrapAccounts, type ServerAccount, serverAccounts } from './accounts.ts';
import { Bootstrapper } from './bootstrap/bootstrapper.ts';
import { Channel, type ChannelUser } from './channel.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEffect } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import type { Consequence } from './management.ts';
import type { DeviceModel } from './model.ts';
import { ServerSettings } from './objects/server.ts';
import { Registrar } from './registrar.ts';
import { type LinkParts, linkOf } from './security.ts';

/** What has to do with what comes over the channel, beside the lifecycle itself. */
export type LifecycleUser = Omit<ChannelUser, 'up' | 'down'>;

interface LifecycleParts {
  readonly model: DeviceModel;
  readonly emit: (effect: ClientEffect) => void;
  readonly user: LifecycleUser;
  /** Requests whose parts are dealt with above CoAP. */
  readonly inParts: (request: CoapMessage) => boolean;
  /** A Register goes out: the server forgets what it knew of the device. */
  readonly registering: (now: number) => void;
  /** The accounts are others. */
  readonly accountsChanged: () => void;
}

/**
 * Which server a client has to do with: the one that it is registered at or, for want of accounts, because all attempts
 * failed or because it was told to, the bootstrap server (OMA Core §6.1.2, §6.2.1).
 */
export class Lifecycle {
  readonly channel: Channel;
  readonly registrar: Registrar;
  readonly bootstrapper: Bootstrapper;
  /** What holds towards the server that is in force. */
  readonly settings = new ServerSettings(() => this.#server);
  readonly #parts: LifecycleParts;
  readonly #linkParts: LinkParts;
  #server: ObjectInstance | undefined;
  /** The instance of object 0 that the channel's link is made of. */
  #security: ObjectInstance | undefined;
  /** When the bootstrap account is to go, ms (/0/x/12). */
  #purgeAt: number | undefined;

  /** @throws RangeError when there is no account, or its credentials can't serve */
  constructor(options: ClientOptions, parts: LifecycleParts) {
    const { endpoint, random, dtls = {}, trustAnchors = [], wallClock, coap, creatable = {} } = options;
    const { version = '1.1', queueMode = false, profile = false, smsNumber } = options;
    const { model, emit } = parts;
    this.#parts = parts;
    this.#linkParts = { random, retransmit: dtls, trustAnchors, wallClock };
    const first = serverAccounts(model)[0] ?? bootstrapAccounts(model)[0];
    if (first === undefined) throw new RangeError('objects 0 and 1 must be there, or a bootstrap account');
    this.#security = this.#securityOf(first);
    for (const { securityId } of bootstrapAccounts(model)) linkOf(securityId, model, this.#linkParts);
    const target = { uri: first.uri, link: linkOf(first.securityId, model, this.#linkParts) };
    this.channel = new Channel(target, {
      ...{ random, parameters: coap, emit, inParts: parts.inParts },
      user: {
        ...parts.user,
        up: (now) => this.#linkIs('up', now, ''),
        down: (detail, now) => this.#linkIs('down', now, detail),
      },
    });
    const registrant = { endpoint, newest: version, queueMode: queueMode !== false, profile, smsNumber };
    this.registrar = new Registrar(registrant, this.settings, model, {
      connect: (now) => this.channel.connect(now),
      close: (now) => this.channel.close(now),
      request: (spec, now) => {
        if (this.registrar.state.kind === 'registering') parts.registering(now);
        return this.channel.request(spec, now);
      },
      binding: () => (this.channel.isStream ? 'T' : 'U'),
      emit: (event) => {
        if (event.kind === 'registered') this.bootstrapper.succeeded();
        emit(event);
      },
      gaveUp: (now) => {
        if (this.settings.bootstrapOnFailure) this.#bootstrap('begin', now);
      },
    });
    const parameters = { ...DEFAULT_PARAMETERS, ...coap };
    const times = { patienceMs: exchangeLifetimeMs(parameters), lingerMs: 2 * parameters.ackTimeoutMs };
    this.bootstrapper = new Bootstrapper({ endpoint, creatable, enabler: version, ...times }, model, {
      connect: (account, now) => {
        this.#turnTo(account, now);
        this.channel.connect(now);
      },
      close: (now) => this.channel.close(now),
      request: (spec, now) => this.channel.request(spec, now),
      emit,
      tryLink: (securityId, accounts) => linkOf(securityId, accounts, this.#linkParts),
      applied: (now) => this.#applied(now),
      over: (now) => this.#begin(now),
    });
  }

  /** Whether the client is registered, for all it knows. */
  get isRegistered(): boolean {
    const { kind } = this.registrar.state;
    return kind === 'registered' || kind === 'updating' || kind === 'resuming';
  }

  /** Whether it has to do with the bootstrap server at present. */
  get isBootstrapping(): boolean {
    const { kind } = this.bootstrapper.state;
    return kind !== 'idle' && kind !== 'holdingOff' && kind !== 'waiting';
  }

  /** Registers, after a bootstrap if there is no server. */
  start(now: number): void {
    if (this.bootstrapper.state.kind === 'idle') this.#begin(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.bootstrapper.handle('stop', now);
    this.registrar.handle('stop', now);
  }

  /** Does what a server set off. */
  follow(consequence: Consequence, now: number): void {
    switch (consequence) {
      case 'bootstrap':
        this.#bootstrap('trigger', now);
        break;
      case 'changed':
        this.registrar.tellChanges(now);
        break;
      case 'update':
        this.registrar.handle('trigger', now);
        break;
      case 'disable':
        this.registrar.handle('disable', now);
        break;
    }
  }

  tick(now: number): void {
    this.registrar.tick(now);
    this.bootstrapper.tick(now);
    if (this.#purgeAt !== undefined && now >= this.#purgeAt) this.#purge();
  }

  /** When each of its parts is due next, ms. */
  wakes(): readonly (number | undefined)[] {
    return [this.registrar.nextWakeAt(), this.bootstrapper.nextWakeAt(), this.#purgeAt];
  }

  #linkIs(event: 'up' | 'down', now: number, detail: string): void {
    if (this.isBootstrapping) this.bootstrapper.handle(event, now, detail);
    else this.registrar.handle(event, now, detail);
  }

  /** Goes where the accounts lead. */
  #begin(now: number): void {
    const [account] = serverAccounts(this.#parts.model);
    if (account === undefined) {
      this.bootstrapper.handle('begin', now);
      return;
    }
    this.#server = this.#parts.model.instances(1).find(({ id }) => id === account.serverId);
    this.#turnTo(account, now);
    this.registrar.handle('start', now);
  }

  #bootstrap(event: 'begin' | 'trigger', now: number): void {
    if (this.bootstrapper.account === undefined) return;
    this.registrar.handle('abandon', now);
    this.bootstrapper.handle(event, now);
  }

  /** Leads the channel to the server of an account, unless it leads there already. */
  #turnTo(account: Pick<ServerAccount, 'securityId' | 'uri'>, now: number): void {
    const security = this.#securityOf(account);
    if (security === this.#security) return;
    this.#security = security;
    const link = linkOf(account.securityId, this.#parts.model, this.#linkParts);
    this.channel.redirect({ uri: account.uri, link }, now);
  }

  #securityOf({ securityId }: Pick<ServerAccount, 'securityId'>): ObjectInstance | undefined {
    return this.#parts.model.instances(0).find(({ id }) => id === securityId);
  }

  #applied(now: number): void {
    const { timeout = 0 } = this.bootstrapper.account ?? {};
    this.#purgeAt = timeout > 0 ? now + timeout * 1000 : undefined;
    this.#parts.accountsChanged();
  }

  #purge(): void {
    this.#purgeAt = undefined;
    const { account } = this.bootstrapper;
    if (account === undefined) return;
    this.#parts.model.remove(account.path);
    if (account.oscore !== undefined) this.#parts.model.remove(account.oscore);
    this.#parts.emit({ kind: 'purged', path: account.path });
  }
}
