import type { Actor, DeviceImport } from '@reeve/contract';
import type { Deployments } from '../bootstrap/deployments.ts';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { CredentialRow } from './credentials.ts';
import type { Fleet } from './fleet.ts';
import { credentialPayload, newDevice } from './handlers.ts';
import { type CredentialSources, newCredential } from './new-credential.ts';
import { showIdentity } from './proofs.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly sources: CredentialSources;
  readonly deployments: Deployments;
  readonly engine: RuleEngine;
  readonly now: () => Millis;
}

interface Added {
  readonly device: Row<'devices'>;
  readonly credential: CredentialRow;
  /** Values of its own. */
  readonly deployment: Row<'deployments'> | undefined;
}

type Place = ReeveError['places'][number];

/** Places that are told at most. */
const MAX_PLACES = 100;

/** The route that adds many devices at once: all of them in one commit, or none. */
export function importHandlers(o: Options): Pick<Handlers, 'devices.import'> {
  return {
    'devices.import': async ({ organisationId, actor, body }) => {
      const all = body.devices.map((wanted, index): Added => {
        const device = newDevice(organisationId, wanted, o.now());
        const { identity, key, purpose, values } = wanted;
        const psk = {
          kind: 'psk',
          key,
          ...(identity === undefined ? {} : { identity }),
          ...(purpose === undefined ? {} : { purpose }),
        } as const;
        const deployment = o.deployments.rowOf(device, values, `body/devices/${index}/values`);
        return { device, credential: newCredential(o.sources, device, psk, o.now()).row, deployment };
      });
      refuseTaken(all, body.devices, organisationId, o);
      await o.store.commit(batchOf(all, actor, o.now())).catch((error) => {
        if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error;
        throw new ReeveError('endpoint-taken', 'Another request added one of them meanwhile: nothing was added');
      });
      for (const { device, credential, deployment } of all) {
        o.sources.credentials.put(credential);
        if (deployment) o.deployments.put(deployment);
        o.engine.assign(o.fleet.put(device));
      }
      return { added: all.length };
    },
  };
}

/** @throws ReeveError that names every device whose name or identity somebody has, or that is there twice */
function refuseTaken(
  all: readonly Added[],
  wanted: readonly DeviceImport[],
  organisationId: OrganisationId,
  { fleet, sources }: Options,
): void {
  const endpoints = new Set<string>();
  const proofs = new Set<string>();
  const places = all.flatMap(({ device: { endpoint }, credential: { proof } }, index): Place[] => {
    const at = (field: keyof DeviceImport, message: string) => ({ at: `body/devices/${index}/${field}`, message });
    const found: Place[] = [];
    if (endpoints.has(endpoint)) found.push(at('endpoint', `"${endpoint}" is there twice`));
    else if (fleet.byEndpoint(organisationId, endpoint)) found.push(at('endpoint', `there is a device "${endpoint}"`));
    const field = wanted[index]?.identity === undefined ? 'endpoint' : 'identity';
    if (proofs.has(proof) && !endpoints.has(endpoint)) {
      found.push(at(field, `the identity "${showIdentity(proof)}" is there twice`));
    } else if (sources.credentials.has(proof) && found.length === 0) {
      found.push(at(field, `a device has the identity "${showIdentity(proof)}"`));
    }
    endpoints.add(endpoint);
    proofs.add(proof);
    return found;
  });
  if (places.length === 0) return;
  const code = places.some(({ at }) => at.endsWith('endpoint')) ? 'endpoint-taken' : 'identity-taken';
  throw new ReeveError(code, 'Nothing was added', places.slice(0, MAX_PLACES));
}

function batchOf(all: readonly Added[], actor: Actor, at: Millis) {
  const changes = all.flatMap(({ device, credential, deployment }): Change[] => [
    { put: 'devices', row: device },
    { put: 'credentials', row: credential },
    ...(deployment ? [{ put: 'deployments', row: deployment } as const] : []),
  ]);
  const journal = all.flatMap(({ device, credential }): JournalDraft[] => {
    const { organisationId, deviceId, endpoint } = device;
    const fact = { at, organisationId, deviceId, actor };
    return [
      { ...fact, type: 'device.added', payload: { endpoint } },
      { ...fact, type: 'credential.set', payload: credentialPayload(credential) },
    ];
  });
  return { changes, journal };
}
