import type { CommandOperation } from '@reeve/contract';
import {
  allows,
  attributeFault,
  level,
  NONE,
  type OperationKind,
  PathLevel,
  parseExecuteArgs,
  parsePath,
  ROOT_PATH,
} from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { LinkBody, LinkOperation, LinkRecord } from '../link/port.ts';
import type { InstanceChange } from '../registry/instances.ts';
import { checkSince, enablerOf, type ModelOf, type Models, toStored } from '../telemetry/models.ts';

type Composite = Extract<CommandOperation, { kind: 'read-composite' | 'write-composite' }>;
type Create = Extract<CommandOperation, { kind: 'create' }>;
type WriteAttributes = Extract<CommandOperation, { kind: 'write-attributes' }>;

/** Whether doing it twice is doing it once: such a command is simply sent again when its answer is lost. */
export function isIdempotent(operation: CommandOperation): boolean {
  switch (operation.kind) {
    case 'read':
    case 'read-composite':
    case 'write-composite':
    case 'discover':
    case 'write-attributes':
      return true;
    case 'write':
      return operation.mode === 'replace';
    case 'execute':
    case 'create':
    case 'delete':
      return false;
  }
}

/** Whether the device is the same afterwards: nothing could have come of it if its answer is lost. */
export function changesNothing({ kind }: CommandOperation): boolean {
  return kind === 'read' || kind === 'read-composite' || kind === 'discover';
}

/**
 * The operation as the link performs it, its values typed by the object's definition.
 * @throws ReeveError `invalid-value` naming the path and what was expected
 */
export function linkOperationOf(
  operation: CommandOperation,
  models: Models,
  registration: ModelOf | undefined,
): LinkOperation {
  if (operation.kind === 'read-composite' || operation.kind === 'write-composite') {
    return compositeOf(operation, models, registration);
  }
  const { kind, path } = operation;
  switch (kind) {
    case 'read':
      checkLevel(kind, path);
      return operation;
    case 'discover':
      checkLevel(kind, path);
      if (operation.depth !== undefined) checkSince('The depth of a Discover needs', '1.2', registration);
      return operation;
    case 'write-attributes':
      return checkAttributes(operation, models, registration);
    case 'execute': {
      checkLevel(kind, path);
      const parsed = parseExecuteArgs(operation.arguments ?? '');
      if (parsed.ok) return operation;
      throw new ReeveError('invalid-value', `${path} takes no such arguments: ${parsed.error.detail}`);
    }
    case 'create': {
      const { instanceId } = operation;
      checkCreate(operation, registration);
      const instance = `${path}/${instanceId ?? 0}`;
      const values = operation.values.map((value) => ({ ...value, path: `${instance}${value.path}` }));
      return {
        ...{ kind, path, records: recordsOf(instance, values, models, registration) },
        ...(instanceId === undefined ? {} : { instanceId }),
      };
    }
    case 'delete':
      checkDelete(path, registration);
      return operation;
    case 'write':
      checkLevel(operation.mode === 'replace' ? 'writeReplace' : 'writePartial', path);
      return { kind, mode: operation.mode, path, records: recordsOf(path, operation.values, models, registration) };
  }
}

function compositeOf(operation: Composite, models: Models, registration: ModelOf | undefined): LinkOperation {
  checkSince('Several paths at once need', '1.1', registration);
  if (operation.kind === 'read-composite') return operation;
  const { inPieces = false } = operation;
  const records = operation.values.map((written): LinkRecord => {
    const { path, value, secret } = written;
    if (value !== null || secret) return { path, stored: models.storedOf(written, registration) };
    if (inPieces) throw new ReeveError('invalid-value', `${path} can't be removed in pieces: only written`);
    const at = parsePath(path);
    if (at === undefined || level(at) !== PathLevel.resourceInstance) {
      throw new ReeveError('invalid-value', `Only a resource instance can be removed so, not ${path}`);
    }
    checkSince('Removing a resource instance needs', '1.2', registration);
    return { path, stored: toStored(NONE) };
  });
  return { kind: 'write-composite', records, ...(inPieces && { inPieces }) };
}

/** @throws ReeveError `invalid-value` for a path of a level that the operation can't be asked of */
function checkLevel(kind: OperationKind, path: string): void {
  const parsed = parsePath(path);
  if (parsed !== undefined && allows(kind, parsed)) return;
  throw new ReeveError('invalid-value', `${path} is nothing to ${VERBS[kind] ?? kind}`);
}

const VERBS: Readonly<Partial<Record<OperationKind, string>>> = {
  discover: 'discover',
  read: 'read',
  execute: 'execute',
  writeReplace: 'write',
  writePartial: 'merge values into',
  writeAttributes: 'attach attributes to',
};

function checkAttributes(
  operation: WriteAttributes,
  models: Models,
  registration: ModelOf | undefined,
): WriteAttributes {
  checkLevel('writeAttributes', operation.path);
  const path = parsePath(operation.path) ?? ROOT_PATH;
  if (Object.keys(operation.attributes).length === 0) throw new ReeveError('invalid-value', 'No attribute is given');
  const type = models.resourceAt(path, registration)?.type;
  // Of a device that never registered nothing is known yet: what it can't do is found out when the command is sent.
  const enabler = registration ? enablerOf(registration.version) : '1.2';
  const fault = attributeFault(operation.attributes, { path, enabler, ...(type === undefined ? {} : { type }) });
  if (fault === undefined) return operation;
  throw new ReeveError('invalid-value', fault);
}

/** A device is not asked for what it never announced. @throws ReeveError `invalid-value` */
function checkCreate({ path, instanceId }: Create, registration: ModelOf | undefined): void {
  if (!/^\/\d+$/.test(path)) throw new ReeveError('invalid-value', `${path} is no object, e.g. /5`);
  if (!registration) return;
  const object = registration.objects.find(({ objectId }) => path === `/${objectId}`);
  if (!object) throw new ReeveError('invalid-value', `The device has no object ${path}`);
  if (instanceId !== undefined && object.instances.includes(instanceId)) {
    throw new ReeveError('invalid-value', `The device has ${path}/${instanceId} already`);
  }
}

/** @throws ReeveError `invalid-value` */
function checkDelete(path: string, registration: ModelOf | undefined): void {
  const [, objectId, instanceId, , resourceInstanceId] = path.split('/');
  const depth = path.split('/').length - 1;
  if (depth !== 2 && depth !== 4) {
    throw new ReeveError('invalid-value', `${path} is neither an object instance, e.g. /5/0, nor a resource instance`);
  }
  if (!registration) return;
  if (resourceInstanceId !== undefined) checkSince('Deleting a resource instance needs', '1.2', registration);
  const object = registration.objects.find((one) => objectId === `${one.objectId}`);
  if (!object?.instances.some((id) => instanceId === `${id}`)) {
    throw new ReeveError('invalid-value', `The device has no /${objectId}/${instanceId}`);
  }
}

/** The values of a command, typed. @throws ReeveError `invalid-value` */
function recordsOf(
  path: string,
  values: Extract<CommandOperation, { kind: 'write' }>['values'],
  models: Models,
  registration: ModelOf | undefined,
): LinkRecord[] {
  return values.map((written) => {
    const { path: at } = written;
    if (at !== path && !at.startsWith(path === '/' ? path : `${path}/`)) {
      throw new ReeveError('invalid-value', `${at} is not at or below ${path}, which is written`);
    }
    return { path: at, stored: models.storedOf(written, registration) };
  });
}

/** What was read, as a report names it: of several paths each object is a sample of its own, as in a Send. */
export function readPathOf(operation: CommandOperation): string | undefined {
  if (operation.kind === 'read') return operation.path;
  return operation.kind === 'read-composite' ? ROOT_PATH : undefined;
}

/** A lifetime, in the Server object (OMA Core, object 1). */
const LIFETIME = /^(\/1\/\d+)\/1$/;
/** As in a registration: what could not be registered with is no lifetime, whatever a device makes of it. */
const SECONDS = /^\d{1,10}$/;

/** The object instance that a success made, took away, or gave another lifetime; if the device named it. */
export function instanceChangeOf(operation: CommandOperation, body: LinkBody): InstanceChange | undefined {
  switch (operation.kind) {
    case 'create': {
      if (body.kind === 'created') return { kind: 'created', path: body.path };
      const { path, instanceId } = operation;
      return instanceId === undefined ? undefined : { kind: 'created', path: `${path}/${instanceId}` };
    }
    case 'delete':
      return operation.path.split('/').length === 3 ? { kind: 'deleted', path: operation.path } : undefined;
    case 'write':
    case 'write-composite': {
      const written = operation.values.findLast(({ path }) => LIFETIME.test(path));
      const [, path] = LIFETIME.exec(written?.path ?? '') ?? [];
      const lifetime = written?.value;
      if (path === undefined || typeof lifetime !== 'number' || !SECONDS.test(`${lifetime}`)) return undefined;
      return { kind: 'lifetime', path, lifetime };
    }
    default:
      return undefined;
  }
}
