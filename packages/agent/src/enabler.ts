import {
  DefinitionStore,
  defaultVersion,
  type EnablerVersion,
  type ObjectDefinition,
  type TypeLookup,
} from '@reeve/lwm2m';

/** The version of LwM2M that this client speaks. Its objects have the versions that go with it, so none is named. */
export const ENABLER: EnablerVersion = '1.1';

const DEFINITIONS = new DefinitionStore();

/**
 * The definition of an object in the version that goes with {@link ENABLER}.
 *
 * @throws RangeError when no definition of the object is known
 */
export function definitionOf(objectId: number): ObjectDefinition {
  const found = DEFINITIONS.find(objectId, defaultVersion(ENABLER, objectId));
  if (found === undefined) throw new RangeError(`object ${objectId} has no definition`);
  return found;
}

const typeOf = DEFINITIONS.resourceTypes((objectId) => defaultVersion(ENABLER, objectId));

/** The types that content of this device is read with; what can only be executed has no content, thus no type. */
export const resourceType: TypeLookup = (path) => {
  const type = typeOf(path);
  return type === 'none' ? undefined : type;
};
