import { Code } from '@reeve/coap';
import { commitAll, type Decision, type GroupCommit } from '../decision.ts';
import type { Refused } from '../handshakes/failed.ts';
import type { Millis, OrganisationId, RegistrationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkDown, LinkUp, SessionInfo } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import { admit } from './admit.ts';
import type { Credentials } from './credentials.ts';
import { carrierOf, type Device, type Fleet, type Registration } from './fleet.ts';
import { expiresAt } from './presence.ts';
import { type Offered, offeredBy, updatedOffer } from './profiles.ts';
import { charge, forgetFull, rateLimits } from './rate.ts';
import {
  changedTerms,
  contactOf,
  isSuperseded,
  knownOf,
  noteReceived,
  registrationChanges,
  registrationOf,
  settleReceived,
} from './terms.ts';

type Register = Extract<LinkUp, { kind: 'register' }>;
type Update = Extract<LinkUp, { kind: 'update' }>;
type Deregister = Extract<LinkUp, { kind: 'deregister' }>;

/** What other capabilities add to, and learn from, a device's contact. */
interface RegistrationHooks {
  /** The same session as it is held already: what is kept of a registration then has its texts, and none of its own. */
  held(session: SessionInfo): SessionInfo;
  /** Decided and committed together with an authenticated contact. */
  contact(device: Device, heard: Pick<Update, 'at' | 'session'>): readonly (Decision | undefined)[];
  /** After the commit: heard with a new registration, so everything that hung on the old one is gone. */
  registered(device: Device): void;
  /** After the commit: the device was heard through `session`; `fresh` if for the first time. */
  heard(device: Device, fresh: boolean): void;
  /** After the commit: the registration is over, and so is what depends on it when this resolves. */
  ended(device: Device): Promise<void>;
}

interface Options {
  readonly store: Store;
  readonly commits: GroupCommit;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly lanes: Lanes;
  readonly send: (message: LinkDown) => void;
  readonly refuse: (refused: Refused) => void;
  readonly organisationId: OrganisationId;
  readonly hooks: RegistrationHooks;
  /** Whether NoSec devices may register at all. */
  readonly noSec: boolean;
}

/** Register, Update and De-register (LwM2M Core §6.2), each answered only after its commit. */
export class Registrations {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  async register(message: Register): Promise<void> {
    const { fleet, lanes, commits, hooks } = this.#o;
    const { exchange } = message;
    const session = hooks.held(message.session);
    const heard = session === message.session ? message : { ...message, session };
    const device = this.#admit(heard);
    if (!device) return this.#answer(exchange, Code.BadRequest);
    if (!this.#mayCome(device, heard)) return;
    const { deviceId } = device.row;
    try {
      const turn = lanes.enter(deviceId);
      if (turn) await turn;
      try {
        if (fleet.get(deviceId) !== device) return this.#answer(exchange, Code.BadRequest);
        const registration = this.#newRegistration(device, heard);
        if (!registration) return this.#answer(exchange, Code.Conflict);
        await commits.commit([this.#decisionOf(device, registration), ...hooks.contact(device, heard)]);
        this.#replace(device, registration, heard);
      } finally {
        lanes.leave(deviceId);
      }
    } catch {
      this.#unsaved(exchange);
    }
  }

  /** What the device says when it registers; undefined if that lacks what it offers. */
  #newRegistration(device: Device, message: Register): Registration | undefined {
    const offered = offeredBy(message, device.registration?.profile);
    if (!offered) return undefined;
    noteReceived(device, message);
    const registration = registrationOf(device, message, offered);
    this.#o.fleet.shareLists(registration, device.registration);
    return registration;
  }

  /** What is stored of a new registration, and its line in the journal. */
  #decisionOf(device: Device, registration: Registration): Decision {
    const { registrationId, address, lifetime, version, registeredAt } = registration;
    const former = device.registration;
    const replaced = former?.state === 'registered' ? { replaced: former.registrationId } : {};
    const payload = { registrationId, address, lifetime, version, ...replaced };
    const entry = this.#entry(device, registeredAt, 'registration.registered', payload);
    return { batch: { changes: registrationChanges(former, registration), journal: [entry] } };
  }

  /** After the commit: the new registration takes the place of the one before. */
  #replace(device: Device, registration: Registration, { exchange, session }: Register): void {
    const { fleet, hooks, send } = this.#o;
    const replaced = device.registration;
    fleet.setRegistration(device, registration);
    settleReceived(device);
    this.#use(device, session);
    this.bind(device, session, replaced?.registrationId);
    send({ kind: 'answer', exchange, code: Code.Created, location: ['rd', registration.registrationId] });
    hooks.registered(device);
  }

  async update(message: Update): Promise<void> {
    const { lanes, commits, hooks } = this.#o;
    const { exchange, registrationId, session } = message;
    const device = this.#registered(message);
    if (!device) return this.#answer(exchange, Code.NotFound);
    if (!this.#mayCome(device, message)) return;
    const { deviceId } = device.row;
    try {
      const turn = lanes.enter(deviceId);
      if (turn) await turn;
      try {
        const { registration } = device;
        if (registration?.registrationId !== registrationId) return this.#answer(exchange, Code.NotFound);
        const offered = updatedOffer(message, registration.profile);
        if (offered === 'unknown') return this.#answer(exchange, Code.BadRequest);
        await commits.commit([
          contactOf(device, registration, message),
          this.#change(device, registration, message, offered),
          ...hooks.contact(device, message),
        ]);
        const fresh = this.attach(device, session);
        if (!fresh && offered) this.bind(device, session);
        this.#answer(exchange, Code.Changed);
        hooks.heard(device, fresh);
      } finally {
        lanes.leave(deviceId);
      }
    } catch {
      this.#unsaved(exchange);
    }
  }

  async deregister(message: Deregister): Promise<void> {
    const device = this.#registered(message);
    if (!device) return this.#answer(message.exchange, Code.NotFound);
    if (!this.#mayCome(device, message)) return;
    const end = async () => {
      const { registration } = device;
      const { registrationId, at } = message;
      if (registration?.registrationId !== registrationId) return this.#answer(message.exchange, Code.NotFound);
      const entry = this.#entry(device, at, 'registration.deregistered', { registrationId });
      await this.#end(device, registration, 'deregistered', at, [entry], [contactOf(device, registration, message)]);
      this.#answer(message.exchange, Code.Deleted);
    };
    await this.#o.lanes.run(device.row.deviceId, end).catch(() => this.#unsaved(message.exchange));
  }

  /** A device has proved that it is reached elsewhere now. `changes` are committed with what tells of it. */
  async moved({ session, at }: Extract<LinkUp, { kind: 'session-moved' }>, changes: readonly Change[]): Promise<void> {
    const device = this.#o.fleet.bySession(session.sessionId);
    const task = async () => {
      const decisions: Decision[] = [{ batch: { changes } }];
      if (device) decisions.push(...this.#relocate(device, session, at));
      await commitAll(this.#o.store, decisions);
    };
    // What is not saved now is with the next contact.
    await (device ? this.#o.lanes.run(device.row.deviceId, task) : task()).catch(() => {});
  }

  /** Ends registrations whose lifetime and grace are over; called every minute. What fails is tried again then. */
  async expire(now: Millis): Promise<void> {
    for (const device of this.#o.fleet.all()) forgetFull(device, now);
    const over = ({ registration }: Device) =>
      registration?.state === 'registered' && (expiresAt(registration) ?? now + 1) <= now;
    const ends = [...this.#o.fleet.all()].filter(over).map((device) =>
      this.#o.lanes.run(device.row.deviceId, async () => {
        const { registration } = device;
        if (!registration || !over(device)) return;
        const { registrationId, lastContactAt } = registration;
        await this.#end(device, registration, 'expired', now, [
          this.#entry(device, now, 'registration.expired', { registrationId, lastContactAt }, 'server'),
        ]);
      }),
    );
    await Promise.allSettled(ends);
  }

  /**
   * Ties a session to the device's registration, so that its notifications are matched.
   * @param replaces the registration before: nothing of it is observed any more
   */
  bind({ row, registration }: Device, { sessionId }: SessionInfo, replaces?: RegistrationId): void {
    if (registration?.state !== 'registered') return;
    this.#o.send({ kind: 'bind', sessionId, deviceId: row.deviceId, replaces, ...knownOf(registration) });
  }

  #relocate(device: Device, session: SessionInfo, at: Millis): Decision[] {
    const { registration } = device;
    if (device.session?.sessionId === session.sessionId) this.#o.fleet.setSession(device, session);
    if (registration?.state !== 'registered' || registration.address === session.address) return [];
    const { deviceId, registrationId } = registration;
    const { address } = session;
    const journal = [this.#entry(device, at, 'registration.changed', { registrationId, fields: ['address'] })];
    const changes: Change[] = [{ patch: 'contacts', key: { deviceId }, set: { address } }];
    return [{ batch: { changes, journal }, apply: () => Object.assign(registration, { address }) }];
  }

  async #end(
    device: Device,
    registration: Registration,
    state: 'deregistered' | 'expired',
    at: Millis,
    journal: JournalDraft[],
    also: readonly Decision[] = [],
  ): Promise<void> {
    const set = { state, endedAt: at };
    const changes: Change[] = [{ patch: 'registrations', key: { deviceId: device.row.deviceId }, set }];
    await commitAll(this.#o.store, [{ batch: { changes, journal } }, ...also]);
    this.#o.fleet.setRegistration(device, { ...registration, ...set });
    this.#o.send({ kind: 'unbind', registrationId: registration.registrationId });
    await this.#o.hooks.ended(device);
  }

  /**
   * Notes the session a device is heard through; true if it is a new one. Whatever was observed is forgotten then,
   * since nobody knows what of it the device still has: it is observed anew, under new tokens.
   */
  attach(device: Device, over: SessionInfo): boolean {
    if (device.session?.sessionId === over.sessionId || isSuperseded(device, over)) return false;
    const session = this.#o.hooks.held(over);
    const { registration } = device;
    if (registration) this.#o.send({ kind: 'unbind', registrationId: registration.registrationId });
    this.#use(device, session);
    this.bind(device, session);
    return true;
  }

  /** A device has one session: requests that wait for answers over its former one are over at once. */
  #use(device: Device, session: SessionInfo): void {
    const former = device.session;
    this.#o.fleet.setSession(device, session);
    if (!former || former.sessionId === session.sessionId) return;
    this.#o.send({ kind: 'close-session', sessionId: former.sessionId });
  }

  /** What an Update changes beside the time of contact; nothing if it is a plain one. */
  #change(device: Device, registration: Registration, message: Update, offered?: Offered): Decision | undefined {
    const { deviceId, registrationId, address } = registration;
    const moved = message.session.address !== address;
    const terms = changedTerms(registration, message, offered);
    if (!terms && !moved) return undefined;
    const fields = [...(moved ? ['address'] : []), ...Object.keys(terms ?? {})];
    return {
      batch: {
        changes: terms ? [{ patch: 'registrations', key: { deviceId }, set: terms }] : [],
        journal: [this.#entry(device, message.at, 'registration.changed', { registrationId, fields })],
      },
      apply: () => Object.assign(registration, terms),
    };
  }

  /** The device that may register under this name over this session, else a refusal line (SE-2). */
  #admit(message: Register): Device | undefined {
    const admitted = admit(message, 'management', this.#o);
    return admitted.device ?? this.#refuse(message, admitted.check, admitted.detail, message.endpoint);
  }

  /** The device whose registration a message names, if the session speaks for it. */
  #registered(message: Update | Deregister): Device | undefined {
    const device = this.#o.fleet.byRegistration(message.registrationId);
    if (!device) {
      return this.#refuse(message, 'stale-registration', 'The registration is unknown or over', undefined);
    }
    if (!speaksFor(this.#o.credentials, message.session, device)) {
      return this.#refuse(
        message,
        'identity-change',
        'The registration belongs to another identity',
        device.row.endpoint,
      );
    }
    return device;
  }

  #refuse(
    message: Register | Update | Deregister,
    check: Refused['check'],
    detail: string,
    endpoint: string | undefined,
  ): undefined {
    this.#o.refuse({
      at: message.at,
      address: message.session.address,
      ingress: message.session.ingress,
      check,
      detail,
      ...(message.session.identity === undefined ? {} : { identity: message.session.identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    return undefined;
  }

  /** Whether an authenticated device may send so much; if not, that is its answer. */
  #mayCome(device: Device, message: Register | Update | Deregister): boolean {
    const refused = charge(device, message);
    if (!refused) return true;
    this.#o.refuse(refused);
    const { exchange } = message;
    this.#o.send({ kind: 'answer', exchange, code: Code.ServiceUnavailable, maxAge: rateLimits.retryAfter });
    return false;
  }

  /** Nothing was saved, so nothing is acknowledged; the device is told to come back in a minute. */
  #unsaved(exchange: Register['exchange']): void {
    this.#o.send({ kind: 'answer', exchange, code: Code.ServiceUnavailable, maxAge: 60 });
  }

  #answer(exchange: Register['exchange'], code: number): void {
    this.#o.send({ kind: 'answer', exchange, code });
  }

  #entry<T extends JournalDraft['type']>(
    device: Device,
    at: Millis,
    type: T,
    payload: Extract<JournalDraft, { type: T }>['payload'],
    by: 'device' | 'server' = 'device',
  ): JournalDraft {
    const { organisationId, deviceId, endpoint } = device.row;
    const actor = { kind: by, name: by === 'device' ? endpoint : 'registry' };
    return { type, at, organisationId, deviceId, actor, payload } as JournalDraft;
  }
}

/**
 * Whether a session speaks for a registered device: by any credential of it, or of the gateway that it is behind, so that
 * keys can be exchanged while it is registered; or without DTLS if it registered so.
 */
export function speaksFor(credentials: Credentials, session: SessionInfo, device: Device): boolean {
  const { row, registration } = carrierOf(device);
  if (session.identity === undefined) return row.noSec === 1 && registration?.identity === undefined;
  return registration?.identity !== undefined && credentials.deviceOf(session) === row.deviceId;
}
