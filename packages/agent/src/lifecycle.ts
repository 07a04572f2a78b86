import { DEFAULT_PARAMETERS, exchangeLifetimeMs } from '@reeve/coap';
import { type Account, earliest } from './account.ts';
import { bootstrapAccounts, type ServerAccount, serverAccounts } from './accounts.ts';
import { BootstrapLine } from './bootstrap/bootstrap-line.ts';
import { Bootstrapper } from './bootstrap/bootstrapper.ts';
import type { ClientOptions } from './client-options.ts';
import type { DeviceEvent, WireEffect } from './effects.ts';
import type { Consequence } from './management.ts';
import type { DeviceModel } from './model.ts';
import { RegistrationOrder } from './registration-order.ts';
import { type LinkParts, linkOf } from './security.ts';

interface LifecycleParts {
  readonly model: DeviceModel;
  readonly linkParts: LinkParts;
  readonly emit: (effect: WireEffect | DeviceEvent) => void;
  /** @throws RangeError or Error when its credentials can't serve */
  readonly open: (facts: ServerAccount) => Account;
  /** A server, by its short id, has no account any more. */
  readonly forget: (server: number) => void;
}

/**
 * Which servers a client has to do with: those that it has accounts of or, for want of accounts, because all attempts
 * failed everywhere or because it was told to, the bootstrap server (OMA Core §6.1.2, §6.2.1).
 */
export class Lifecycle {
  readonly bootstrapper: Bootstrapper;
  readonly #parts: LifecycleParts;
  readonly #line: BootstrapLine;
  readonly #order = new RegistrationOrder();
  #accounts: readonly Account[];
  /** When the bootstrap account is to go, ms (/0/x/12). */
  #purgeAt: number | undefined;

  /** @throws RangeError when there is no account, or two are of one server, or the credentials of one can't serve */
  constructor(options: ClientOptions, parts: LifecycleParts) {
    const { endpoint, coap, creatable = {}, version = '1.1', random } = options;
    const { model, linkParts, emit } = parts;
    this.#parts = parts;
    const bootstrap = bootstrapAccounts(model);
    this.#accounts = serverAccounts(model).map(parts.open);
    if (this.#accounts.length + bootstrap.length === 0) {
      throw new RangeError('objects 0 and 1 must be there, or a bootstrap account');
    }
    if (new Set(this.#accounts.map(({ facts }) => facts.shortServerId)).size < this.#accounts.length) {
      throw new RangeError('a short server id is there twice');
    }
    for (const { securityId } of bootstrap) linkOf(securityId, model, linkParts);
    const parameters = { ...DEFAULT_PARAMETERS, ...coap };
    const times = { patienceMs: exchangeLifetimeMs(parameters), lingerMs: 2 * parameters.ackTimeoutMs };
    this.#line = new BootstrapLine({ model, linkParts, random, parameters: coap, emit }, () => this.bootstrapper);
    this.bootstrapper = new Bootstrapper({ endpoint, creatable, enabler: version, ...times }, model, {
      connect: (account, now) => this.#line.connect(account, now),
      close: (now) => (this.bootstrapper.account === undefined ? this.#line.end(now) : this.#line.close(now)),
      request: (spec, now) => this.#line.request(spec, now),
      emit,
      tryLink: (securityId, accounts) => linkOf(securityId, accounts, linkParts),
      applied: (now) => this.#applied(now),
      over: (now) => this.#begin(now),
    });
  }

  /** One for each server, in the order of the instances of object 0. */
  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  /** What leads to a server, by the instance of object 0 that says so. */
  lineOf(securityId: number): Pick<Account, 'receive' | 'connected' | 'disconnected'> | undefined {
    if (this.#line.address?.securityId === securityId) return this.#line;
    return this.#accounts.find(({ facts }) => facts.securityId === securityId);
  }

  /** Registers, after a bootstrap if there is no server. */
  start(now: number): void {
    if (this.bootstrapper.state.kind === 'idle') this.#begin(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.#order.stop();
    this.bootstrapper.handle('stop', now);
    for (const account of this.#accounts) account.handle('stop', now);
  }

  /** Does what a server, or an SMS, set off. @param serverId the instance of object 1 that it is about */
  follow(consequence: Consequence, serverId: number, now: number): void {
    if (consequence === 'bootstrap') {
      this.#bootstrap('trigger', now);
      return;
    }
    const account = this.#accounts.find(({ facts }) => facts.serverId === serverId);
    account?.handle(consequence === 'update' ? 'trigger' : consequence, now);
  }

  /** A server took the Register, or all attempts there failed. */
  settled(account: Account, registered: boolean, now: number): void {
    if (registered) this.bootstrapper.succeeded();
    this.#order.settled(account, registered, now);
    const allFailed = !this.#order.isPending && this.#accounts.every(({ isAtRest }) => isAtRest);
    const mayBootstrap = this.#accounts.some(
      ({ registration, settings }) => registration.kind === 'failed' && settings.bootstrapOnFailure,
    );
    if (!registered && allFailed && mayBootstrap) this.#bootstrap('begin', now);
  }

  tick(now: number): void {
    this.#line.tick(now);
    for (const account of this.#accounts) account.tick(now);
    this.#order.tick(now);
    this.bootstrapper.tick(now);
    if (this.#purgeAt !== undefined && now >= this.#purgeAt) this.#purge(now);
  }

  nextWakeAt(): number | undefined {
    return earliest([
      ...this.#accounts.map((account) => account.nextWakeAt()),
      ...[this.#line.nextWakeAt(), this.#order.nextWakeAt(), this.bootstrapper.nextWakeAt(), this.#purgeAt],
    ]);
  }

  /** Has all that leads to servers carry out what it wants. @returns whether there was anything that may want more */
  pump(now: number): boolean {
    let busy = this.#line.carryOut(now);
    for (const account of this.#accounts) busy = account.pump(now) || busy;
    return busy;
  }

  /** Goes where the accounts lead. */
  #begin(now: number): void {
    this.#renewAccounts(now);
    if (this.#accounts.length === 0) this.bootstrapper.handle('begin', now);
    else
      this.#order.begin(
        this.#accounts.filter(({ isAtRest }) => isAtRest),
        now,
      );
  }

  /** An account stays what it is as long as its two instances do. */
  #renewAccounts(now: number): void {
    const before = new Set(this.#accounts);
    this.#accounts = serverAccounts(this.#parts.model).map((facts) => {
      const kept = [...before].find((account) => account.isOf(facts));
      if (kept === undefined) return this.#parts.open(facts);
      before.delete(kept);
      return kept;
    });
    const servers = new Set(this.#accounts.map(({ facts }) => facts.shortServerId));
    for (const account of before) {
      account.end(now);
      if (!servers.has(account.facts.shortServerId)) this.#parts.forget(account.facts.shortServerId);
    }
  }

  #bootstrap(event: 'begin' | 'trigger', now: number): void {
    if (this.bootstrapper.account === undefined) return;
    this.#order.stop();
    for (const account of this.#accounts) account.handle('abandon', now);
    this.bootstrapper.handle(event, now);
  }

  #applied(now: number): void {
    const { timeout = 0 } = this.bootstrapper.account ?? {};
    this.#purgeAt = timeout > 0 ? now + timeout * 1000 : undefined;
  }

  #purge(now: number): void {
    this.#purgeAt = undefined;
    const { account } = this.bootstrapper;
    if (account === undefined) return;
    if (this.bootstrapper.state.kind === 'idle') this.#line.end(now);
    this.#parts.model.remove(account.path);
    if (account.oscore !== undefined) this.#parts.model.remove(account.oscore);
    this.#parts.emit({ kind: 'purged', path: account.path });
  }
}
