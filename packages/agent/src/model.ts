import { Code } from '@reeve/coap';
import {
  ContentFormat,
  defaultVersion,
  type EnablerVersion,
  type ExecuteArg,
  formatLinks,
  join,
  type Link,
  type LwM2mPath,
  level,
  NONE,
  PathLevel,
  parent,
  path as pathOf,
  type ResourceRecord,
  ROOT_PATH,
  segments,
  type Value,
} from '@reeve/lwm2m';
import { definitionOf } from './enabler.ts';
import type { ObjectInstance, Slot } from './instance.ts';
import { type Outcome, refusal } from './outcome.ts';
import { type Content, type ContentJson, contentFromJson, isMultiple, singleValue } from './resource.ts';
import { planWrite, type WritePlan } from './write-plan.ts';

/** Objects that hold keys: no server may see or touch them, and they are not registered (OMA Core §6.2.1). */
const SECRET_OBJECTS: ReadonlySet<number> = new Set([0, 21, 23]);

const { cbor, senmlJson, senmlCbor, tlv, senmlEtchJson, senmlEtchCbor, lwm2mCbor } = ContentFormat;
const FORMATS = [cbor, senmlJson, senmlCbor, tlv];

/** The content formats that a registration lists, by the version of LwM2M that knows them. */
const LISTED_FORMATS: Readonly<Record<EnablerVersion, readonly number[]>> = {
  '1.0': FORMATS,
  '1.1': FORMATS,
  '1.2': [...FORMATS, senmlEtchJson, senmlEtchCbor, lwm2mCbor],
};

/** What the root link says: that this is LwM2M, and which content formats may be used (OMA Core §6.2.1). */
function rootLink(enabler: EnablerVersion): Link {
  return {
    target: '/',
    params: [
      ['rt', 'oma.lwm2m'],
      ['ct', LISTED_FORMATS[enabler].join(' ')],
    ],
  };
}

/** Whether a path lies in an object that answers 4.01 to every server. */
export function isSecret(path: LwM2mPath): boolean {
  const [objectId] = segments(path);
  return objectId !== undefined && SECRET_OBJECTS.has(objectId);
}

/** The object instances of a device, and the operations on them (OMA Core §6.3). */
export class DeviceModel {
  /** By object id, then by instance id. */
  readonly #objects = new Map<number, Map<number, ObjectInstance>>();
  readonly #slots = new Map<LwM2mPath, Slot>();
  readonly #listings = new Map<EnablerVersion, string>();

  /** @param objectIds objects that are there even without an instance */
  constructor(instances: Iterable<ObjectInstance>, objectIds: readonly number[] = []) {
    for (const objectId of objectIds) this.#objects.set(objectId, new Map());
    for (const instance of instances) this.add(instance);
  }

  /** Adds an object instance; one with the same path gives way. */
  add(instance: ObjectInstance): void {
    const { id: objectId } = instance.definition;
    this.remove(instance.path);
    for (const slot of instance.slots.values()) this.#slots.set(slot.path, slot);
    this.#listings.clear();
    const instances = this.#objects.get(objectId) ?? new Map<number, ObjectInstance>();
    this.#objects.set(objectId, instances.set(instance.id, instance));
  }

  /** Takes an object instance away; false when there is none. */
  remove(path: LwM2mPath): boolean {
    const instance = this.#instance(path);
    if (instance === undefined) return false;
    for (const slot of instance.slots.values()) this.#slots.delete(slot.path);
    this.#listings.clear();
    return this.#objects.get(instance.definition.id)?.delete(instance.id) ?? false;
  }

  /**
   * The payload of a Register: the content formats that the device speaks, every object instance, every object without
   * one, and the versions of objects that `enabler` does not imply (OMA Core §6.2.1, §7.2.2).
   */
  listing(enabler: EnablerVersion): string {
    const known = this.#listings.get(enabler) ?? formatLinks([rootLink(enabler), ...this.#links(enabler)]);
    this.#listings.set(enabler, known);
    return known;
  }

  /** The objects that are there, with instances or without. */
  get objectIds(): readonly number[] {
    return [...this.#objects.keys()];
  }

  /** The object instances of an object. */
  instances(objectId: number): readonly ObjectInstance[] {
    return [...(this.#objects.get(objectId)?.values() ?? [])];
  }

  /** The resource at a path of resource or resource instance level. */
  slot(path: LwM2mPath): Slot | undefined {
    return this.#slots.get(path) ?? this.#slots.get(parent(path));
  }

  /** The value of a single resource; `none` where there is none. */
  value(path: LwM2mPath): Value {
    return singleValue(this.slot(path)?.resource);
  }

  /** The number in a single resource; undefined where there is none. */
  number(path: LwM2mPath): number | undefined {
    const { value } = this.value(path);
    return typeof value === 'number' ? value : undefined;
  }

  /**
   * Sets resources of an object instance on behalf of the device's application.
   *
   * @throws RangeError when there is no such resource or a value does not fit its definition
   */
  set(path: LwM2mPath, values: Readonly<Record<number, ContentJson>>): void {
    const instance = this.#instance(path);
    const changes: [Slot, Content][] = Object.entries(values).map(([id, json]) => {
      const slot = instance?.slots.get(Number(id));
      if (slot?.resource.write === undefined) throw new RangeError(`${path}/${id} cannot be set`);
      return [slot, contentFromJson(slot.definition, json)];
    });
    for (const [slot, content] of changes) slot.resource.write?.(content);
  }

  /** All that can be read at and below a path. */
  read(path: LwM2mPath): Outcome<{ readonly records: readonly ResourceRecord[] }> {
    const [objectId = -1, , , resourceInstanceId] = segments(path);
    if (level(path) === PathLevel.object) {
      const instances = this.#objects.get(objectId);
      if (instances === undefined) return missing(path);
      return { ok: true, records: [...instances.values()].flatMap(readInstance) };
    }
    const instance = this.#instance(path);
    if (instance === undefined) return missing(path);
    if (level(path) === PathLevel.instance) return { ok: true, records: readInstance(instance) };
    const slot = this.slot(path);
    if (slot === undefined) return missing(path);
    if (!isReadable(slot)) return refusal(Code.MethodNotAllowed, `${slot.definition.name} cannot be read`);
    const records = readSlot(slot);
    if (resourceInstanceId === undefined) return { ok: true, records };
    const found = records.filter((record) => record.path === path);
    return found.length > 0 ? { ok: true, records: found } : missing(path);
  }

  /** Writes all records or none (OMA Core §6.3.3). */
  write(path: LwM2mPath, records: readonly ResourceRecord[], mode: 'replace' | 'partial'): Outcome {
    const instance = this.#instance(path);
    if (instance === undefined) return missing(path);
    const planned = planWrite(instance, path, records, mode);
    if (!planned.ok) return planned;
    for (const slot of planned.resets) slot.resource.reset?.();
    for (const [slot, content] of planned.writes) slot.resource.write?.(content);
    return { ok: true };
  }

  /**
   * What can be read at and below several paths; what is missing, unreadable or for no server is left out, and what lies
   * below two of them comes once (OMA Core §6.3.8).
   */
  readComposite(paths: readonly LwM2mPath[]): Outcome<{ readonly records: readonly ResourceRecord[] }> {
    const objects = [...this.#objects.keys()].map((id) => pathOf(id));
    const found = new Map<LwM2mPath, ResourceRecord>();
    for (const path of paths.flatMap((each) => (each === ROOT_PATH ? objects : [each]))) {
      const read = isSecret(path) ? undefined : this.read(path);
      for (const record of read?.ok ? read.records : [])
        if (record.value.type !== 'none') found.set(record.path, record);
    }
    return { ok: true, records: [...found.values()] };
  }

  /** Writes records at several resources, all of them or none (OMA Core §6.3.9). */
  writeComposite(records: readonly ResourceRecord[]): Outcome {
    const byInstance = new Map<ObjectInstance, ResourceRecord[]>();
    for (const record of records) {
      if (isSecret(record.path)) return refusal(Code.Unauthorized, `${record.path} is for no server`);
      const instance = this.#instance(record.path);
      if (instance === undefined || this.slot(record.path) === undefined) return missing(record.path);
      byInstance.set(instance, [...(byInstance.get(instance) ?? []), record]);
    }
    const plans: WritePlan[] = [];
    for (const [instance, its] of byInstance) {
      const planned = planWrite(instance, instance.path, its, 'partial');
      if (!planned.ok) return planned;
      plans.push(planned);
    }
    for (const { writes } of plans) for (const [slot, content] of writes) slot.resource.write?.(content);
    return { ok: true };
  }

  /** Executes a resource (OMA Core §6.3.5). */
  execute(path: LwM2mPath, args: readonly ExecuteArg[]): Outcome {
    const slot = this.slot(path);
    if (slot === undefined) return missing(path);
    const { resource } = slot;
    if (slot.definition.operations !== 'E' || resource.execute === undefined) {
      return refusal(Code.MethodNotAllowed, `${slot.definition.name} cannot be executed`);
    }
    if (resource.canExecute?.() === false) {
      return refusal(Code.MethodNotAllowed, `${slot.definition.name} cannot be executed now`);
    }
    resource.execute(args);
    return { ok: true };
  }

  /**
   * The nodes that Discover lists: the path, and what lies below it (OMA Core §6.3.2).
   *
   * @param depth levels below the path; without it two below an object, and one below anything else
   */
  discover(path: LwM2mPath, depth?: number): Outcome<{ readonly nodes: readonly DiscoveredNode[] }> {
    const [objectId = -1] = segments(path);
    if (level(path) === PathLevel.object) {
      const instances = this.#objects.get(objectId);
      if (instances === undefined) return missing(path);
      const below = depth === 0 ? [] : [...instances.values()];
      return { ok: true, nodes: [{ path }, ...below.flatMap((each) => discoverInstance(each, (depth ?? 2) - 1))] };
    }
    const instance = this.#instance(path);
    if (instance === undefined) return missing(path);
    if (level(path) === PathLevel.instance) return { ok: true, nodes: discoverInstance(instance, depth ?? 1) };
    const slot = this.slot(path);
    if (slot === undefined || level(path) !== PathLevel.resource) return missing(path);
    return { ok: true, nodes: discoverSlot(slot, depth ?? 1) };
  }

  /** Whether there is a node at a path, whatever may be done with it. */
  has(path: LwM2mPath): boolean {
    const [objectId = -1] = segments(path);
    switch (level(path)) {
      case PathLevel.root:
        return true;
      case PathLevel.object:
        return this.#objects.has(objectId);
      case PathLevel.instance:
        return this.#instance(path) !== undefined;
      case PathLevel.resource:
        return this.slot(path) !== undefined;
      case PathLevel.resourceInstance: {
        const slot = this.slot(path);
        return slot !== undefined && readSlot(slot).some((record) => record.path === path);
      }
    }
  }

  #links(enabler: EnablerVersion): Link[] {
    const links: Link[] = [];
    for (const [objectId, instances] of [...this.#objects].sort(([a], [b]) => a - b)) {
      if (SECRET_OBJECTS.has(objectId)) continue;
      const { version } = definitionOf(objectId);
      const params: Link['params'] = version === defaultVersion(enabler, objectId) ? [] : [['ver', version]];
      const [only, ...more] = instances.values();
      if (only !== undefined && more.length === 0) {
        links.push({ target: only.path, params });
        continue;
      }
      if (only === undefined || params.length > 0) links.push({ target: pathOf(objectId), params });
      for (const { path } of instances.values()) links.push({ target: path, params: [] });
    }
    return links;
  }

  #instance(path: LwM2mPath): ObjectInstance | undefined {
    const [objectId = -1, instanceId = -1] = segments(path);
    return this.#objects.get(objectId)?.get(instanceId);
  }
}

/** One line of a Discover answer. */
export interface DiscoveredNode {
  readonly path: LwM2mPath;
  /** How many instances a multiple resource has. */
  readonly dimension?: number;
}

function missing(path: LwM2mPath): Outcome<never> {
  return refusal(Code.NotFound, `there is no ${path}`);
}

function isReadable({ definition, resource }: Slot): boolean {
  return definition.operations.includes('R') && resource.read !== undefined;
}

function readInstance({ slots }: ObjectInstance): ResourceRecord[] {
  return [...slots.values()].filter(isReadable).flatMap(readSlot);
}

function readSlot({ path, resource }: Slot): ResourceRecord[] {
  const content = resource.read?.() ?? NONE;
  if (!isMultiple(content)) return [{ path, value: content }];
  if (content.size === 0) return [{ path, value: NONE }];
  const [objectId = 0, instanceId = 0, resourceId = 0] = segments(path);
  return Array.from(content, ([id, value]) => ({ path: pathOf(objectId, instanceId, resourceId, id), value }));
}

function discoverInstance({ path, slots }: ObjectInstance, depth: number): DiscoveredNode[] {
  const below = depth === 0 ? [] : [...slots.values()];
  return [{ path }, ...below.flatMap((slot) => discoverSlot(slot, depth - 1))];
}

function discoverSlot({ path, resource }: Slot, depth: number): DiscoveredNode[] {
  const content = resource.read?.();
  if (content === undefined || !isMultiple(content)) return [{ path }];
  const below = depth === 0 ? [] : [...content.keys()];
  return [{ path, dimension: content.size }, ...below.map((id) => ({ path: join(path, id) ?? path }))];
}
