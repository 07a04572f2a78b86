import type { Actor, CredentialAdd, DeviceImport } from '@reeve/contract';
import type { AccountKeys, AccountKeysRow } from '../bootstrap/account-keys.ts';
import type { Deployments } from '../bootstrap/deployments.ts';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { refused } from '../trust/encoded.ts';
import type { Fleet } from './fleet.ts';
import { type CredentialSources, credentialPayload, newCredential } from './new-credential.ts';
import { newDevice } from './new-device.ts';
import { showIdentity } from './proofs.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly sources: CredentialSources;
  readonly deployments: Deployments;
  readonly accountKeys: AccountKeys;
  readonly engine: RuleEngine;
  readonly now: () => Millis;
}

interface Added {
  readonly device: Row<'devices'>;
  /** With where each stands in the request. */
  readonly credentials: readonly { readonly row: Row<'credentials'>; readonly field: string }[];
  /** Values of its own. */
  readonly deployment: Row<'deployments'> | undefined;
  /** For servers elsewhere. */
  readonly accountKeys: readonly AccountKeysRow[];
}

type Place = ReeveError['places'][number];

/** What is wrong with one device of the request. */
interface Fault extends Place {
  readonly index: number;
  readonly code: ReeveError['code'];
}

/** Places that are told at most. */
const MAX_PLACES = 100;

/** The route that adds many devices at once: all of them in one commit, or none. */
export function importHandlers(o: Options): Pick<Handlers, 'devices.import'> {
  return {
    'devices.import': async ({ organisationId, actor, body }) => {
      const { all, wrong } = newDevices(body.devices, organisationId, actor, o);
      refuse([...wrong, ...takenAmong(all, organisationId, o)]);
      await o.store.commit(batchOf(all, actor, o.now())).catch((error) => {
        if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
        throw new ReeveError('endpoint-taken', 'Another request added one of them meanwhile: nothing was added');
      });
      for (const { device, credentials, deployment } of all) {
        for (const { row } of credentials) o.sources.credentials.put(row);
        if (deployment) o.deployments.put(deployment);
        o.engine.assign(o.fleet.put(device));
      }
      return { added: all.length };
    },
  };
}

/** @throws ReeveError that names everything wrong of every device, in their order, with the code of the first */
function refuse(faults: readonly Fault[]): void {
  const sorted = faults.toSorted((a, b) => a.index - b.index);
  const [first] = sorted;
  if (!first) return;
  const places = sorted.slice(0, MAX_PLACES).map(({ at, message }) => ({ at, message }));
  throw new ReeveError(first.code, 'Nothing was added', places);
}

/** All devices as they would be added, as far as they can be, and why others can not. */
function newDevices(
  wanted: readonly DeviceImport[],
  organisationId: OrganisationId,
  actor: Actor,
  o: Options,
): { all: Added[]; wrong: Fault[] } {
  const wrong: Fault[] = [];
  const attempt = <T>(index: number, at: string, make: () => T): T[] => {
    try {
      return [make()];
    } catch (error) {
      if (!(error instanceof ReeveError)) throw error;
      const { code, places, message } = error;
      if (places.length === 0) wrong.push({ index, code, at, message });
      for (const place of places) {
        wrong.push({ ...place, index, code, at: place.at.replace(/^body(?!\/devices\/)/, at) });
      }
      return [];
    }
  };
  const all = wanted.map((each, index): Added => {
    const device = newDevice(organisationId, each, o.now());
    const at = `body/devices/${index}`;
    const credentials = attempt(index, at, () => credentialsOf(each)).flatMap((adds) =>
      adds.flatMap((add, nth) => {
        const field = fieldOf(each, nth);
        return attempt(index, `${at}/${field}`, () => {
          const { row } = newCredential(o.sources, device, add, o.now());
          return { row, field };
        });
      }),
    );
    const [deployment] = attempt(index, at, () => o.deployments.rowOf(device, each.values, `${at}/values`));
    const [accountKeys = []] = attempt(index, at, () =>
      o.accountKeys.rowsOf(device, each.accountKeys, actor.name, (id) => `${at}/accountKeys/${id}`),
    );
    return { device, credentials, deployment, accountKeys };
  });
  return { all, wrong };
}

/** @throws ReeveError `invalid-request` for a device with nothing to prove itself with that is known, or too much */
function credentialsOf({ identity, key, purpose, credentials }: DeviceImport): readonly CredentialAdd[] {
  if (credentials) {
    if (identity !== undefined || key !== undefined || purpose !== undefined) {
      throw refused('body/credentials', 'stands instead of identity, key and purpose: give one or the other');
    }
    // A key that was made here could not be told: thousands of them are no answer.
    const lacking = credentials.findIndex((each) => ['psk', 'oscore'].includes(each.kind) && each.key === undefined);
    if (lacking >= 0) throw refused(`body/credentials/${lacking}/key`, 'is missing');
    return credentials;
  }
  if (key === undefined) throw refused('body/key', 'is missing: a pre-shared key, or other credentials');
  return [
    {
      kind: 'psk',
      key,
      ...(identity === undefined ? {} : { identity }),
      ...(purpose === undefined ? {} : { purpose }),
    },
  ];
}

/** Where a credential stands in the request. */
function fieldOf({ credentials, identity }: DeviceImport, nth: number): string {
  if (credentials) return `credentials/${nth}`;
  return identity === undefined ? 'endpoint' : 'identity';
}

/** The names and identities that somebody has, or that are there twice. */
function takenAmong(all: readonly Added[], organisationId: OrganisationId, { fleet, sources }: Options): Fault[] {
  const endpoints = new Set<string>();
  const proofs = new Set<string>();
  return all.flatMap(({ device: { endpoint }, credentials }, index): Fault[] => {
    const at = (field: string, message: string): Fault => {
      const code = field === 'endpoint' ? 'endpoint-taken' : 'identity-taken';
      return { index, code, at: `body/devices/${index}/${field}`, message };
    };
    const found: Fault[] = [];
    const again = endpoints.has(endpoint);
    if (again) found.push(at('endpoint', `"${endpoint}" is there twice`));
    else if (fleet.byEndpoint(organisationId, endpoint)) found.push(at('endpoint', `there is a device "${endpoint}"`));
    const known = found.length > 0;
    for (const { row, field } of credentials) {
      const { proof } = row;
      if (proofs.has(proof) && !again) found.push(at(field, `the identity "${showIdentity(proof)}" is there twice`));
      else if (sources.credentials.has(proof) && !known) {
        found.push(at(field, `a device has the identity "${showIdentity(proof)}"`));
      }
      proofs.add(proof);
    }
    endpoints.add(endpoint);
    return found;
  });
}

function batchOf(all: readonly Added[], actor: Actor, at: Millis) {
  const changes = all.flatMap(({ device, credentials, deployment, accountKeys }): Change[] => [
    { put: 'devices', row: device },
    ...credentials.map(({ row }) => ({ put: 'credentials', row }) as const),
    ...(deployment ? [{ put: 'deployments', row: deployment } as const] : []),
    ...accountKeys.map((row) => ({ put: 'accountKeys', row }) as const),
  ]);
  const journal = all.flatMap(({ device, credentials, accountKeys }): JournalDraft[] => {
    const { organisationId, deviceId, endpoint } = device;
    const fact = { at, organisationId, deviceId, actor };
    return [
      { ...fact, type: 'device.added', payload: { endpoint } },
      ...credentials.map(({ row }) => ({ ...fact, type: 'credential.set', payload: credentialPayload(row) }) as const),
      ...accountKeys.map(
        ({ shortServerId }) => ({ ...fact, type: 'bootstrap.account-keys-set', payload: { shortServerId } }) as const,
      ),
    ];
  });
  return { changes, journal };
}
