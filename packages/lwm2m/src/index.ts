/** Model, content formats and operations of OMA LwM2M; no I/O, no dependencies, also for browsers. */

export {
  ATTRIBUTES,
  type AttributeName,
  type Attributes,
  attributeFault,
  contradictionOf,
  formatAttributes,
  parseAttributes,
} from './attributes.ts';
export {
  type BootstrapInventory,
  type BootstrapOperation,
  bootstrapInventory,
  encodeBootstrapPack,
  PACK_FORMATS,
  parseBootstrapPackQuery,
  parseBootstrapQuery,
  toBootstrapRequest,
} from './bootstrap.ts';
export { type RequestError, type RequestResult, ResponseCode } from './codes.ts';
export { type ObjectDefinition, type Operations, type ResourceDefinition, urnOf } from './definitions/definition.ts';
export { plainName, readDefinitions, writeDefinition } from './definitions/notation.ts';
export { SHIPPED_DEFINITIONS } from './definitions/shipped.ts';
export { DefinitionStore, type VersionOf } from './definitions/store.ts';
export { type ExecuteArg, formatExecuteArgs, parseExecuteArgs } from './execute-args.ts';
export {
  chooseFormat,
  compositeAccept,
  compositeCandidates,
  type FormatQuestion,
  formatCandidates,
} from './format-choice.ts';
export { type ContentInput, type ContentOutput, decodeContent, encodeContent, encodePaths } from './formats/codec.ts';
export {
  ContentFormat,
  type FormatError,
  type FormatResult,
  type ResourceRecord,
  type TypeLookup,
} from './formats/content.ts';
export { KnownPacks, type PackForm, type PackValues } from './formats/known-packs.ts';
export type { NewInstance } from './formats/new-instance.ts';
export { resolveTime } from './formats/senml.ts';
export {
  type DiscoveredNode,
  discoveredNodes,
  formatLinks,
  type Link,
  linkParam,
  parseLinks,
  parseRegistrationObjects,
  type RegisteredObject,
  type RegistrationObjects,
} from './link-format.ts';
export {
  allows,
  isIdempotent,
  type Operation,
  type OperationKind,
  type OperationRequest,
  successCode,
} from './operations/operation.ts';
export { fromRequest, type RequestContext } from './operations/reading.ts';
export { toRequest } from './operations/request.ts';
export {
  isPrefixOf,
  join,
  type LwM2mPath,
  level,
  PathLevel,
  parent,
  parsePath,
  path,
  ROOT_PATH,
  segments,
} from './path.ts';
export { parseRegisterQuery, parseUpdateQuery, type RegisterQuery, type UpdateQuery } from './registration.ts';
export {
  coerce,
  equalValues,
  formatValue,
  type Int,
  int,
  NONE,
  type ObjectLink,
  RESOURCE_TYPES,
  type ResourceType,
  type Value,
  type ValueJson,
  valueFromJson,
  valueToJson,
} from './value.ts';
export { defaultVersion, ENABLER_VERSIONS, type EnablerVersion } from './version.ts';
