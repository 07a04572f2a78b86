import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis, OrganisationId, RegistrationId } from '../ids.ts';
import type { SessionId, SessionInfo } from '../link/port.ts';
import type { Watch } from '../observations/watch.ts';
import type { Wished } from '../observations/wishes.ts';
import { Shared } from '../shared.ts';
import type { SmallMap } from '../small-map.ts';
import { sharing } from '../store/loading.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { DeviceValues } from '../telemetry/values.ts';
import type { Quirks } from './quirks.ts';
import type { Tokens } from './rate.ts';

/** A registration as the server holds it: its terms, and when and where from the device was last heard. */
export type Registration = Row<'registrations'> & Omit<Row<'contacts'>, 'organisationId' | 'deviceId'>;

/** A device as the server holds it in memory: what is stored of it, and the session it was last heard through. */
export interface Device {
  row: Row<'devices'>;
  registration?: Registration | undefined;
  /** The gateway that it is behind: what it says and is told goes over that one's session. */
  gateway?: Device;
  /** Alive as far as we know. */
  session?: SessionInfo | undefined;
  /**
   * Newest record of a DTLS session whose effect was decided on, and the session that this one took the place of; absent
   * where the registration says all of that. See `receivedOf`.
   */
  received?: { readonly sessionId: SessionId; readonly record: number; readonly former?: SessionId } | undefined;
  /**
   * When anything of it was heard, answers included, or that it left a request unanswered since. Not stored: after a
   * restart its last contact counts.
   */
  lastHeard?: Millis | 'unanswered' | undefined;
  /** When it answered what it is without naming its model; not stored. */
  unnamedAt?: Millis | undefined;
  /** When its newest report was received; the next one counts as later. */
  reportedAt?: Millis | undefined;
  /** It sends frames, since its network is too thin for a registration: when it last did, and how often it should. */
  frames?: { readonly lastAt?: Millis; readonly every?: number };
  /** Its newest values. */
  values?: DeviceValues | undefined;
  /** What of it is observed, or should be; kept by the observer. */
  watches?: SmallMap<Watch> | undefined;
  /** What people asked to have observed. */
  wished?: Wished | undefined;
  /** Requests to it, and to those behind it, that have no outcome yet; counted where it is not in queue mode. */
  underWay?: number;
  /** It was heard since the start, and asked what it is. */
  met?: boolean;
  /** What speaks for a quirk that is not proved; kept by the `QuirkBook`, and not stored. */
  suspected?: Quirks;
  /** What it may send yet, from its first message on; not stored. */
  tokens?: Tokens | undefined;
}

/** The device whose session and waking hours its messages depend on: its gateway, or itself. */
export function carrierOf(device: Device): Device {
  return device.gateway ?? device;
}

const NOBODY: readonly Device[] = [];
const NO_TEXTS: Record<string, string> = Object.freeze({});

/** Every device in memory, indexed by what messages and people name it by. Changed only after commits. */
export class Fleet {
  readonly #byId = new Map<DeviceId, Device>();
  readonly #byEndpoint = new Map<OrganisationId, Map<string, Device>>();
  readonly #byRegistration = new Map<RegistrationId, Device>();
  readonly #bySession = new Map<string, Device>();
  readonly #behind = new Map<DeviceId, Set<Device>>();
  readonly #objects = new Shared<Registration['objects']>();
  readonly #formats = new Shared<Registration['contentFormats']>();
  readonly #texts = new Shared<Record<string, string>>();

  static async load(store: Store): Promise<Fleet> {
    const fleet = new Fleet();
    for await (const row of pages(store, 'devices')) fleet.put(row);
    for (const device of fleet.all()) fleet.#join(device);
    const contacts = new Map<DeviceId, Row<'contacts'>>();
    for await (const row of pages(store, 'contacts')) contacts.set(row.deviceId, row);
    for await (const row of pages(store, 'registrations')) {
      const device = fleet.get(row.deviceId);
      const contact = contacts.get(row.deviceId);
      if (!device || !contact) continue;
      fleet.setRegistration(device, { ...row, ...contact });
    }
    return fleet;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<Device> {
    return this.#byId.values();
  }

  get(deviceId: DeviceId): Device | undefined {
    return this.#byId.get(deviceId);
  }

  byEndpoint(organisationId: OrganisationId, endpoint: string): Device | undefined {
    return this.#byEndpoint.get(organisationId)?.get(endpoint);
  }

  /** The device whose current registration this is; an older registration finds nothing. */
  byRegistration(registrationId: RegistrationId): Device | undefined {
    return this.#byRegistration.get(registrationId);
  }

  bySession(sessionId: string): Device | undefined {
    return this.#bySession.get(sessionId);
  }

  put(row: Row<'devices'>): Device {
    row.labels = this.#shared(row.labels);
    const known = this.#byId.get(row.deviceId);
    if (known) {
      known.row = row;
      return known;
    }
    const device = deviceOf(row);
    this.#byId.set(row.deviceId, device);
    const named = this.#byEndpoint.get(row.organisationId) ?? new Map<string, Device>();
    this.#byEndpoint.set(row.organisationId, named.set(row.endpoint, device));
    this.#join(device);
    return device;
  }

  #shared(texts: Record<string, string>): Record<string, string> {
    // Most devices have no labels, and say nothing more than they must when they register.
    if (Object.keys(texts).length === 0) return NO_TEXTS;
    return this.#texts.of(JSON.stringify(texts), () => texts);
  }

  /** The devices behind a gateway. */
  behind({ row }: Device): Iterable<Device> {
    return this.#behind.get(row.deviceId) ?? NOBODY;
  }

  #join(device: Device): void {
    const { gatewayId } = device.row;
    const gateway = gatewayId && this.#byId.get(gatewayId);
    if (!gateway) return;
    device.gateway = gateway;
    this.#behind.set(gatewayId, (this.#behind.get(gatewayId) ?? new Set()).add(device));
  }

  remove(device: Device): void {
    this.#byId.delete(device.row.deviceId);
    this.#byEndpoint.get(device.row.organisationId)?.delete(device.row.endpoint);
    this.setSession(device, undefined);
    if (device.gateway) this.#behind.get(device.gateway.row.deviceId)?.delete(device);
    if (device.registration) this.#byRegistration.delete(device.registration.registrationId);
    device.registration = undefined;
  }

  setRegistration(device: Device, registration: Registration): void {
    this.shareLists(registration, device.registration);
    if (device.registration) this.#byRegistration.delete(device.registration.registrationId);
    device.registration = registration;
    if (registration.state === 'registered') this.#byRegistration.set(registration.registrationId, device);
  }

  /**
   * Puts lists in the place of equal ones, which are held once.
   *
   * @param former of the same device, which most often has the same ones
   */
  shareLists(registration: Row<'registrations'>, former: Registration | undefined): void {
    const { objects, contentFormats, extra } = registration;
    if (objects !== former?.objects) {
      registration.objects = this.#objects.of(JSON.stringify(objects), () => objects);
    }
    if (contentFormats !== former?.contentFormats) {
      registration.contentFormats = this.#formats.of(contentFormats.join(), () => contentFormats);
    }
    if (extra !== former?.extra) registration.extra = this.#shared(extra);
  }

  /** A session is of one device: a plain address that another device uses now is taken from its former one. */
  setSession(device: Device, session: SessionInfo | undefined): void {
    if (session && device.session?.sessionId === session.sessionId) {
      device.session = session;
      return;
    }
    if (device.session) this.#bySession.delete(device.session.sessionId);
    device.session = undefined;
    if (!session) return;
    const former = this.#bySession.get(session.sessionId);
    if (former) former.session = undefined;
    device.session = session;
    this.#bySession.set(session.sessionId, device);
  }
}

/** With room for what every device has sooner or later: what is added later takes more. */
function deviceOf(row: Row<'devices'>): Device {
  return {
    row,
    registration: undefined,
    session: undefined,
    received: undefined,
    lastHeard: undefined,
    reportedAt: undefined,
    tokens: undefined,
    unnamedAt: undefined,
    values: undefined,
    watches: undefined,
    wished: undefined,
    underWay: 0,
    met: false,
  };
}

/** Every row of a table, or those with the columns of `where`, page by page. */
export async function* pages<
  T extends
    | 'devices'
    | 'registrations'
    | 'contacts'
    | 'credentials'
    | 'seenCertificates'
    | 'expiryAdmissions'
    | 'values'
    | 'ruleStates'
    | 'observations'
    | 'wantedObservations'
    | 'downlinkUse'
    | 'locks'
    | 'dtlsSessions'
    | 'bootstrapTemplates'
    | 'provisioned'
    | 'deployments',
>(store: Store, table: T, where?: Partial<Row<T>>): AsyncGenerator<Row<T>> {
  const limit = 5000;
  let after: Row<T> | undefined;
  for (;;) {
    const rows: Row<T>[] = await store.list(table, {
      limit,
      ...(where ? { where } : {}),
      ...(after ? { after: after as Partial<Row<T>> } : {}),
    });
    for (const row of rows) yield sharing(store, row);
    after = rows.at(-1);
    if (rows.length < limit || !after) return;
  }
}

/** The device that a request names. @throws ReeveError `no-such-device` */
export function requireDevice(fleet: Fleet, organisationId: OrganisationId, ref: string): Device {
  const device = findDevice(fleet, organisationId, ref);
  if (device) return device;
  throw new ReeveError('no-such-device', `No device "${ref}": see \`reeve device ls\``);
}

/** Identifies a device in answers: by id or by endpoint name. */
export function findDevice(fleet: Fleet, organisationId: OrganisationId, ref: string): Device | undefined {
  const byId = fleet.get(ref as DeviceId);
  if (byId?.row.organisationId === organisationId) return byId;
  return fleet.byEndpoint(organisationId, ref);
}
