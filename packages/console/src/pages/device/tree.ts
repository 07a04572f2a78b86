import type { DeviceDetail, Observation, ResourceInfo, ResourceValue } from '@reeve/contract';
import { limitsOf } from './limits.ts';

/** One resource (or resource instance) of a device as a row. */
export interface ResourceRow {
  path: string;
  /** From the object's definition; `Resource 7` for what nobody defined. */
  name: string;
  /** Unknown resources may do anything: the device will say. */
  operations: ResourceInfo['operations'] | 'unknown';
  type: string | undefined;
  /** What it may hold, in words; empty if nothing is known. */
  limits: string;
  range?: ResourceInfo['range'];
  /** What its numbers mean. */
  values?: ResourceInfo['values'];
  value: ResourceValue | undefined;
  observation: Observation | undefined;
}

export interface InstanceNode {
  path: string;
  instanceId: number;
  observation: Observation | undefined;
  rows: ResourceRow[];
}

interface ObjectNode {
  objectId: number;
  name: string;
  version: string | undefined;
  /** Of its definition; undefined if the server has none. */
  resources: readonly ResourceInfo[] | undefined;
  instances: InstanceNode[];
}

type TreeSource = Pick<DeviceDetail, 'objects' | 'values' | 'observations'>;

/** Objects, instances and resources of a device: what it registered, and whatever else it has sent values of. */
export function buildTree(device: TreeSource): ObjectNode[] {
  const observations = new Map(device.observations.map((observation) => [observation.path, observation]));
  const byInstance = Map.groupBy(device.values, ({ path }) => path.split('/').slice(0, 3).join('/'));
  const objects = new Map(device.objects.map((object) => [object.objectId, object]));
  const instances = new Map(device.objects.map(({ objectId, instances }) => [objectId, new Set(instances)]));
  for (const path of byInstance.keys()) {
    const [, objectId, instanceId] = path.split('/').map(Number);
    if (objectId === undefined || instanceId === undefined) continue;
    const known = instances.get(objectId);
    if (known) known.add(instanceId);
    else instances.set(objectId, new Set([instanceId]));
  }
  return [...instances.keys()].sort(ascending).map((objectId) => {
    const object = objects.get(objectId);
    const resources = object?.resources ?? [];
    return {
      objectId,
      name: object?.name ?? `Object ${objectId}`,
      version: object?.version,
      resources: object?.resources,
      instances: [...(instances.get(objectId) ?? [])].sort(ascending).map((instanceId) => {
        const path = `/${objectId}/${instanceId}`;
        return {
          path,
          instanceId,
          observation: observations.get(path),
          rows: rowsOf(path, resources, byInstance.get(path) ?? [], observations),
        };
      }),
    };
  });
}

function rowsOf(
  instance: string,
  resources: readonly ResourceInfo[],
  values: readonly ResourceValue[],
  observations: ReadonlyMap<string, Observation>,
): ResourceRow[] {
  const definitions = new Map(resources.map((resource) => [resource.resourceId, resource]));
  const byResource = Map.groupBy(values, ({ path }) => Number(path.split('/')[3]));
  const ids = new Set([...definitions.keys(), ...byResource.keys()]);
  return [...ids].sort(ascending).flatMap((resourceId) => {
    const definition = definitions.get(resourceId);
    const row = (path: string, value: ResourceValue | undefined): ResourceRow => ({
      path,
      name: definition?.name ?? `Resource ${resourceId}`,
      operations: definition?.operations ?? 'unknown',
      type: definition?.type ?? value?.type,
      limits: definition ? limitsOf(definition) : '',
      ...(definition?.range ? { range: definition.range } : {}),
      ...(definition?.values ? { values: definition.values } : {}),
      value,
      observation: observations.get(path),
    });
    const held = byResource.get(resourceId);
    return held
      ? held.toSorted((a, b) => lastSegment(a.path) - lastSegment(b.path)).map((value) => row(value.path, value))
      : [row(`${instance}/${resourceId}`, undefined)];
  });
}

function lastSegment(path: string): number {
  return Number(path.slice(path.lastIndexOf('/') + 1));
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Whether a resource's definition allows what a button would ask for. */
export function allows(operations: ResourceRow['operations'], wanted: 'R' | 'W' | 'E'): boolean {
  return operations === 'unknown' || operations.includes(wanted);
}
