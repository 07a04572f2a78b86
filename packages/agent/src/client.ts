import { type LwM2mPath, type ResourceRecord, ROOT_PATH, segments, type Value } from '@reeve/lwm2m';
import { AccessControl, isAccessControl } from './access-control.ts';
import { Account, earliest } from './account.ts';
import { bootstrapAccounts, type ServerAccount } from './accounts.ts';
import type { BootstrapState } from './bootstrap/states.ts';
import type { ClientOptions } from './client-options.ts';
import type { ClientEffect, ServerAddress } from './effects.ts';
import type { ObjectInstance } from './instance.ts';
import { Lifecycle } from './lifecycle.ts';
import type { DeviceChanges } from './management.ts';
import { DeviceModel } from './model.ts';
import { bootstrapInstance } from './objects/security.ts';
import type { RegistrationState } from './registration.ts';
import type { ContentJson } from './resource.ts';
import type { LinkParts } from './security.ts';
import { triggerOf } from './sms.ts';
import { Puller } from './updates/puller.ts';

/** What one Uri-Query option holds (RFC 7252 §5.10) beside `ep=`. */
const ENDPOINT_BYTES = 252;

/**
 * An LwM2M client with one server or several, over CoAP, over UDP or TCP, bare or with DTLS or TLS.
 *
 * It does no I/O. Each input takes `now`, milliseconds on a clock that never goes back; what it wants done it leaves as
 * effects that the caller fetches with `drain` after its inputs. `tick` is due at `nextWakeAt`. No input throws because
 * of what a server sent.
 */
export class LwM2mClient {
  readonly endpoint: string;
  readonly #options: ClientOptions;
  readonly #model: DeviceModel;
  readonly #access: AccessControl;
  readonly #linkParts: LinkParts;
  readonly #lifecycle: Lifecycle;
  readonly #puller: Puller;
  #effects: ClientEffect[] = [];

  /** @throws RangeError when the endpoint name is too long, an object is missing, or the credentials in object 0 can't serve */
  constructor(options: ClientOptions) {
    const { endpoint, creatable = {}, random, dtls = {}, trustAnchors = [], wallClock } = options;
    if (Buffer.byteLength(endpoint) > ENDPOINT_BYTES) throw new RangeError('the endpoint name is too long');
    this.endpoint = endpoint;
    this.#options = options;
    const model = new DeviceModel(withBootstrap(options), Object.keys(creatable).map(Number));
    this.#model = model;
    this.#access = new AccessControl(model, () => this.#lifecycle.accounts.length > 1);
    this.#linkParts = { random, retransmit: dtls, trustAnchors, wallClock };
    const emit = (effect: ClientEffect): void => {
      this.#effects.push(effect);
    };
    this.#puller = new Puller(options.updates ?? [], {
      sources: () => this.#lifecycle.accounts,
      hand: (path, uri, offset) => emit({ kind: 'fetch', path, uri, offset }),
      changed: (path) => this.#touched(path),
    });
    this.#lifecycle = new Lifecycle(options, {
      ...{ model, linkParts: this.#linkParts, emit },
      open: (facts) => this.#open(facts),
      forget: (server) => this.#forget(server),
    });
  }

  /** Where its servers are or, while it has none, the bootstrap server. */
  get addresses(): readonly ServerAddress[] {
    const servers = this.#lifecycle.accounts.map(({ address }) => address);
    if (servers.length > 0) return servers;
    return bootstrapAccounts(this.#model).map(({ securityId, uri }) => ({ securityId, to: uri }));
  }

  /** Where the client is on its way to being registered at its first server. */
  get registration(): RegistrationState {
    return this.#lifecycle.accounts[0]?.registration ?? { kind: 'idle' };
  }

  /** Where it is on its way to being registered at each server, by short server id. */
  get registrations(): ReadonlyMap<number, RegistrationState> {
    return new Map(this.#lifecycle.accounts.map(({ facts, registration }) => [facts.shortServerId, registration]));
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

  /** Sends an Update now, to each server where it is registered. */
  update(now: number): void {
    for (const account of this.#lifecycle.accounts) account.handle('trigger', now);
    this.#pump(now);
  }

  /**
   * A datagram came from a server, or bytes over the connection to it. While the device sleeps no datagram is heard.
   *
   * @param securityId the server's, as effects have it
   */
  receive(securityId: number, bytes: Uint8Array, now: number): void {
    this.#lifecycle.lineOf(securityId)?.receive(bytes, now);
    this.#pump(now);
  }

  /**
   * An SMS came, as its octets. If a server allows it (/1/x/21) it can have an Update sent so, also by a device that
   * sleeps, or a bootstrap begun; nothing is answered.
   */
  receiveSms(octets: Uint8Array, now: number): void {
    for (const { facts, settings } of this.#lifecycle.accounts) {
      const { serverId } = facts;
      const consequence = triggerOf(octets, { serverId, allowsSms: settings.allowsSms });
      if (consequence) this.#lifecycle.follow(consequence, serverId, now);
    }
    this.#pump(now);
  }

  /** The connection that was wanted last is there. */
  connected(securityId: number, now: number): void {
    this.#lifecycle.lineOf(securityId)?.connected(now);
    this.#pump(now);
  }

  /** The connection that was wanted last is gone, or did not come up; `detail` says why to people. */
  disconnected(securityId: number, detail: string, now: number): void {
    this.#lifecycle.lineOf(securityId)?.disconnected(detail, now);
    this.#pump(now);
  }

  /** Does what has become due. */
  tick(now: number): void {
    this.#lifecycle.tick(now);
    this.#pump(now);
  }

  /** When `tick` is due next, ms; undefined when nothing is pending. */
  nextWakeAt(): number | undefined {
    return earliest([this.#lifecycle.nextWakeAt(), this.#isRegistered ? this.#puller.nextWakeAt() : undefined]);
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
    this.#touched(path);
    this.#pump(now);
  }

  /**
   * Sends values without having been asked: what paths hold now, or records, which may have times of their own and tell
   * of one path several times. Whether a server took them is told as `sent` or `unsent`.
   *
   * @param server the short id of the server; without it, to every server that takes them
   * @returns why nothing was sent, in words: there is no registration, or one of 1.0, or the server wants no Send
   *   (/1/x/23), or may not read it all
   */
  send(what: readonly LwM2mPath[] | readonly ResourceRecord[], now: number, server?: number): string | undefined {
    const { accounts } = this.#lifecycle;
    const meant = accounts.filter(({ facts }) => server === undefined || facts.shortServerId === server);
    const refusals = meant.map((account) => account.send(what, now));
    this.#pump(now);
    if (meant.length === 0) return 'there is no such server';
    return refusals.includes(undefined) ? undefined : refusals[0];
  }

  /** The present value of a single resource; `none` where there is none. */
  get(path: LwM2mPath): Value {
    return this.#model.value(path);
  }

  /** Adds an object instance; the servers learn of it by an Update. */
  addInstance(instance: ObjectInstance, now: number): void {
    this.#model.add(instance);
    this.#instancesChanged([instance.path], now);
    this.#pump(now);
  }

  /** Takes an object instance away; the servers learn of it by an Update. */
  removeInstance(path: LwM2mPath, now: number): void {
    if (this.#model.remove(path)) this.#instancesChanged([path, this.#access.gone(path)], now);
    this.#pump(now);
  }

  get #isRegistered(): boolean {
    return this.#lifecycle.accounts.some(({ isRegistered }) => isRegistered);
  }

  /** Carries out what channels and observations want until all are quiet. */
  #pump(now: number): void {
    while (this.#lifecycle.pump(now) || (this.#isRegistered && this.#puller.pump(now)));
  }

  #open(facts: ServerAccount): Account {
    const { shortServerId: server } = facts;
    const account: Account = new Account(facts, this.#options, {
      model: this.#model,
      linkParts: this.#linkParts,
      permissions: this.#access.of(server),
      device: this.#changesBy(server),
      hasBootstrap: () => this.#lifecycle.bootstrapper.account !== undefined,
      emit: (effect) => this.#effects.push('to' in effect ? effect : { ...effect, server }),
      settled: (registered, now) => this.#lifecycle.settled(account, registered, now),
      outcome: (request, outcome, now) => this.#puller.outcome(account, request, outcome, now),
      renewed: () => this.#puller.renew(account),
    });
    return account;
  }

  #changesBy(server: number): DeviceChanges {
    return {
      touched: (path) => this.#touched(path),
      created: (path, now) => this.#instancesChanged([path, this.#access.made(path, server)], now),
      deleted: (path, now) => this.#instancesChanged([path, this.#access.gone(path)], now),
      lifetimeWritten: (now) => this.#tellChanges(now),
      follow: (consequence, serverId, now) => this.#lifecycle.follow(consequence, serverId, now),
    };
  }

  /** A server is gone, and with it what other servers could do nothing with. */
  #forget(server: number): void {
    const { creatable = {} } = this.#options;
    for (const path of this.#access.forget(server)) {
      const [objectId = -1] = segments(path);
      if (creatable[objectId] === undefined || !this.#model.remove(path)) continue;
      this.#access.gone(path);
      this.#effects.push({ kind: 'deleted', path, server });
    }
  }

  #touched(path: LwM2mPath): void {
    // Whether a server may read what it observes is part of what it reads.
    const concerned = isAccessControl(path) ? ROOT_PATH : path;
    for (const account of this.#lifecycle.accounts) account.touch(concerned);
  }

  #instancesChanged(paths: readonly (LwM2mPath | undefined)[], now: number): void {
    for (const path of paths) if (path !== undefined) this.#touched(path);
    this.#tellChanges(now);
  }

  #tellChanges(now: number): void {
    for (const account of this.#lifecycle.accounts) account.tellChanges(now);
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
