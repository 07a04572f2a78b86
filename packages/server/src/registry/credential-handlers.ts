import type { CredentialAdd, CredentialAdded } from '@reeve/contract';
import { serverActor } from '../access/identity.ts';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { Lanes } from '../lanes.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Trust } from '../trust/trust.ts';
import { type CredentialRow, deletionOf, serves } from './credentials.ts';
import { type Device, type Fleet, requireDevice } from './fleet.ts';
import {
  credentialPayload,
  identityTaken,
  MAX_CREDENTIALS,
  type NewCredential,
  newCredential,
  setupOf,
} from './new-credential.ts';
import { credentialView } from './views.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly trust: Trust;
  readonly now: () => Millis;
}

type CredentialRoute = 'credentials.list' | 'credentials.add' | 'credentials.rotate' | 'credentials.remove';

/** Routes of what a device proves itself with. */
export function credentialHandlers(o: Options): Pick<Handlers, CredentialRoute> {
  const { sources, seen, ender, authorityName, facts } = o.trust;
  const { credentials } = sources;
  const find = (device: Device, id: string): CredentialRow => {
    const row = credentials.of(device.row.deviceId).find(({ credentialId }) => credentialId === id);
    if (row) return row;
    throw new ReeveError(
      'no-such-thing',
      `${device.row.endpoint} has no credential ${id}: see \`reeve credential ls\``,
    );
  };
  const added = ({ row, made }: NewCredential, { row: { endpoint } }: Device): CredentialAdded => ({
    credential: credentialView(row, authorityName),
    setup: setupOf(endpoint, row, facts()),
    ...(made === undefined ? {} : { key: made }),
  });
  /** Commits a fresh credential in place of old ones, and ends what those protect. */
  const replace = async (
    device: Device,
    fresh: NewCredential | undefined,
    old: readonly CredentialRow[],
    entry: JournalDraft,
  ): Promise<void> => {
    const gone = old.flatMap((row) => seen.by(row));
    // A device that has a credential must use it.
    const bound = fresh !== undefined && serves(fresh.row, 'management');
    const row: Row<'devices'> = { ...device.row, ...(bound ? { noSec: 0 } : {}) };
    const changes: Change[] = [...old.map(deletionOf), ...seen.deletions(gone)];
    if (fresh) changes.push({ put: 'credentials', row: fresh.row }, { put: 'devices', row });
    await o.store.commit({ changes, journal: [entry] }).catch((error) => {
      if (fresh && error instanceof StoreError && error.kind === 'conflict') throw identityTaken(fresh.row);
      throw error;
    });
    ender.endSessions(device, old);
    for (const each of old) credentials.remove(each);
    seen.forget(gone);
    if (!fresh) return;
    if (bound && device.row.noSec === 1) ender.endPlain(device);
    credentials.put(fresh.row);
    o.fleet.put(row);
  };
  const entryOf = ({ row: { organisationId, deviceId } }: Device, actor: JournalDraft['actor']) => ({
    at: o.now(),
    organisationId,
    deviceId,
    actor,
  });

  return {
    'credentials.list': async ({ organisationId, params }) => {
      const { deviceId } = requireDevice(o.fleet, organisationId, params.device).row;
      return { items: credentials.of(deviceId).map((row) => credentialView(row, authorityName)) };
    },

    'credentials.add': async ({ organisationId, params, body, actor }) => {
      const device = requireDevice(o.fleet, organisationId, params.device);
      return o.lanes.run(device.row.deviceId, async () => {
        if (credentials.of(device.row.deviceId).length >= MAX_CREDENTIALS) {
          throw new ReeveError('too-many', `A device has at most ${MAX_CREDENTIALS} credentials: remove one first`);
        }
        const fresh = newCredential(sources, device.row, body, o.now());
        if (credentials.has(fresh.row.proof)) throw identityTaken(fresh.row);
        const payload = credentialPayload(fresh.row);
        await replace(device, fresh, [], { ...entryOf(device, actor), type: 'credential.set', payload });
        return added(fresh, device);
      });
    },

    'credentials.rotate': async ({ organisationId, params, body, actor }) => {
      const device = requireDevice(o.fleet, organisationId, params.device);
      return o.lanes.run(device.row.deviceId, async () => {
        const old = find(device, params.id);
        const fresh = newCredential(sources, device.row, { ...sameAs(old), ...body }, o.now());
        const { proof } = fresh.row;
        if (proof !== old.proof && credentials.has(proof)) throw identityTaken(fresh.row);
        const payload = { ...credentialPayload(fresh.row), replaced: old.credentialId };
        await replace(device, fresh, [old], { ...entryOf(device, actor), type: 'credential.rotated', payload });
        return added(fresh, device);
      });
    },

    'credentials.remove': async ({ organisationId, params, actor }) => {
      const device = requireDevice(o.fleet, organisationId, params.device);
      await o.lanes.run(device.row.deviceId, async () => {
        const old = find(device, params.id);
        const payload = credentialPayload(old);
        await replace(device, undefined, [old], { ...entryOf(device, actor), type: 'credential.removed', payload });
      });
      return undefined;
    },
  };
}

/** What stays when a credential is rotated: its kind and purpose, the identity of a PSK, the terms of OSCORE, and the suites; a new one has its own time. */
function sameAs({ kind, purpose, proof, suites, oscore }: CredentialRow): CredentialAdd {
  return {
    kind,
    purpose,
    ...(kind === 'psk' ? { identity: `hex:${proof.slice('psk:'.length)}` } : {}),
    ...(suites === undefined ? {} : { suites }),
    ...(oscore === undefined ? {} : { oscore }),
  };
}

/** Ends the sessions of credentials whose time is over; called every minute. */
export async function expireCredentials(
  { store, fleet, trust: { sources, ender } }: Pick<Options, 'store' | 'fleet' | 'trust'>,
  now: Millis,
): Promise<void> {
  const { credentials } = sources;
  const over = credentials.over(now);
  const journal: JournalDraft[] = [];
  for (const row of over) {
    const { organisationId, deviceId } = row;
    const device = fleet.get(deviceId);
    if (device) ender.endSessions(device, [row]);
    const entry = { at: now, organisationId, deviceId, actor: serverActor };
    journal.push({ ...entry, type: 'credential.expired', payload: credentialPayload(row) });
  }
  if (journal.length > 0) await store.commit({ journal });
  credentials.told(over);
}
