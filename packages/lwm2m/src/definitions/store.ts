/** The definitions that a program knows, by object and version. */

import { type LwM2mPath, segments } from '../path.ts';
import type { ResourceType } from '../value.ts';
import { accessControl, security, server } from './accounts.ts';
import { firmwareUpdate, lockAndWipe } from './control.ts';
import { expand, type ObjectDefinition, type ResourceDefinition } from './definition.ts';
import { connectivityMonitoring, connectivityStatistics, device, location } from './device.ts';

/** Every version of the objects 0 … 8. */
export const CORE_OBJECTS: readonly ObjectDefinition[] = [
  security,
  server,
  accessControl,
  device,
  connectivityMonitoring,
  firmwareUpdate,
  location,
  connectivityStatistics,
  lockAndWipe,
].flatMap(expand);

/** Which version of an object a device has; undefined where it said nothing. */
export type VersionOf = (objectId: number) => string | undefined;

/** Definitions by (object, version). What it does not know is undefined, never an error: devices have objects of their own. */
export class DefinitionStore {
  private readonly objects = new Map<number, Map<string, ObjectDefinition>>();

  /** @param definitions oldest version of an object first */
  constructor(definitions: Iterable<ObjectDefinition> = CORE_OBJECTS) {
    for (const definition of definitions) {
      const versions = this.objects.get(definition.id) ?? new Map<string, ObjectDefinition>();
      this.objects.set(definition.id, versions.set(definition.version, definition));
    }
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
    return (
      object?.resources.get(resourceId) ??
      this.newest(objectId, object?.version.split('.', 1)[0])?.resources.get(resourceId)
    );
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
