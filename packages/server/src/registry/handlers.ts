import { randomBytes } from 'node:crypto';
import type { DeviceAdd, DeviceAdded, DeviceDetail, TimelineEntry } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Call, Handlers } from '../http/handlers.ts';
import { type DeviceId, type Millis, newId, type OrganisationId, type Seq } from '../ids.ts';
import type { JournalDraft, JournalEntry } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkDown } from '../link/port.ts';
import type { Observer } from '../observations/observer.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row, TableName } from '../store/tables.ts';
import { type Credentials, readIdentity, showIdentity } from './credentials.ts';
import type { Device, Fleet } from './fleet.ts';
import type { Refusals } from './refusals.ts';
import { findDevice } from './registrations.ts';
import { detail, type Standing, summarise, type ViewSources } from './views.ts';

type DeviceRoutes =
  | 'devices.list'
  | 'devices.add'
  | 'devices.show'
  | 'devices.change'
  | 'devices.remove'
  | 'devices.key'
  | 'devices.history'
  | 'devices.timeline'
  | 'devices.observe'
  | 'devices.unobserve'
  | 'refusals.list';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly lanes: Lanes;
  readonly engine: RuleEngine;
  readonly observer: Observer;
  readonly views: ViewSources;
  readonly refusals: Refusals;
  readonly send: (message: LinkDown) => void;
  /** Incidents and locks of many devices at once. */
  readonly standings: (devices: readonly DeviceId[]) => Promise<ReadonlyMap<DeviceId, Standing>>;
  readonly describe: (entry: JournalEntry) => string;
  readonly noSec: boolean;
  readonly now: () => Millis;
}

const NOTHING: Standing = { openIncidents: 0, lock: { state: 'unknown', holders: [] } };
/** RFC 4279 §5.3 asks for at least 16 random bytes. */
const MADE_KEY_BYTES = 16;
/** Tables whose rows go with a device. History and journal stay until their retention ends. */
const OWNED = [
  'registrations',
  'contacts',
  'wantedObservations',
  'observations',
  'values',
  'ruleStates',
] as const satisfies TableName[];

/** Routes of devices: the inventory, its keys, and what is known of each device. */
export function deviceHandlers(o: Options): Pick<Handlers, DeviceRoutes> {
  const find = ({ organisationId, params }: { organisationId: OrganisationId; params: { device: string } }): Device => {
    const device = findDevice(o.fleet, organisationId, params.device);
    if (!device) throw new ReeveError('no-such-device', `No device "${params.device}": see \`reeve device ls\``);
    return device;
  };
  const standing = async (device: Device): Promise<Standing> =>
    (await o.standings([device.row.deviceId])).get(device.row.deviceId) ?? NOTHING;
  const summary = async (device: Device) => summarise(device, o.views, await standing(device), o.now());
  const entry = (call: Pick<Call<'devices.show'>, 'actor'>, device: Row<'devices'>) => ({
    at: o.now(),
    organisationId: device.organisationId,
    deviceId: device.deviceId,
    actor: call.actor,
  });

  /** Ends what the old keys protect, every session of them, and what none did. */
  const endSessions = (device: Device, old: readonly Row<'credentials'>[]) => {
    const { registration } = device;
    for (const { identity } of old) o.send({ kind: 'close-identity', identity });
    if (registration && registration.identity === undefined) {
      o.send({ kind: 'unbind', registrationId: registration.registrationId });
    }
    o.fleet.setSession(device, undefined);
  };

  const newCredential = (row: Row<'devices'>, identity: string, key: Uint8Array) =>
    o.credentials.seal(
      {
        organisationId: row.organisationId,
        deviceId: row.deviceId,
        credentialId: newId.credential(),
        kind: 'psk',
        identity,
        validFrom: 0,
        createdAt: o.now(),
      },
      key,
    );

  return {
    'devices.list': async ({ organisationId, query }) => {
      const { search = '', after, limit = 100 } = query;
      const found = [...o.fleet.all()]
        .filter((device) => device.row.organisationId === organisationId && fits(device, search))
        .sort((a, b) => (a.row.endpoint < b.row.endpoint ? -1 : 1));
      const start = after === undefined ? 0 : found.findIndex(({ row }) => row.endpoint > after);
      const page = start < 0 ? [] : found.slice(start, start + limit);
      const standings = await o.standings(page.map(({ row }) => row.deviceId));
      const now = o.now();
      const items = page.map((device) =>
        summarise(device, o.views, standings.get(device.row.deviceId) ?? NOTHING, now),
      );
      const last = page.at(-1);
      const more = start >= 0 && start + limit < found.length && last;
      return more ? { items, next: last.row.endpoint } : { items };
    },

    'devices.add': async (call): Promise<DeviceAdded> => {
      const { organisationId, body } = call;
      if (body.noSec && !o.noSec) {
        throw new ReeveError('nosec-off', 'Start the server with --nosec to admit devices without DTLS');
      }
      const row = newDevice(organisationId, body, o.now());
      const identity = readIdentity(body.identity ?? body.endpoint);
      if (o.fleet.byEndpoint(organisationId, body.endpoint)) throw endpointTaken(body.endpoint);
      if (!body.noSec && o.credentials.has(identity)) throw identityTaken(identity);
      const { key, made } = keyOf(body.key);
      const credential = body.noSec ? undefined : newCredential(row, identity, key);
      const changes: Change[] = [{ put: 'devices', row }, ...(credential ? [credential.change] : [])];
      const journal: JournalDraft[] = [
        { ...entry(call, row), type: 'device.added', payload: { endpoint: row.endpoint } },
      ];
      if (credential) {
        journal.push({ ...entry(call, row), type: 'credential.set', payload: { identity: showIdentity(identity) } });
      }
      await o.store.commit({ changes, journal }).catch(async (error) => {
        if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
        // Another request was quicker.
        const { endpoint } = row;
        const taken = await o.store.count('devices', { organisationId, endpoint });
        throw taken > 0 ? endpointTaken(endpoint) : identityTaken(identity);
      });
      const device = o.fleet.put(row);
      if (credential) o.credentials.put(credential.row);
      o.engine.assign(device);
      return {
        device: await summary(device),
        ...(credential ? { identity: showIdentity(identity) } : {}),
        ...(credential && made ? { key: Buffer.from(key).toString('hex') } : {}),
      };
    },

    'devices.show': async (call): Promise<DeviceDetail> => {
      const device = find(call);
      return detail(device, o.views, await standing(device), o.now());
    },

    'devices.change': async (call) => {
      const device = find(call);
      await o.lanes.run(device.row.deviceId, async () => {
        const { labels, ...texts } = call.body;
        const row: Row<'devices'> = { ...device.row, ...(labels ? { labels } : {}) };
        for (const name of ['site', 'owner', 'model'] as const) {
          const value = texts[name];
          if (value === null) delete row[name];
          else if (value !== undefined) row[name] = value;
        }
        const fields = Object.keys(call.body);
        const journal: JournalDraft[] = [{ ...entry(call, row), type: 'device.changed', payload: { fields } }];
        await o.store.commit({ changes: [{ put: 'devices', row }], journal });
        o.fleet.put(row);
        o.engine.assign(device);
        o.observer.renew(device);
      });
      return summary(device);
    },

    'devices.remove': async (call) => {
      const device = find(call);
      const { deviceId, endpoint } = device.row;
      await o.lanes.run(deviceId, async () => {
        const credentials = o.credentials.of(deviceId);
        const changes: Change[] = [
          { delete: 'devices', key: { deviceId } },
          ...credentials.map(({ credentialId }): Change => ({ delete: 'credentials', key: { credentialId } })),
        ];
        for (const table of OWNED) {
          for (const row of await o.store.list(table, { where: { deviceId } })) changes.push(deletion(table, row));
        }
        const journal: JournalDraft[] = [{ ...entry(call, device.row), type: 'device.removed', payload: { endpoint } }];
        await o.store.commit({ changes, journal });
        endSessions(device, credentials);
        if (device.registration) o.send({ kind: 'unbind', registrationId: device.registration.registrationId });
        for (const credential of credentials) o.credentials.remove(credential);
        o.fleet.remove(device);
        o.engine.forget(deviceId);
        o.observer.forget(deviceId);
        o.views.values.remove(deviceId);
      });
      return undefined;
    },

    'devices.key': async (call) => {
      const device = find(call);
      return o.lanes.run(device.row.deviceId, async () => {
        const old = o.credentials.of(device.row.deviceId);
        const before = old[0]?.identity ?? readIdentity(device.row.endpoint);
        const identity = call.body.identity === undefined ? before : readIdentity(call.body.identity);
        if (o.credentials.has(identity) && !old.some((row) => row.identity === identity)) throw identityTaken(identity);
        const { key, made } = keyOf(call.body.key);
        const credential = newCredential(device.row, identity, key);
        // A device that has a key must use it.
        const row: Row<'devices'> = { ...device.row, noSec: 0 };
        const changes: Change[] = [
          ...old.map(({ credentialId }): Change => ({ delete: 'credentials', key: { credentialId } })),
          credential.change,
          { put: 'devices', row },
        ];
        const shown = showIdentity(identity);
        const journal: JournalDraft[] = [
          { ...entry(call, device.row), type: 'credential.set', payload: { identity: shown } },
        ];
        await o.store.commit({ changes, journal });
        for (const one of old) o.credentials.remove(one);
        o.credentials.put(credential.row);
        o.fleet.put(row);
        endSessions(device, old);
        const key_ = made ? { key: Buffer.from(key).toString('hex') } : {};
        return { device: await summary(device), identity: shown, ...key_ };
      });
    },

    'devices.history': async (call) => {
      const device = find(call);
      const { path, from, to, limit = 1000 } = call.query;
      const range = { limit, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
      const { at, receivedAt, value } = await o.store.scan({ deviceId: device.row.deviceId, path }, range);
      return { path, at: [...at], receivedAt: [...receivedAt], value: [...value] };
    },

    'devices.timeline': async (call) => {
      const device = find(call);
      const { before, limit = 100 } = call.query;
      const entries = await o.store.journal({
        deviceId: device.row.deviceId,
        newestFirst: true,
        limit,
        ...(before === undefined ? {} : { before: before as Seq }),
      });
      const items = entries.map((item) => timelineEntry(item, o.describe));
      const last = entries.at(-1);
      return entries.length === limit && last ? { items, next: String(last.seq) } : { items };
    },

    'devices.observe': async (call) => {
      return o.observer.want(find(call), call.body.path, call.actor.name);
    },

    'devices.unobserve': async (call) => {
      await o.observer.unwant(find(call), call.query.path, call.actor.name);
      return undefined;
    },

    'refusals.list': async ({ query }) => {
      const { after, limit = 100 } = query;
      const all = o.refusals.list();
      const start = after === undefined ? 0 : all.findIndex(({ refusalId }) => refusalId === after) + 1;
      const items = all.slice(start, start + limit);
      const last = items.at(-1);
      return start + limit < all.length && last ? { items, next: last.refusalId } : { items };
    },
  };
}

/** A journal entry for people and programs. */
export function timelineEntry(entry: JournalEntry, describe: (entry: JournalEntry) => string): TimelineEntry {
  const { seq, at, deviceId, actor, cause, type, payload } = entry;
  return {
    seq,
    at,
    actor,
    type,
    payload,
    text: describe(entry),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function newDevice(organisationId: OrganisationId, body: DeviceAdd, now: Millis): Row<'devices'> {
  const { endpoint, labels = {}, site, owner, model, noSec = false } = body;
  return {
    organisationId,
    deviceId: newId.device(),
    endpoint,
    labels,
    noSec: noSec ? 1 : 0,
    createdAt: now,
    ...(site === undefined ? {} : { site }),
    ...(owner === undefined ? {} : { owner }),
    ...(model === undefined ? {} : { model }),
  };
}

function keyOf(hex: string | undefined): { key: Uint8Array; made: boolean } {
  return hex === undefined
    ? { key: randomBytes(MADE_KEY_BYTES), made: true }
    : { key: Buffer.from(hex, 'hex'), made: false };
}

function endpointTaken(endpoint: string): ReeveError {
  return new ReeveError('endpoint-taken', `There is a device "${endpoint}" already`);
}

function identityTaken(identity: string): ReeveError {
  return new ReeveError('identity-taken', `The identity "${showIdentity(identity)}" belongs to another device`);
}

function deletion<T extends (typeof OWNED)[number]>(table: T, row: Row<T>): Change {
  return { delete: table, key: row } as unknown as Change;
}

/** `key=value` looks at labels; other text at endpoint, site, owner and the values of labels. */
function fits({ row }: Device, search: string): boolean {
  if (search === '') return true;
  const [name, wanted] = search.split('=', 2);
  if (name !== undefined && wanted !== undefined) return row.labels[name] === wanted;
  const needle = search.toLowerCase();
  return [row.endpoint, row.site, row.owner, ...Object.values(row.labels)].some((text) =>
    text?.toLowerCase().includes(needle),
  );
}
