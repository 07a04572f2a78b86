import { Code } from '@reeve/coap';
import {
  decodeContent,
  type EnablerVersion,
  encodeContent,
  formatLinks,
  type Link,
  type LwM2mPath,
  level,
  PathLevel,
  path as pathOf,
  type ResourceRecord,
  ROOT_PATH,
  segments,
  type Value,
} from '@reeve/lwm2m';
import { bootstrapAccounts, serverAccounts } from '../accounts.ts';
import type { Creatable } from '../creation.ts';
import { definitionOf, resourceType } from '../enabler.ts';
import { type ObjectInstance, objectInstance, type Slot } from '../instance.ts';
import { LIMITS } from '../limits.ts';
import { DeviceModel } from '../model.ts';
import { serverInstanceOf } from '../objects/server.ts';
import { type Outcome, refusal } from '../outcome.ts';
import { type Content, fit, isMultiple, stored } from '../resource.ts';

/** Objects that say which servers there are, how to reach them and what they may do: a bootstrap makes and removes them. */
const ACCOUNT_OBJECTS: readonly number[] = [0, 1, 2, 21];

/** Objects that a bootstrap server may read (OMA Core §6.1.7.4). */
const READABLE: ReadonlySet<number> = new Set([1, 2]);

/**
 * What a bootstrap server has written so far: a device as it would be. The device itself changes by `apply` alone, so that
 * a bootstrap that breaks leaves it as it was (OMA Core §6.1.3).
 *
 * Instances of accounts, and of objects that servers may create, come and go. Those of the device's own stay, but what
 * their resources hold can be written.
 */
export class Staging {
  readonly #device: DeviceModel;
  readonly #creatable: Creatable;
  readonly #objects: readonly number[];
  /** Instances that come and go. They are replaced and never written, for the device may still have them. */
  readonly #staged: DeviceModel;
  /** What resources of the device's own are to hold. */
  readonly #writes = new Map<Slot, Content>();

  constructor(device: DeviceModel, creatable: Creatable) {
    this.#device = device;
    this.#creatable = creatable;
    this.#objects = [...ACCOUNT_OBJECTS, ...Object.keys(creatable).map(Number)];
    this.#staged = new DeviceModel(this.#objects.flatMap((id) => device.instances(id)));
  }

  /** The accounts as they would be. */
  get accounts(): DeviceModel {
    return this.#staged;
  }

  /** Bootstrap-Discover: which instances there are, and whose they are (OMA Core §6.1.7.3). */
  discover(path: LwM2mPath, enabler: EnablerVersion): Outcome<{ readonly payload: Uint8Array }> {
    const [only] = segments(path);
    const objects = new Set([...this.#objects, ...this.#device.objectIds]);
    const links: Link[] = [{ target: '/', params: [['lwm2m', enabler]] }];
    for (const objectId of [...objects].sort((a, b) => a - b)) {
      if (only !== undefined && only !== objectId) continue;
      const instances = this.#instances(objectId);
      if (instances.length === 0 && this.#device.has(pathOf(objectId)))
        links.push({ target: `/${objectId}`, params: [] });
      for (const { path: target } of instances) links.push({ target, params: this.#parametersOf(target) });
    }
    const found = only === undefined || objects.has(only);
    return found
      ? { ok: true, payload: Buffer.from(formatLinks(links)) }
      : refusal(Code.NotFound, `there is no ${path}`);
  }

  /** Bootstrap-Read: of the objects 1 and 2 only (OMA Core §6.1.7.4). */
  read(path: LwM2mPath, format: number): Outcome<{ readonly payload: Uint8Array }> {
    if (!READABLE.has(segments(path)[0] ?? -1))
      return refusal(Code.MethodNotAllowed, `${path} is not read in a bootstrap`);
    const read = this.#staged.read(path);
    if (!read.ok) return read;
    const content = encodeContent({ format, path, records: read.records });
    return content.ok
      ? { ok: true, payload: content.bytes }
      : refusal(Code.NotAcceptable, `content format ${format}: ${content.error.detail}`);
  }

  /** Bootstrap-Write: whether or not it is there, and whoever may write it otherwise (OMA Core §6.1.7.5). */
  write(path: LwM2mPath, format: number, bytes: Uint8Array): Outcome {
    const content = decodeContent({ format, bytes, path, resourceType });
    if (!content.ok) {
      const { fault, detail } = content.error;
      return refusal(fault === 'unsupported' ? Code.UnsupportedContentFormat : Code.BadRequest, detail);
    }
    const [objectId = -1, instanceId] = segments(path);
    const { records } = content;
    const ids = new Set(instanceId === undefined ? records.map((one) => segments(one.path)[1] ?? 0) : [instanceId]);
    const made: ObjectInstance[] = [];
    for (const id of ids) {
      const its = records.filter((one) => segments(one.path)[1] === id);
      // The bootstrap account can't be deleted first: what is not named of it stays, so that its key can be renewed.
      const keeping = level(path) === PathLevel.resource || this.#isBootstrapAccount(pathOf(objectId, id));
      const outcome = this.#write(objectId, id, its, keeping);
      if (!outcome.ok) return outcome;
      if (outcome.instance !== undefined) made.push(outcome.instance);
    }
    for (const instance of made) this.#staged.add(instance);
    return { ok: true };
  }

  /** Bootstrap-Delete: all but the bootstrap account and what is the device's own (OMA Core §6.1.7.6). */
  delete(path: LwM2mPath): Outcome {
    const [objectId, instanceId] = segments(path);
    if (objectId !== undefined && !this.#objects.includes(objectId)) {
      return refusal(Code.BadRequest, `${path} is the device's own`);
    }
    if (instanceId !== undefined && this.#isKept(path)) {
      return refusal(Code.BadRequest, `${path} is of the bootstrap account`);
    }
    for (const id of objectId === undefined ? this.#objects : [objectId]) {
      for (const instance of this.#staged.instances(id)) {
        const meant = instanceId === undefined || instance.id === instanceId;
        if (meant && !this.#isKept(instance.path)) this.#staged.remove(instance.path);
      }
    }
    return { ok: true };
  }

  /** Bootstrap-Pack: what it tells of an object takes the place of all that there was of it (OMA Core §6.1.7.8). */
  unpack(format: number, bytes: Uint8Array): Outcome {
    const content = decodeContent({ format, bytes, path: ROOT_PATH, resourceType });
    if (!content.ok) return refusal(Code.BadRequest, content.error.detail);
    const byInstance = Map.groupBy(content.records, ({ path }) => path.split('/', 3).join('/'));
    for (const objectId of new Set(content.records.map(({ path }) => segments(path)[0] ?? -1))) {
      if (this.#objects.includes(objectId)) this.delete(pathOf(objectId));
    }
    for (const records of byInstance.values()) {
      const [objectId = -1, instanceId = -1] = segments(records[0]?.path ?? ROOT_PATH);
      const outcome = this.#write(objectId, instanceId, records, false);
      if (!outcome.ok) return outcome;
      if (outcome.instance !== undefined) this.#staged.add(outcome.instance);
    }
    return { ok: true };
  }

  /** Has the device be as it was written. */
  apply(): void {
    for (const objectId of this.#objects) {
      const now = this.#staged.instances(objectId);
      for (const instance of this.#device.instances(objectId)) {
        if (!now.some(({ id }) => id === instance.id)) this.#device.remove(instance.path);
      }
      const before = new Set(this.#device.instances(objectId));
      for (const instance of now) if (!before.has(instance)) this.#device.add(instance);
    }
    for (const [slot, content] of this.#writes) slot.resource.write?.(content);
  }

  #instances(objectId: number): readonly ObjectInstance[] {
    return (this.#objects.includes(objectId) ? this.#staged : this.#device).instances(objectId);
  }

  #isBootstrapAccount(path: LwM2mPath): boolean {
    return bootstrapAccounts(this.#device).some((account) => account.path === path);
  }

  /** Whether it is the bootstrap account, or its OSCORE context. */
  #isKept(path: LwM2mPath): boolean {
    return bootstrapAccounts(this.#device).some((account) => account.path === path || account.oscore === path);
  }

  #parametersOf(path: LwM2mPath): Link['params'] {
    const [objectId, instanceId] = segments(path);
    for (const { securityId, serverId, shortServerId, uri, oscore } of serverAccounts(this.#staged)) {
      if (objectId === 0 && instanceId === securityId)
        return [
          ['ssid', `${shortServerId}`],
          ['uri', uri],
        ];
      if (path === oscore || (objectId === 1 && instanceId === serverId)) return [['ssid', `${shortServerId}`]];
    }
    return [];
  }

  /** @param keeping whether what is there of the instance already stays */
  #write(
    objectId: number,
    instanceId: number,
    records: readonly ResourceRecord[],
    keeping: boolean,
  ): Outcome<{ readonly instance?: ObjectInstance }> {
    const own = !this.#objects.includes(objectId);
    const path = pathOf(objectId, instanceId);
    const before = (own ? this.#device : this.#staged).instances(objectId).find(({ id }) => id === instanceId);
    if (own && before === undefined) return refusal(Code.BadRequest, `there is no ${path}, and none can be made`);
    const contents = contentsOf(objectId, records, keeping ? before : undefined);
    if (!contents.ok) return contents;
    if (own) {
      for (const [id, content] of contents.contents) {
        const slot = before?.slots.get(id);
        if (slot !== undefined) this.#writes.set(slot, content);
      }
      return { ok: true };
    }
    if (before === undefined && this.#staged.instances(objectId).length >= LIMITS.objectInstances) {
      return refusal(Code.BadRequest, `${LIMITS.objectInstances} instances of object ${objectId} already`);
    }
    const instance = this.#make(objectId, instanceId, contents.contents);
    const remains = !this.#isBootstrapAccount(path) || bootstrapAccounts(new DeviceModel([instance])).length > 0;
    return remains ? { ok: true, instance } : refusal(Code.BadRequest, `${path} is the bootstrap account`);
  }

  #make(objectId: number, instanceId: number, contents: ReadonlyMap<number, Content>): ObjectInstance {
    const resources = Object.fromEntries(Array.from(contents, ([id, content]) => [id, stored(content)]));
    if (objectId === 1) return serverInstanceOf(instanceId, {}, resources);
    const parts = this.#creatable[objectId]?.(instanceId) ?? {};
    const values = Object.entries(parts.values ?? {}).filter(([id]) => !contents.has(Number(id)));
    return objectInstance(objectId, instanceId, {
      values: Object.fromEntries(values),
      resources: { ...resources, ...parts.resources },
    });
  }
}

/** What resources are to hold; those that the object does not define are ignored (OMA Core §6.1.7.5). */
function contentsOf(
  objectId: number,
  records: readonly ResourceRecord[],
  before: ObjectInstance | undefined,
): Outcome<{ readonly contents: ReadonlyMap<number, Content> }> {
  const contents = new Map<number, Content>();
  for (const [id, { resource }] of before?.slots ?? []) {
    const content = resource.read?.();
    if (content !== undefined) contents.set(id, content);
  }
  const { resources } = definitionOf(objectId);
  for (const { path, value } of records) {
    const [, , resourceId = -1, resourceInstanceId] = segments(path);
    const definition = resources.get(resourceId);
    if (definition === undefined || definition.operations === 'E') continue;
    const fitted = value.type === 'none' ? undefined : fit(definition, value);
    if (fitted?.ok === false) {
      // Some servers write every field that they have, with nothing in those that they do not use.
      if (!definition.mandatory && isEmpty(value)) continue;
      return refusal(Code.BadRequest, fitted.detail);
    }
    if (definition.multiple !== (resourceInstanceId !== undefined) && fitted !== undefined) {
      return refusal(Code.BadRequest, `${definition.name} has ${definition.multiple ? 'several values' : 'one value'}`);
    }
    if (!definition.multiple) {
      if (fitted !== undefined) contents.set(resourceId, fitted.value);
      continue;
    }
    const present = contents.get(resourceId);
    const values = new Map(present !== undefined && isMultiple(present) ? present : []);
    if (fitted !== undefined && resourceInstanceId !== undefined) values.set(resourceInstanceId, fitted.value);
    if (values.size > LIMITS.resourceInstances) {
      return refusal(Code.BadRequest, `${definition.name} would have ${values.size} values`);
    }
    contents.set(resourceId, values);
  }
  return { ok: true, contents };
}

function isEmpty({ type, value }: Value): boolean {
  return (type === 'string' || type === 'opaque') && value.length === 0;
}
