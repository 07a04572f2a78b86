import { isDeepStrictEqual } from 'node:util';
import { Code } from '@reeve/coap';
import type { Refused } from '../handshakes/failed.ts';
import { type Millis, newId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import { asRecords } from '../link/columns.ts';
import type { LinkDown, LinkRecord } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { RuleEngine } from '../policies/engine.ts';
import type { Device, Fleet, Registration } from '../registry/fleet.ts';
import type { Tokens } from '../registry/rate.ts';
import { howUnanswered, isReachable } from '../registry/reach.ts';
import { knownOf, throughOf } from '../registry/terms.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import { deviceNamedBy } from './admission.ts';
import { gatewayLimits } from './limits.ts';
import { GATEWAY_OBJECT, isRouted, type Listed, listedIn, ROUTING_OBJECT } from './listed.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly requests: Requests;
  readonly pacer: Pacer;
  readonly engine: RuleEngine;
  readonly send: (message: LinkDown) => void;
  readonly refuse: (refused: Refused) => void;
  /** Commits what a device reported, and tells it here; called within its lane. */
  readonly take: (device: Device, report: Report) => Promise<void>;
  /** After the commit: a device behind a gateway has a new registration. */
  readonly joined: (device: Device) => void;
  /** After the commit: its registration is over. */
  readonly left: (device: Device) => void;
  readonly now: () => Millis;
}

const OBJECT = `/${GATEWAY_OBJECT}`;

/**
 * Devices behind LwM2M gateways: who is there, as their gateways say in object 25. Each is a device of its own, with a
 * registration that begins when its gateway names it and ends when it does no more, or its own registration ends; all
 * that it says and is told goes over the gateway's session.
 */
export class Gateways {
  readonly #o: Options;
  /** What each gateway listed when it was last asked for its devices. */
  readonly #asked = new WeakMap<Device, string>();
  /** How many changes each gateway has left, as of when. */
  readonly #changes = new WeakMap<Device, Tokens>();
  /** What gateways of version 1.0 of the object said in their routing object. */
  readonly #routing = new WeakMap<Device, readonly LinkRecord[]>();

  private constructor(options: Options) {
    this.#o = options;
  }

  /** Tells the link of devices behind gateways, and ends what a dead process left without its gateway. */
  static async load(options: Options): Promise<Gateways> {
    const gateways = new Gateways(options);
    for (const device of options.fleet.all()) {
      const { gateway, registration } = device;
      if (!gateway || registration?.state !== 'registered') continue;
      if (gateway.registration?.state === 'registered') gateways.#tellLink(device);
      else await gateways.#end(device, gateway, 'expired');
    }
    return gateways;
  }

  /** A device was heard: if it is a gateway whose list of devices is not known, it is asked for it. */
  heard(device: Device): void {
    const { registration } = device;
    if (device.gateway || registration?.state !== 'registered') return;
    const object = registration.objects.find(({ objectId }) => objectId === GATEWAY_OBJECT);
    if (!object) return;
    const listed = `${registration.registrationId} ${object.instances.join()}`;
    if (this.#asked.get(device) === listed) return;
    this.#asked.set(device, listed);
    void this.#ask(device, registration).catch(() => this.#asked.delete(device));
  }

  /** What is known of its devices is not enough: the gateway is asked for them as soon as it can be reached. */
  askAgain(gateway: Device): void {
    this.#asked.delete(gateway);
    if (isReachable(gateway, this.#o.now())) this.heard(gateway);
  }

  async #ask(gateway: Device, registration: Registration): Promise<void> {
    const { lanes, requests, pacer, take, now } = this.#o;
    const operation = { kind: 'read', path: OBJECT } as const;
    const turn = pacer.ask(gateway, 'background', requestBytes(operation, gateway.session), 'gateway');
    if (turn !== 'go' && (await turn) === 'later') return void this.#asked.delete(gateway);
    const outcome = await requests.perform(gateway, operation);
    if (howUnanswered(outcome)) return void this.#asked.delete(gateway);
    if (outcome.kind !== 'answered') return;
    const { body, code } = outcome;
    if (body.kind === 'records' && isRouted(body.records)) {
      const routes = await requests.perform(gateway, { kind: 'read', path: `/${ROUTING_OBJECT}` });
      if (howUnanswered(routes)) return void this.#asked.delete(gateway);
      const routing = routes.kind === 'answered' && routes.body.kind === 'records' ? routes.body.records : [];
      this.#routing.set(gateway, routing);
    }
    await lanes.run(gateway.row.deviceId, async () => {
      if (gateway.registration?.registrationId !== registration.registrationId) return;
      if (code === Code.NotFound) await this.#list(gateway, []);
      else await take(gateway, { path: OBJECT, body, fresh: true, receivedAt: now() });
    });
  }

  /**
   * A device reported something, in whose lane this is: if it is of its devices, they come and go by it.
   * @returns what to wait for, if anything
   */
  told(gateway: Device, { path, body: told, fresh }: Report): Promise<void> | undefined {
    if (gateway.gateway || !fresh) return undefined;
    if (told.kind === 'columns' && !told.form.objectIds.includes(GATEWAY_OBJECT)) return undefined;
    const body = asRecords(told);
    if (body.kind !== 'records' || body.truncated) return undefined;
    if (path === OBJECT) {
      const { listed, unlisted } = listedIn(body.records, this.#routing.get(gateway));
      for (const { endpoint, fault } of unlisted) {
        this.#refuse(gateway, 'malformed', endpoint, `The gateway names a device, but ${fault}`);
      }
      return this.#list(gateway, listed);
    }
    if (body.records.some((record) => record.path.startsWith(`${OBJECT}/`))) {
      // Part of the list does not say who is gone.
      this.askAgain(gateway);
    }
    return undefined;
  }

  /** The gateway has registered anew: the link must find the devices behind it by that registration. */
  renewed(gateway: Device): void {
    for (const device of this.#o.fleet.behind(gateway)) {
      if (device.registration?.state === 'registered') this.#tellLink(device);
    }
  }

  /** The gateway's registration is over, in whose lane this is: so are those of the devices behind it. */
  async ended(gateway: Device): Promise<void> {
    const state = gateway.registration?.state === 'deregistered' ? 'deregistered' : 'expired';
    for (const device of this.#registeredBehind(gateway)) await this.#end(device, gateway, state);
  }

  async #list(gateway: Device, listed: readonly Listed[]): Promise<void> {
    const present = new Set<Device>();
    for (const one of listed) {
      const device = await this.#admitted(gateway, one);
      if (!device) continue;
      present.add(device);
      await this.#join(device, gateway, one);
    }
    for (const device of this.#registeredBehind(gateway)) {
      if (present.has(device) || !this.#mayChange(gateway, device.row.endpoint)) continue;
      await this.#end(device, gateway, 'deregistered');
    }
  }

  #registeredBehind(gateway: Device): Device[] {
    return [...this.#o.fleet.behind(gateway)].filter(({ registration }) => registration?.state === 'registered');
  }

  /** The device that a gateway names, which is added if the gateway may do so. */
  async #admitted(gateway: Device, { endpoint }: Listed): Promise<Device | undefined> {
    const { store, fleet, engine, now } = this.#o;
    const named = deviceNamedBy(gateway, endpoint, fleet, now());
    if (named.kind === 'known') return named.device;
    if (named.kind === 'refused') return this.#refuse(gateway, named.check, endpoint, named.detail);
    const { row } = named;
    const { organisationId, deviceId } = row;
    const journal: JournalDraft[] = [
      { ...this.#by(gateway), organisationId, deviceId, type: 'device.added', payload: { endpoint } },
    ];
    try {
      await store.commit({ changes: [{ put: 'devices', row }], journal });
    } catch (error) {
      // Somebody added a device of that name meanwhile.
      if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
      return undefined;
    }
    const device = fleet.put(row);
    engine.assign(device);
    return device;
  }

  #join(device: Device, gateway: Device, { prefix, objects }: Listed): Promise<void> {
    const { store, lanes, fleet, joined, now } = this.#o;
    const { organisationId, deviceId, endpoint } = device.row;
    return lanes.run(deviceId, async () => {
      const { registration: of } = gateway;
      const before = device.registration;
      if (of?.state !== 'registered' || fleet.get(deviceId) !== device) return;
      const { identity, version, binding, queueMode, contentFormats } = of;
      const rootPath = `${of.rootPath === '/' ? '' : of.rootPath}/${prefix}`;
      const offer = { ...{ version, binding, queueMode, contentFormats, rootPath, prefix }, objects: [...objects] };
      const stays = before?.state === 'registered' && before.rootPath === rootPath && before.version === version;
      if (stays) return this.#change(device, before, gateway, offer);
      if (!this.#mayChange(gateway, endpoint)) return;
      const at = now();
      const row: Row<'registrations'> = {
        ...{ organisationId, deviceId, endpoint, registrationId: newId.registration(), ...offer },
        ...(identity === undefined ? {} : { identity }),
        // It is over when the gateway says so.
        ...{ lifetime: 0, extra: {}, registeredAt: at, state: 'registered' },
      };
      const contact = { lastContactAt: at, address: of.address };
      const { registrationId, lifetime } = row;
      const payload = {
        ...{ registrationId, address: of.address, lifetime, version },
        ...(before?.state === 'registered' ? { replaced: before.registrationId } : {}),
        gateway: gateway.row.endpoint,
      };
      await store.commit({
        changes: [
          { put: 'registrations', row },
          { put: 'contacts', row: { organisationId, deviceId, ...contact } },
        ],
        journal: [{ ...this.#by(gateway), organisationId, deviceId, type: 'registration.registered', payload }],
      });
      if (before) this.#o.send({ kind: 'unbind', registrationId: before.registrationId });
      fleet.setRegistration(device, { ...row, ...contact });
      this.#tellLink(device);
      joined(device);
    });
  }

  /** The gateway names it as before; what it offers may have changed. */
  async #change(
    device: Device,
    registration: Registration,
    gateway: Device,
    offer: Partial<Registration>,
  ): Promise<void> {
    const { organisationId, deviceId } = device.row;
    const { registrationId } = registration;
    const changed = Object.entries(offer).filter(
      ([name, value]) => !isDeepStrictEqual(registration[name as keyof Registration], value),
    );
    if (changed.length === 0 || !this.#mayChange(gateway, device.row.endpoint)) return;
    const set: Partial<Row<'registrations'>> = Object.fromEntries(changed);
    const payload = { registrationId, fields: Object.keys(set) };
    await this.#o.store.commit({
      changes: [{ patch: 'registrations', key: { deviceId }, set }],
      journal: [{ ...this.#by(gateway), organisationId, deviceId, type: 'registration.changed', payload }],
    });
    Object.assign(registration, set);
    this.#tellLink(device);
  }

  #end(device: Device, gateway: Device, state: 'deregistered' | 'expired'): Promise<void> {
    const { store, lanes, fleet, send, left, now } = this.#o;
    const { organisationId, deviceId } = device.row;
    return lanes.run(deviceId, async () => {
      const { registration } = device;
      if (registration?.state !== 'registered') return;
      const { registrationId, lastContactAt } = registration;
      const entry = { ...this.#by(gateway), organisationId, deviceId };
      const set = { state, endedAt: now() };
      await store.commit({
        changes: [{ patch: 'registrations', key: { deviceId }, set }],
        journal: [
          state === 'expired'
            ? { ...entry, type: 'registration.expired', payload: { registrationId, lastContactAt } }
            : { ...entry, type: 'registration.deregistered', payload: { registrationId } },
        ],
      });
      fleet.setRegistration(device, { ...registration, ...set });
      send({ kind: 'unbind', registrationId });
      left(device);
    });
  }

  /** Whether one more device may come, change or go; if not, the gateway is asked again at a later contact. */
  #mayChange(gateway: Device, endpoint: string): boolean {
    const { changes, changesPerSecond } = gatewayLimits;
    const now = this.#o.now();
    const { left, at } = this.#changes.get(gateway) ?? { left: changes, at: now };
    const tokens = Math.min(changes, left + (Math.max(0, now - at) * changesPerSecond) / 1000);
    this.#changes.set(gateway, { left: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (tokens >= 1) return true;
    this.#asked.delete(gateway);
    this.#refuse(gateway, 'limit', endpoint, 'Devices behind the gateway come and go faster than it may say');
    return false;
  }

  #tellLink(device: Device): void {
    const { registration } = device;
    if (!registration) return;
    this.#o.send({ kind: 'restore', ...knownOf(registration), ...throughOf(device), observations: [] });
  }

  #by({ row }: Device): Pick<JournalDraft, 'at' | 'actor'> {
    return { at: this.#o.now(), actor: { kind: 'device', name: row.endpoint } };
  }

  #refuse(gateway: Device, check: Refused['check'], endpoint: string | undefined, detail: string): undefined {
    const { registration, session } = gateway;
    this.#o.refuse({
      at: this.#o.now(),
      address: session?.address ?? registration?.address ?? '',
      check,
      detail,
      ...(session === undefined ? {} : { ingress: session.ingress }),
      ...(session?.identity === undefined ? {} : { identity: session.identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    return undefined;
  }
}
