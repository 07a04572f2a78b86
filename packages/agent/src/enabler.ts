import {
  DefinitionStore,
  defaultVersion,
  type EnablerVersion,
  type ObjectDefinition,
  type TypeLookup,
} from '@reeve/lwm2m';

/** The version of LwM2M whose objects this client has; in a registration of another one their links name versions. */
const OBJECTS_OF: EnablerVersion = '1.1';

const DEFINITIONS = new DefinitionStore();

/**
 * Where another version than the one that LwM2M implies: Firmware Update that can be cancelled and deferred, and object
 * 21 in version 2, since the strings of version 1 can not hold bytes.
 */
const OWN_VERSIONS: Readonly<Record<number, string>> = { 5: '1.1', 21: '2.0' };

const versionOf = (objectId: number): string => OWN_VERSIONS[objectId] ?? defaultVersion(OBJECTS_OF, objectId);

/**
 * The definition of an object in the version that this client has.
 *
 * @throws RangeError when no definition of the object is known
 */
export function definitionOf(objectId: number): ObjectDefinition {
  const found = DEFINITIONS.find(objectId, versionOf(objectId));
  if (found === undefined) throw new RangeError(`object ${objectId} has no definition`);
  return found;
}

const typeOf = DEFINITIONS.resourceTypes(versionOf);

/** The types that content of this device is read with; what can only be executed has no content, thus no type. */
export const resourceType: TypeLookup = (path) => {
  const type = typeOf(path);
  return type === 'none' ? undefined : type;
};
