import { commitAll, type Decision } from '../decision.ts';
import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Store } from '../store/port.ts';
import type { RegisteredObject } from '../store/tables.ts';
import type { Device, Registration } from './fleet.ts';

/** What became of an object instance of a device at our request; `path` is the instance's. */
export type InstanceChange =
  | { readonly kind: 'created' | 'deleted'; readonly path: string }
  /** A server account was given another lifetime, in seconds. */
  | { readonly kind: 'lifetime'; readonly path: string; readonly lifetime: number };

interface Options {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly now: () => Millis;
}

/**
 * Keeps a registration right after a Create, a Delete, or a Write of its lifetime: not every device sends an Update at
 * once, and some never tell the lifetime in one.
 *
 * @throws StoreError if it could not be saved
 */
export function noteInstance(device: Device, change: InstanceChange, { store, lanes, now }: Options): Promise<void> {
  const { organisationId, deviceId } = device.row;
  return lanes.run(deviceId, async () => {
    const { registration } = device;
    const set = registration && termsAfter(registration, change);
    if (registration?.state !== 'registered' || !set) return;
    const { registrationId } = registration;
    const decision: Decision = {
      batch: {
        changes: [{ patch: 'registrations', key: { deviceId }, set }],
        journal: [
          {
            ...{ type: 'registration.changed', at: now(), organisationId, deviceId },
            actor: { kind: 'server', name: 'registry' },
            payload: { registrationId, fields: Object.keys(set) },
          },
        ],
      },
      apply: () => Object.assign(registration, set),
    };
    await commitAll(store, [decision]);
  });
}

/** What a change makes of the terms of a registration; undefined if they say so already. */
function termsAfter(
  { objects, lifetime }: Registration,
  change: InstanceChange,
): Partial<Pick<Registration, 'objects' | 'lifetime'>> | undefined {
  if (change.kind !== 'lifetime') {
    const after = objectsAfter(objects, change);
    return after && { objects: after };
  }
  // Of several accounts nobody says which one is ours.
  const accounts = objects.find(({ objectId }) => objectId === 1)?.instances ?? [];
  const ours = accounts.length === 1 && change.path === `/1/${accounts[0]}`;
  return ours && change.lifetime !== lifetime ? { lifetime: change.lifetime } : undefined;
}

/** The object list after a change; undefined if it says so already. */
function objectsAfter(
  objects: readonly RegisteredObject[],
  { kind, path }: Exclude<InstanceChange, { kind: 'lifetime' }>,
): RegisteredObject[] | undefined {
  const [, objectId, instanceId] = path.split('/').map(Number);
  if (objectId === undefined || instanceId === undefined) return undefined;
  const object = objects.find((one) => one.objectId === objectId) ?? { objectId, instances: [] };
  if (object.instances.includes(instanceId) === (kind === 'created')) return undefined;
  const instances =
    kind === 'created'
      ? [...object.instances, instanceId].sort((a, b) => a - b)
      : object.instances.filter((id) => id !== instanceId);
  return [...objects.filter((one) => one.objectId !== objectId), { ...object, instances }].sort(
    (a, b) => a.objectId - b.objectId,
  );
}
