import { Code } from '@reeve/coap';
import { type LwM2mPath, type NewInstance, NONE, type ResourceRecord, segments } from '@reeve/lwm2m';
import { definitionOf } from './enabler.ts';
import { type InstanceParts, type ObjectInstance, objectInstance } from './instance.ts';
import { LIMITS } from './limits.ts';
import type { DeviceModel } from './model.ts';
import { type Outcome, refusal } from './outcome.ts';
import { type Resource, stored } from './resource.ts';
import { planWrite } from './write-plan.ts';

/**
 * Objects whose instances a server may create and delete, by object id: what stands behind a new instance beside what the
 * server's values say. A resource that is in neither is not there.
 */
export type Creatable = Readonly<Record<number, (instanceId: number) => InstanceParts>>;

/**
 * Makes an instance of an object as a server wants it, or nothing at all (OMA Core §6.3.6).
 *
 * Values of resources that a server may not write are ignored. Refused: an object whose instances are the device's own
 * (4.05), an id that is taken, content that does not fit, and an instance without all that is mandatory (4.00).
 */
export function createInstance(
  model: DeviceModel,
  creatable: Creatable,
  { path, instanceId, records }: NewInstance,
): Outcome<{ readonly instance: ObjectInstance }> {
  const [objectId = -1] = segments(path);
  const partsOf = creatable[objectId];
  if (partsOf === undefined) return refusal(Code.MethodNotAllowed, `instances of ${path} are the device's own`);
  const taken = new Set(model.instances(objectId).map(({ id }) => id));
  if (taken.size >= LIMITS.objectInstances)
    return refusal(Code.BadRequest, `${path} has ${taken.size} instances already`);
  const id =
    instanceId ?? Array.from({ length: taken.size + 1 }, (_, free) => free).find((free) => !taken.has(free)) ?? 0;
  if (taken.has(id)) return refusal(Code.BadRequest, `there is ${path}/${id} already`);

  const definition = definitionOf(objectId);
  const written = records.flatMap((record): ResourceRecord[] => {
    const [, , resourceId = -1, ...below] = segments(record.path);
    if (!definition.resources.get(resourceId)?.operations.includes('W')) return [];
    return [{ ...record, path: `/${[objectId, id, resourceId, ...below].join('/')}` as LwM2mPath }];
  });
  const instance = objectInstance(objectId, id, withValuesOf(written, partsOf(id), objectId));
  const missing = [...definition.resources.values()].find((one) => one.mandatory && !instance.slots.has(one.id));
  if (missing !== undefined) return refusal(Code.BadRequest, `${missing.name} is mandatory`);
  const planned = planWrite(instance, instance.path, written, 'partial');
  if (!planned.ok) return planned;
  for (const [slot, content] of planned.writes) slot.resource.write?.(content);
  return { ok: true, instance };
}

/** The parts of an instance, with room for what the server has values of. */
function withValuesOf(records: readonly ResourceRecord[], parts: InstanceParts, objectId: number): InstanceParts {
  const resources: Record<number, Resource> = { ...parts.resources };
  for (const { path } of records) {
    const [, , resourceId = -1] = segments(path);
    if (resources[resourceId] !== undefined || parts.values?.[resourceId] !== undefined) continue;
    resources[resourceId] = stored(definitionOf(objectId).resources.get(resourceId)?.multiple ? new Map() : NONE);
  }
  return { ...parts, resources };
}

/** Takes an instance away that a server may delete: one of an object whose instances it may create (OMA Core §6.3.7). */
export function deleteInstance(model: DeviceModel, creatable: Creatable, path: LwM2mPath): Outcome {
  const [objectId = -1, , resourceId] = segments(path);
  if (resourceId !== undefined || creatable[objectId] === undefined) {
    return refusal(Code.MethodNotAllowed, `${path} is the device's own`);
  }
  model.remove(path);
  return { ok: true };
}
