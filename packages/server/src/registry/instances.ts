import { commitAll, type Decision } from '../decision.ts';
import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Store } from '../store/port.ts';
import type { RegisteredObject } from '../store/tables.ts';
import type { Device } from './fleet.ts';

/** An object instance that a device made or took away at our request; `path` is the instance's. */
export interface InstanceChange {
  readonly kind: 'created' | 'deleted';
  readonly path: string;
}

interface Options {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly now: () => Millis;
}

/**
 * Keeps the object links of a registration right after a Create or Delete: not every device sends an Update at once.
 *
 * @throws StoreError if it could not be saved
 */
export function noteInstance(device: Device, change: InstanceChange, { store, lanes, now }: Options): Promise<void> {
  const { organisationId, deviceId } = device.row;
  return lanes.run(deviceId, async () => {
    const { registration } = device;
    const objects = registration && objectsAfter(registration.objects, change);
    if (registration?.state !== 'registered' || !objects) return;
    const { registrationId } = registration;
    const decision: Decision = {
      batch: {
        changes: [{ patch: 'registrations', key: { deviceId }, set: { objects } }],
        journal: [
          {
            ...{ type: 'registration.changed', at: now(), organisationId, deviceId },
            actor: { kind: 'server', name: 'registry' },
            payload: { registrationId, fields: ['objects'] },
          },
        ],
      },
      apply: () => Object.assign(registration, { objects }),
    };
    await commitAll(store, [decision]);
  });
}

/** The object list after a change; undefined if it says so already. */
function objectsAfter(
  objects: readonly RegisteredObject[],
  { kind, path }: InstanceChange,
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
