/** The definitions that a program knows, by object and version. */

import { type LwM2mPath, segments } from '../path.ts';
import type { ResourceType } from '../value.ts';
import type { ObjectDefinition, ResourceDefinition } from './definition.ts';
import { SHIPPED_DEFINITIONS } from './shipped.ts';

/** Which version of an object a device has; undefined where it said nothing. */
export type VersionOf = (objectId: number) => string | undefined;

/** Definitions by (object, version). What it does not know is undefined, never an error: devices have objects of their own. */
export class DefinitionStore {
  /** The versions of an object oldest first. */
  private readonly objects = new Map<number, Map<string, ObjectDefinition>>();

  constructor(definitions: Iterable<ObjectDefinition> = SHIPPED_DEFINITIONS) {
    for (const definition of definitions) this.add(definition);
  }

  /** Knows a definition from now on, in the place of one of the same object and version. */
  add(definition: ObjectDefinition): void {
    const versions = this.objects.get(definition.id) ?? new Map<string, ObjectDefinition>();
    versions.set(definition.version, definition);
    this.objects.set(definition.id, new Map([...versions].sort(([a], [b]) => compareVersions(a, b))));
  }

  /** Forgets a definition. */
  remove(objectId: number, version: string): void {
    const versions = this.objects.get(objectId);
    if (versions?.delete(version) && versions.size === 0) this.objects.delete(objectId);
  }

  /** Every definition, by object and version. */
  all(): ObjectDefinition[] {
    return [...this.objects].sort(([a], [b]) => a - b).flatMap(([, versions]) => [...versions.values()]);
  }

  /** An object in the given version; in its newest for no version, and for a version of the same major number that is not known. */
  find(objectId: number, version?: string): ObjectDefinition | undefined {
    const versions = this.objects.get(objectId);
    const exact = version === undefined ? undefined : versions?.get(version);
    return exact ?? this.newest(objectId, version?.split('.', 1)[0]);
  }

  /**
   * A resource of an object in the given version. Where only a newer version has it, that one is given: devices leave
   * the version out of their registration and have the resource nevertheless.
   */
  resource(objectId: number, resourceId: number, version?: string): ResourceDefinition | undefined {
    const object = this.find(objectId, version);
    if (!object) return undefined;
    const found = object.resources.get(resourceId);
    return found ?? this.newest(objectId, object.version.split('.', 1)[0])?.resources.get(resourceId);
  }

  /** The lookup that content formats need, for one device. */
  resourceTypes(versionOf: VersionOf = () => undefined): (path: LwM2mPath) => ResourceType | undefined {
    return (path) => {
      const [objectId, , resourceId] = segments(path);
      if (objectId === undefined || resourceId === undefined) return undefined;
      return this.resource(objectId, resourceId, versionOf(objectId))?.type;
    };
  }

  private newest(objectId: number, major: string | undefined): ObjectDefinition | undefined {
    const versions = [...(this.objects.get(objectId)?.values() ?? [])];
    return versions.findLast((one) => major === undefined || one.version.startsWith(`${major}.`));
  }
}

function compareVersions(a: string, b: string): number {
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}
