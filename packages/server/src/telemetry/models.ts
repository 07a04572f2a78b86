import { type ObjectLink, type ResourceInfo, type SetValue, withUnit } from '@reeve/contract';
import {
  coerce,
  DefinitionStore,
  defaultVersion,
  ENABLER_VERSIONS,
  type EnablerVersion,
  formatValue,
  type ObjectDefinition,
  parsePath,
  RESOURCE_TYPES,
  type ResourceDefinition,
  type ResourceType,
  segments,
  type Value,
  type VersionOf,
  valueFromJson,
  valueToJson,
} from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { RegisteredObject, StoredValue } from '../store/tables.ts';

/** What decides which definitions hold for a device. */
export interface ModelOf {
  readonly version: string;
  readonly objects: readonly RegisteredObject[];
}

/** The enabler version that a registration names; the oldest if it is one that we do not know. */
export function enablerOf(version: string): EnablerVersion {
  return ENABLER_VERSIONS.find((known) => known === version) ?? '1.0';
}

/**
 * Of a device that never registered nothing is known yet: what it can't do is found out when the command is sent.
 * @throws ReeveError `invalid-value` for what the device's version of LwM2M does not have
 */
export function checkSince(what: string, since: EnablerVersion, model: ModelOf | undefined): void {
  const enabler = model ? enablerOf(model.version) : since;
  if (enabler < since) throw new ReeveError('invalid-value', `${what} LwM2M ${since}; the device has ${enabler}`);
}

/** Which version of an object the device has: as registered, else that of its enabler (LwM2M Core §6.2.1). */
export function versionsOf({ version, objects }: ModelOf): VersionOf {
  return (objectId) =>
    objects.find((object) => object.objectId === objectId)?.version ?? defaultVersion(enablerOf(version), objectId);
}

/** The stored form of a value. */
export function toStored(value: Value): StoredValue {
  return isStored(value) ? value : { type: value.type, value: valueToJson(value) };
}

/** Most values are JSON as they are: nothing is made anew for them. */
function isStored(value: Value): value is Value & StoredValue {
  return value.value === null || (typeof value.value !== 'object' && typeof value.value !== 'bigint');
}

/** The value of a stored form; undefined for what was never written by `toStored`. */
export function fromStored({ type, value }: StoredValue): Value | undefined {
  return isResourceType(type) ? valueFromJson(type, value) : undefined;
}

/** What is known of objects and resources: for a device, by the versions that it registered. */
export class Models {
  /** The shipped definitions, and those that are added while the server runs. */
  readonly definitions = new DefinitionStore();

  /** The definition of the resource at a path, if it is known. */
  resourceAt(path: string, model: ModelOf | undefined): ResourceDefinition | undefined {
    const parsed = parsePath(path);
    const [objectId, , resourceId] = parsed ? segments(parsed) : [];
    if (objectId === undefined || resourceId === undefined) return undefined;
    return this.definitions.resource(objectId, resourceId, model && versionsOf(model)(objectId));
  }

  /** The name of the object or resource at a path, or within, if its definition is known; object instances have none. */
  nameOf(path: string, model: ModelOf | undefined): string | undefined {
    const parsed = parsePath(path);
    const [objectId, ...below] = parsed ? segments(parsed) : [];
    if (objectId === undefined || below.length > 0) {
      return below.length >= 2 ? this.resourceAt(path, model)?.name : undefined;
    }
    return this.definitions.find(objectId, model && versionsOf(model)(objectId))?.name;
  }

  /**
   * Whether the resource at a path is known not to be readable, and so a secret: it is written, or set by bootstrap alone.
   * Of a version that nobody knows it is what another version says.
   */
  isUnreadable(path: string, model: ModelOf | undefined): boolean {
    const definition = this.resourceAt(path, model) ?? this.resourceAt(path, undefined);
    return definition !== undefined && !definition.operations.includes('R');
  }

  /** Name and resources of a registered object, if its definition is known. */
  infoOf(objectId: number, version: string | undefined, enabler: string): Pick<ObjectLink, 'name' | 'resources'> {
    const object = this.definitions.find(objectId, version ?? defaultVersion(enablerOf(enabler), objectId));
    return object ? { name: object.name, resources: resourcesOf(object) } : {};
  }

  /**
   * What a person or program wants written, in the type of the resource.
   * @param written its `type` is the caller's word, for resources that no definition names
   * @throws ReeveError `invalid-value`, which does not tell what is secret
   */
  storedOf({ path, value: json, type, secret }: SetValue, model: ModelOf | undefined): StoredValue {
    if (secret && json === null) throw new ReeveError('invalid-value', `${path} is secret, and its value is missing`);
    const definition = this.resourceAt(path, model);
    const wanted = definition?.type ?? type ?? typeOfJson(json);
    const value = isResourceType(wanted) ? valueFromJson(wanted, json) : undefined;
    const given = secret || this.isUnreadable(path, model) ? 'what was given' : JSON.stringify(json);
    if (!value) throw new ReeveError('invalid-value', `${path} takes ${wanted}, not ${given}`);
    const range = definition?.range;
    if (range && typeof value.value === 'number' && (value.value < range[0] || value.value > range[1])) {
      throw new ReeveError('invalid-value', `${path} takes ${range[0]} to ${range[1]}, not ${given}`);
    }
    return toStored(value);
  }

  /** A stored value for people: with the name of what it stands for, or its unit. */
  describeStored(path: string, stored: StoredValue, model: ModelOf | undefined): string {
    const value = fromStored(stored);
    if (!value) return String(stored.value);
    const definition = this.resourceAt(path, model);
    const name = typeof value.value === 'number' ? definition?.names?.[value.value] : undefined;
    if (name !== undefined) return `${name} (${String(value.value)})`;
    return withUnit(formatValue(rounded((definition && coerce(value, definition.type)) ?? value)), definition?.units);
  }
}

/** The resources of an object for people and programs. */
export function resourcesOf({ resources }: ObjectDefinition): ResourceInfo[] {
  return [...resources.values()].map(({ id, name, operations, type, multiple, mandatory, range, units, names }) => ({
    resourceId: id,
    name,
    operations: operations === '' ? 'none' : operations,
    multiple,
    mandatory,
    ...(type === 'none' ? {} : { type }),
    ...(range ? { range: { least: range[0], largest: range[1] } } : {}),
    ...(units === undefined ? {} : { units }),
    ...(names === undefined
      ? {}
      : { values: Object.entries(names).map(([value, name]) => ({ value: Number(value), name })) }),
  }));
}

/** Floats to six decimals, a tenth of a metre in degrees; the exact value is beside it. */
function rounded(value: Value): Value {
  return value.type === 'float' ? { type: 'float', value: Number(value.value.toFixed(6)) } : value;
}

function isResourceType(type: string): type is ResourceType {
  return (RESOURCE_TYPES as readonly string[]).includes(type);
}

function typeOfJson(json: StoredValue['value']): ResourceType {
  if (typeof json === 'boolean') return 'boolean';
  if (typeof json === 'number') return Number.isInteger(json) ? 'integer' : 'float';
  return json === null ? 'none' : 'string';
}
