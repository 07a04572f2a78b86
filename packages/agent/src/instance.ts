import { type LwM2mPath, type ObjectDefinition, path, type ResourceDefinition } from '@reeve/lwm2m';
import { definitionOf } from './enabler.ts';
import { type ContentJson, contentFromJson, type Resource, stored } from './resource.ts';

/** A resource with its definition. */
export interface Slot {
  readonly definition: ResourceDefinition;
  readonly resource: Resource;
  readonly path: LwM2mPath;
}

/** What an object instance is made of; a resource is listed in one of the two. */
export interface InstanceParts {
  /** Resources that hold values, by id. */
  readonly values?: Readonly<Record<number, ContentJson>>;
  /** Resources that the device computes, checks or carries out, by id. */
  readonly resources?: Readonly<Record<number, Resource>>;
}

/** One object instance of the device. */
export interface ObjectInstance {
  readonly definition: ObjectDefinition;
  readonly id: number;
  readonly path: LwM2mPath;
  /** By resource id, in ascending order. */
  readonly slots: ReadonlyMap<number, Slot>;
}

/**
 * Makes an object instance.
 *
 * @throws RangeError when the object or a resource has no definition, or a value does not fit its own
 */
export function objectInstance(objectId: number, id: number, parts: InstanceParts): ObjectInstance {
  const definition = definitionOf(objectId);
  const behind = new Map<number, (of: ResourceDefinition) => Resource>();
  for (const [key, json] of Object.entries(parts.values ?? {})) {
    behind.set(Number(key), (of) => stored(contentFromJson(of, json)));
  }
  for (const [key, resource] of Object.entries(parts.resources ?? {})) behind.set(Number(key), () => resource);
  const slots = new Map<number, Slot>();
  for (const [resourceId, make] of [...behind].sort(([a], [b]) => a - b)) {
    const of = definition.resources.get(resourceId);
    if (of === undefined) throw new RangeError(`${definition.name} has no resource ${resourceId}`);
    slots.set(resourceId, { definition: of, resource: make(of), path: path(objectId, id, resourceId) });
  }
  return { definition, id, path: path(objectId, id), slots };
}
