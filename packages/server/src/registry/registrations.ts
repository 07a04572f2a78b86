import { isDeepStrictEqual } from 'node:util';
import { Code } from '@reeve/coap';
import { commitAll, type Decision } from '../decision.ts';
import { type DeviceId, type Millis, newId, type OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkDown, LinkUp, Offer, SessionInfo } from '../link/port.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Credentials } from './credentials.ts';
import type { Device, Fleet } from './fleet.ts';
import { expiresAt } from './presence.ts';

type Register = Extract<LinkUp, { kind: 'register' }>;
type Update = Extract<LinkUp, { kind: 'update' }>;
type Deregister = Extract<LinkUp, { kind: 'deregister' }>;
type Registration = Row<'registrations'>;

/** What other capabilities add to, and learn from, a device's contact. */
export interface RegistrationHooks {
  /** Decided and committed together with an authenticated contact. */
  contact(device: Device, at: Millis): Decision | undefined;
  /** After the commit: heard with a new registration, so everything that hung on the old one is gone. */
  registered(device: Device): void;
  /** After the commit: the device was heard through `session`; `fresh` if for the first time. */
  heard(device: Device, fresh: boolean): void;
  /** After the commit: the registration is over. */
  ended(device: Device): void;
}

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly lanes: Lanes;
  readonly send: (message: LinkDown) => void;
  readonly refuse: (refused: Omit<Extract<LinkUp, { kind: 'refused' }>, 'kind'>) => void;
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
    const admitted = this.#admit(message);
    if (!admitted) return this.#answer(message.exchange, Code.BadRequest);
    await this.#inLane(admitted, message.exchange, async (device) => {
      const { session, offer } = message;
      const replaced = device.registration;
      const row: Registration = {
        organisationId: device.row.organisationId,
        deviceId: device.row.deviceId,
        registrationId: newId.registration(),
        endpoint: device.row.endpoint,
        ...(session.identity === undefined ? {} : { identity: session.identity }),
        address: session.address,
        ingress: session.ingress,
        lifetime: message.lifetime,
        version: message.version,
        binding: message.binding,
        queueMode: message.queueMode ? 1 : 0,
        rootPath: offer.rootPath,
        contentFormats: [...offer.contentFormats],
        objects: [...offer.objects],
        extra: { ...message.extra },
        registeredAt: message.at,
        lastContactAt: message.at,
        state: 'registered',
      };
      const entry = this.#entry(device, message.at, 'registration.registered', {
        registrationId: row.registrationId,
        address: session.address,
        lifetime: row.lifetime,
        version: row.version,
        ...(replaced?.state === 'registered' ? { replaced: replaced.registrationId } : {}),
      });
      await commitAll(this.#o.store, [
        { batch: { changes: [{ put: 'registrations', row }], journal: [entry] } },
        this.#o.hooks.contact(device, message.at),
      ]);
      if (replaced) this.#o.send({ kind: 'unbind', registrationId: replaced.registrationId });
      this.#o.fleet.setRegistration(device, row);
      this.#o.fleet.setSession(device, session);
      this.bind(device, session);
      this.#o.send({
        kind: 'answer',
        exchange: message.exchange,
        code: Code.Created,
        location: ['rd', row.registrationId],
      });
      this.#o.hooks.registered(device);
    });
  }

  async update(message: Update): Promise<void> {
    const found = this.#registered(message);
    if (!found) return this.#answer(message.exchange, Code.NotFound);
    await this.#inLane(found, message.exchange, async (device) => {
      const registration = device.registration;
      if (registration?.registrationId !== message.registrationId) return this.#answer(message.exchange, Code.NotFound);
      const set = updatedColumns(registration, message);
      const fields = Object.keys(set).filter((name) => name !== 'lastContactAt' && name !== 'ingress');
      const change: Change = { patch: 'registrations', key: { deviceId: device.row.deviceId }, set };
      const { registrationId } = registration;
      const journal =
        fields.length === 0
          ? []
          : [this.#entry(device, message.at, 'registration.changed', { registrationId, fields })];
      await commitAll(this.#o.store, [
        { batch: { changes: [change], journal } },
        this.#o.hooks.contact(device, message.at),
      ]);
      Object.assign(registration, set);
      const fresh = this.attach(device, message.session);
      if (!fresh && message.offer) this.bind(device, message.session);
      this.#answer(message.exchange, Code.Changed);
      this.#o.hooks.heard(device, fresh);
    });
  }

  async deregister(message: Deregister): Promise<void> {
    const found = this.#registered(message);
    if (!found) return this.#answer(message.exchange, Code.NotFound);
    await this.#inLane(found, message.exchange, async (device) => {
      const registration = device.registration;
      if (registration?.registrationId !== message.registrationId) return this.#answer(message.exchange, Code.NotFound);
      await this.#end(device, registration, 'deregistered', message.at, [
        this.#entry(device, message.at, 'registration.deregistered', { registrationId: registration.registrationId }),
      ]);
      this.#answer(message.exchange, Code.Deleted);
    });
  }

  /** Ends registrations whose lifetime and grace are over; called every few seconds. */
  async expire(now: Millis): Promise<void> {
    for (const device of this.#o.fleet.all()) {
      if (device.registration?.state !== 'registered' || (expiresAt(device.registration) ?? now + 1) > now) continue;
      await this.#o.lanes.run(device.row.deviceId, async () => {
        const registration = device.registration;
        if (registration?.state !== 'registered' || (expiresAt(registration) ?? now + 1) > now) return;
        const { registrationId, lastContactAt } = registration;
        await this.#end(device, registration, 'expired', now, [
          this.#entry(device, now, 'registration.expired', { registrationId, lastContactAt }, 'server'),
        ]);
      });
    }
  }

  /** Ties a session to the device's registration, so that its notifications are matched. */
  bind(device: Device, session: SessionInfo): void {
    const registration = device.registration;
    if (registration?.state !== 'registered') return;
    this.#o.send({
      kind: 'bind',
      sessionId: session.sessionId,
      deviceId: device.row.deviceId,
      registrationId: registration.registrationId,
      version: registration.version,
      offer: offerOf(registration),
    });
  }

  async #end(
    device: Device,
    registration: Registration,
    state: 'deregistered' | 'expired',
    at: Millis,
    journal: JournalDraft[],
  ): Promise<void> {
    const set = { state, endedAt: at };
    await this.#o.store.commit({
      changes: [{ patch: 'registrations', key: { deviceId: device.row.deviceId }, set }],
      journal,
    });
    this.#o.fleet.setRegistration(device, { ...registration, ...set });
    this.#o.send({ kind: 'unbind', registrationId: registration.registrationId });
    this.#o.hooks.ended(device);
  }

  /** Notes the session a device is heard through; true if it is a new one. */
  attach(device: Device, session: SessionInfo): boolean {
    const fresh = device.session?.sessionId !== session.sessionId;
    if (!fresh) return false;
    this.#o.fleet.setSession(device, session);
    this.bind(device, session);
    return true;
  }

  /** The device that may register under this name over this session, else a refusal line (SE-2). */
  #admit(message: Register): Device | undefined {
    const { session, endpoint } = message;
    if (session.identity !== undefined) {
      const deviceId = this.#o.credentials.deviceOf(session.identity);
      const device = deviceId && this.#o.fleet.get(deviceId);
      if (!device) return this.#refuse(message, 'unknown-identity', 'The identity belongs to no device', endpoint);
      if (endpoint !== undefined && endpoint !== device.row.endpoint) {
        return this.#refuse(message, 'endpoint-mismatch', `The identity belongs to "${device.row.endpoint}"`, endpoint);
      }
      return device;
    }
    if (!this.#o.noSec) return this.#refuse(message, 'nosec-not-allowed', 'The server runs without --nosec', endpoint);
    if (endpoint === undefined)
      return this.#refuse(message, 'malformed', 'Register without an endpoint name', endpoint);
    const device = this.#o.fleet.byEndpoint(this.#o.organisationId, endpoint);
    if (!device) return this.#refuse(message, 'unknown-endpoint', 'No device has this endpoint name', endpoint);
    if (device.row.noSec === 0)
      return this.#refuse(message, 'nosec-not-allowed', 'This device must use its key', endpoint);
    return device;
  }

  /** The device whose registration a message names, if it comes from the identity that registered. */
  #registered(message: Update | Deregister): Device | undefined {
    const device = this.#o.fleet.byRegistration(message.registrationId);
    if (!device) {
      return this.#refuse(message, 'stale-registration', 'The registration is unknown or over', undefined);
    }
    if (device.registration?.identity !== message.session.identity) {
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
    check: string,
    detail: string,
    endpoint: string | undefined,
  ): undefined {
    this.#o.refuse({
      at: message.at,
      address: message.session.address,
      check,
      detail,
      ...(message.session.identity === undefined ? {} : { identity: message.session.identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    return undefined;
  }

  async #inLane(
    device: Device,
    exchange: Register['exchange'],
    task: (device: Device) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#o.lanes.run(device.row.deviceId, () => task(device));
    } catch {
      // Nothing was saved, so nothing is acknowledged; the device is told to come back in a minute.
      this.#o.send({ kind: 'answer', exchange, code: Code.ServiceUnavailable, maxAge: 60 });
    }
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

/** What the registration offers, as the link needs it to encode and decode. */
export function offerOf(registration: Registration): Offer {
  const { rootPath, contentFormats, objects } = registration;
  return { rootPath, contentFormats, objects };
}

/** The columns that an Update changes; a plain one only moves `lastContactAt`. */
function updatedColumns(
  registration: Registration,
  message: Update,
): Partial<Registration> & { lastContactAt: Millis } {
  const { session, offer } = message;
  const next: Partial<Registration> = {
    address: session.address,
    ingress: session.ingress,
    ...(message.lifetime === undefined ? {} : { lifetime: message.lifetime }),
    ...(message.binding === undefined ? {} : { binding: message.binding }),
    ...(message.queueMode === undefined ? {} : { queueMode: message.queueMode ? 1 : 0 }),
    ...(offer === undefined ? {} : { rootPath: offer.rootPath, objects: [...offer.objects] }),
    // A list without `ct` keeps what was known (P20).
    ...(offer === undefined || offer.contentFormats.length === 0 ? {} : { contentFormats: [...offer.contentFormats] }),
  };
  const changed = Object.entries(next).filter(
    ([name, value]) => !isDeepStrictEqual(registration[name as keyof Registration], value),
  );
  return { ...(Object.fromEntries(changed) as Partial<Registration>), lastContactAt: message.at };
}

/** Identifies a device in answers: by id or by endpoint name. */
export function findDevice(fleet: Fleet, organisationId: OrganisationId, ref: string): Device | undefined {
  const byId = fleet.get(ref as DeviceId);
  if (byId?.row.organisationId === organisationId) return byId;
  return fleet.byEndpoint(organisationId, ref);
}
