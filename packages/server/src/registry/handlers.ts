import type { DeviceAdded, DeviceDetail, Downlink } from '@reeve/contract';
import type { Deployments } from '../bootstrap/deployments.ts';
import { ReeveError } from '../errors.ts';
import type { Gateways } from '../gateways/gateways.ts';
import type { Call, Handlers } from '../http/handlers.ts';
import type { DeviceId, Millis, OrganisationId, Seq } from '../ids.ts';
import type { JournalDraft, JournalEntry } from '../journal/entries.ts';
import { timelineEntry } from '../journal/timeline.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkDown } from '../link/port.ts';
import type { Observer } from '../observations/observer.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row, TableName } from '../store/tables.ts';
import type { Trust } from '../trust/trust.ts';
import { deletionOf, serves } from './credentials.ts';
import { type Device, type Fleet, requireDevice } from './fleet.ts';
import { credentialPayload, identityTaken, type NewCredential, newCredential, setupOf } from './new-credential.ts';
import { endpointTaken, gatewayOf, newDevice, wantedCredential } from './new-device.ts';
import { showIdentity } from './proofs.ts';
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
  | 'devices.unobserve';

/** What the routes of devices work on. */
export interface DeviceHandlersOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly trust: Trust;
  readonly lanes: Lanes;
  readonly engine: RuleEngine;
  readonly observer: Observer;
  readonly bootstrapping: { readonly deployments: Deployments; forget(deviceId: DeviceId): void };
  readonly views: ViewSources;
  readonly send: (message: LinkDown) => void;
  /** Incidents and locks of many devices at once. */
  readonly standings: (devices: readonly DeviceId[]) => Promise<ReadonlyMap<DeviceId, Standing>>;
  /** The device is gone: its frames are taken no longer. */
  readonly forgetFrames: (deviceId: DeviceId) => void;
  readonly gateways: Pick<Gateways, 'askAgain'>;
  /** What waits to be sent to devices, and what they may be sent. */
  readonly downlink: { of(device: Device): Promise<Downlink>; forget(deviceId: DeviceId): void };
  readonly describe: (entry: JournalEntry) => string;
  readonly noSec: boolean;
  readonly now: () => Millis;
}

const NOTHING: Standing = { openIncidents: 0, lock: { state: 'unknown', holders: [] } };
/** Tables whose rows go with a device. History and journal stay until their retention ends. */
const OWNED = [
  'registrations',
  'contacts',
  'wantedObservations',
  'observations',
  'downlinkUse',
  'wakeUps',
  'values',
  'ruleStates',
  'frameSources',
  'seenCertificates',
  'expiryAdmissions',
  'bootstraps',
  'provisioned',
  'deployments',
  'accountKeys',
] as const satisfies TableName[];

/** Routes of devices: the inventory, its keys, and what is known of each device. */
export function deviceHandlers(o: DeviceHandlersOptions): Pick<Handlers, DeviceRoutes> {
  const find = ({ organisationId, params }: { organisationId: OrganisationId; params: { device: string } }): Device =>
    requireDevice(o.fleet, organisationId, params.device);
  const standing = async (device: Device): Promise<Standing> =>
    (await o.standings([device.row.deviceId])).get(device.row.deviceId) ?? NOTHING;
  const summary = async (device: Device) => summarise(device, o.views, await standing(device), o.now());
  const entry = (call: Pick<Call<'devices.show'>, 'actor'>, device: Row<'devices'>) => ({
    at: o.now(),
    organisationId: device.organisationId,
    deviceId: device.deviceId,
    actor: call.actor,
  });

  const { sources, seen, expiry, ender, facts } = o.trust;
  const { credentials } = sources;
  const added = async (device: Device, { row, made }: NewCredential): Promise<DeviceAdded> => ({
    device: await summary(device),
    identity: showIdentity(row.proof),
    setup: setupOf(device.row.endpoint, row, facts()),
    ...(made === undefined ? {} : { key: made }),
  });

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
      if (o.fleet.byEndpoint(organisationId, body.endpoint)) throw endpointTaken(body.endpoint);
      const gateway = body.gateway === undefined ? undefined : gatewayOf(o.fleet, organisationId, body.gateway);
      if (gateway) row.gatewayId = gateway.row.deviceId;
      const wanted = wantedCredential(body);
      const credential = wanted && newCredential(sources, row, wanted, o.now());
      if (credential && credentials.has(credential.row.proof)) throw identityTaken(credential.row);
      const deployment = o.bootstrapping.deployments.rowOf(row, body.values, 'body/values');
      const changes: Change[] = [{ put: 'devices', row }];
      if (deployment) changes.push({ put: 'deployments', row: deployment });
      const journal: JournalDraft[] = [
        { ...entry(call, row), type: 'device.added', payload: { endpoint: row.endpoint } },
      ];
      if (credential) {
        changes.push({ put: 'credentials', row: credential.row });
        journal.push({ ...entry(call, row), type: 'credential.set', payload: credentialPayload(credential.row) });
      }
      await o.store.commit({ changes, journal }).catch(async (error) => {
        if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
        // Another request was quicker.
        const { endpoint } = row;
        const taken = await o.store.count('devices', { organisationId, endpoint });
        throw taken > 0 || !credential ? endpointTaken(endpoint) : identityTaken(credential.row);
      });
      const device = o.fleet.put(row);
      if (credential) credentials.put(credential.row);
      if (deployment) o.bootstrapping.deployments.put(deployment);
      o.engine.assign(device);
      if (gateway) o.gateways.askAgain(gateway);
      return credential ? added(device, credential) : { device: await summary(device), setup: [] };
    },

    'devices.show': async (call): Promise<DeviceDetail> => {
      const device = find(call);
      const downlink = await o.downlink.of(device);
      return { ...detail(device, o.views, await standing(device), o.now()), downlink };
    },

    'devices.change': async (call) => {
      const device = find(call);
      await o.lanes.run(device.row.deviceId, async () => {
        const { labels, admitsBehind, ...settings } = call.body;
        const row: Row<'devices'> = {
          ...device.row,
          ...(labels ? { labels } : {}),
          ...(admitsBehind === undefined ? {} : { admitsBehind: admitsBehind ? 1 : 0 }),
        };
        for (const [name, value] of Object.entries(settings)) {
          if (value === null) delete row[name as keyof typeof settings];
          else Object.assign(row, { [name]: value });
        }
        const fields = Object.keys(call.body);
        const journal: JournalDraft[] = [{ ...entry(call, row), type: 'device.changed', payload: { fields } }];
        await o.store.commit({ changes: [{ put: 'devices', row }], journal });
        o.fleet.put(row);
        o.engine.assign(device);
        o.observer.renew(device);
        if (admitsBehind) o.gateways.askAgain(device);
      });
      return summary(device);
    },

    'devices.remove': async (call) => {
      const device = find(call);
      const { deviceId, endpoint } = device.row;
      await o.lanes.run(deviceId, async () => {
        const [behind] = o.fleet.behind(device);
        if (behind) {
          throw new ReeveError('wrong-state', `"${behind.row.endpoint}" is behind it: remove what is behind it first`);
        }
        const old = credentials.of(deviceId);
        const changes: Change[] = [{ delete: 'devices', key: { deviceId } }, ...old.map(deletionOf)];
        for (const table of OWNED) {
          for (const row of await o.store.list(table, { where: { deviceId } })) changes.push(deletion(table, row));
        }
        const journal: JournalDraft[] = [{ ...entry(call, device.row), type: 'device.removed', payload: { endpoint } }];
        await o.store.commit({ changes, journal });
        ender.endSessions(device, old);
        ender.endPlain(device);
        if (device.registration && (device.gateway || device.registration.identity !== undefined)) {
          o.send({ kind: 'unbind', registrationId: device.registration.registrationId });
        }
        for (const credential of old) credentials.remove(credential);
        seen.forget(seen.of(deviceId));
        expiry.remove(deviceId);
        o.fleet.remove(device);
        o.engine.forget(deviceId);
        o.bootstrapping.forget(deviceId);
        o.downlink.forget(deviceId);
        o.forgetFrames(deviceId);
      });
      return undefined;
    },

    'devices.key': async (call) => {
      const device = find(call);
      return o.lanes.run(device.row.deviceId, async () => {
        const old = credentials.of(device.row.deviceId).filter((row) => serves(row, 'management'));
        const psk = old.find(({ kind }) => kind === 'psk');
        const before = psk ? { identity: showIdentity(psk.proof) } : {};
        const fresh = newCredential(sources, device.row, { kind: 'psk', ...before, ...call.body }, o.now());
        const { proof } = fresh.row;
        if (credentials.has(proof) && !old.some((each) => each.proof === proof)) throw identityTaken(fresh.row);
        // A device that has a key must use it.
        const row: Row<'devices'> = { ...device.row, noSec: 0 };
        const gone = old.flatMap((each) => seen.by(each));
        const changes: Change[] = [
          ...old.map(deletionOf),
          ...seen.deletions(gone),
          { put: 'credentials', row: fresh.row },
          { put: 'devices', row },
        ];
        const payload = credentialPayload(fresh.row);
        await o.store.commit({ changes, journal: [{ ...entry(call, device.row), type: 'credential.set', payload }] });
        ender.endSessions(device, old);
        ender.endPlain(device);
        seen.forget(gone);
        for (const each of old) credentials.remove(each);
        credentials.put(fresh.row);
        o.fleet.put(row);
        return added(device, fresh);
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
  };
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
