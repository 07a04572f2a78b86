import {
  accept,
  type CoapMessage,
  Code,
  contentFormat,
  Option,
  observeValue,
  option,
  type ResponseSpec,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import {
  attributeFault,
  ContentFormat,
  chooseFormat,
  type EnablerVersion,
  encodeContent,
  formatLinks,
  fromRequest,
  type LwM2mPath,
  level,
  type Operation,
  type OperationRequest,
  PathLevel,
  parsePath,
  type ResourceRecord,
  ROOT_PATH,
  segments,
  successCode,
} from '@reeve/lwm2m';
import { denialOf, type Permissions, readable } from './access-control.ts';
import { type AttributeTable, type SetAttributes, setAttributes } from './attributes.ts';
import { type Creatable, createInstance, deleteInstance } from './creation.ts';
import { resourceType } from './enabler.ts';
import { type DeviceModel, isSecret } from './model.ts';
import { ServerResource } from './objects/server.ts';
import { type Outcome, refusal } from './outcome.ts';

const METHODS: ReadonlyMap<number, OperationRequest['method']> = new Map([
  [Code.Get, 'GET'],
  [Code.Put, 'PUT'],
  [Code.Post, 'POST'],
  [Code.Delete, 'DELETE'],
  [Code.Fetch, 'FETCH'],
  [Code.Ipatch, 'IPATCH'],
] as const);

/** What a server's requests work on. */
export interface ServedDevice {
  readonly model: DeviceModel;
  /** What the server may do. */
  readonly permissions: Permissions;
  readonly attributes: AttributeTable;
  readonly creatable: Creatable;
  /** The version of LwM2M that the registration agreed on. */
  readonly enabler: EnablerVersion;
  /** Whether it has a bootstrap account, so that a server can send it there. */
  readonly hasBootstrap: boolean;
}

type ReadKind = keyof typeof READ_KINDS;

/** An operation that changes something, or does something. */
type Deed = Exclude<Operation, { kind: ReadKind | 'discover' }>;

/** What was done with a request. */
export type Served =
  | { readonly kind: 'refused'; readonly code: number; readonly detail: string }
  | { readonly kind: 'discovered'; readonly payload: Uint8Array }
  | ReadAnswer
  | {
      readonly kind: 'done';
      readonly operation: Deed;
      readonly code: number;
      /** The instance that a Create made, if its id was left to the device. */
      readonly location?: LwM2mPath;
    };

/** What is read or observed. */
export interface ReadTarget {
  /** The node; the root for a composite. */
  readonly path: LwM2mPath;
  /** The nodes of a composite; otherwise the one. */
  readonly paths: readonly LwM2mPath[];
}

/** Content for a Read, or for the beginning or end of an observation. */
export interface ReadAnswer extends ReadTarget {
  readonly kind: 'read' | 'observe' | 'cancelObserve';
  readonly format: number;
  readonly payload: Uint8Array;
  readonly records: readonly ResourceRecord[];
  /** What an Observe says about when to notify, in place of all attached attributes. */
  readonly parameters?: SetAttributes;
}

/** Does what a server asks for (OMA Core §6.3, §6.4; Transport §6.4.4). */
export function serve(message: CoapMessage, device: ServedDevice): Served {
  const outcome = attend(message, device);
  return outcome.ok ? outcome.served : { kind: 'refused', code: outcome.code, detail: outcome.detail };
}

function attend(message: CoapMessage, device: ServedDevice): Outcome<{ readonly served: Served }> {
  const method = METHODS.get(message.code);
  const uri = uriPath(message);
  const path = parsePath(`/${uri.join('/')}`);
  if (path === undefined) return refusal(Code.NotFound, `there is no /${uri.join('/')}`);
  if (method === undefined) return refusal(Code.MethodNotAllowed, `method ${message.code} on ${path}`);
  if (isSecret(path)) return refusal(Code.Unauthorized, `${path} is for no server`);
  if (!device.model.has(path)) return refusal(Code.NotFound, `there is no ${path}`);
  const accepted = accept(message);
  const format = contentFormat(message);
  const observe = observeValue(message);
  const parsed = fromRequest(
    {
      method,
      path: uri,
      query: uriQuery(message),
      payload: message.payload,
      ...(format !== undefined && { contentFormat: format }),
      ...(accepted !== undefined && { accept: accepted }),
      ...((observe === 0 || observe === 1) && { observe }),
    },
    { resourceType },
  );
  if (!parsed.ok) return refusal(parsed.error.code, parsed.error.detail);
  const denied = denialOf(parsed.operation, device.permissions);
  if (denied !== undefined) return denied;
  return carryOut(parsed.operation, device);
}

function carryOut(operation: Operation, device: ServedDevice): Outcome<{ readonly served: Served }> {
  const { model, attributes, creatable, enabler } = device;
  switch (operation.kind) {
    case 'read':
    case 'observe':
    case 'cancelObserve': {
      const { path } = operation;
      return read(operation, { path, paths: [path] }, operation.accept ?? defaultFormat(path, device), device);
    }
    case 'readComposite':
    case 'observeComposite':
    case 'cancelObserveComposite': {
      const format = operation.accept ?? ContentFormat.senmlCbor;
      if (!OF_SEVERAL_OBJECTS.has(format)) return refusal(Code.NotAcceptable, `content format ${format} of composites`);
      return read(operation, { path: ROOT_PATH, paths: operation.paths }, format, device);
    }
    case 'writeReplace':
    case 'writePartial': {
      const { kind, path, records } = operation;
      return done(operation, model.write(path, records, kind === 'writeReplace' ? 'replace' : 'partial'));
    }
    case 'writeComposite':
      return done(operation, model.writeComposite(operation.records));
    case 'discover':
      return discover(operation.path, operation.depth, model, attributes);
    case 'writeAttributes': {
      const { path } = operation;
      const type = resourceType(path);
      const fault = attributeFault(operation.attributes, { path, enabler, ...(type !== undefined && { type }) });
      if (fault !== undefined) return refusal(Code.BadRequest, fault);
      return done(operation, attributes.write(path, operation.attributes));
    }
    case 'execute':
      if (isBootstrapTrigger(operation.path) && !device.hasBootstrap) {
        return refusal(Code.MethodNotAllowed, 'there is no bootstrap account');
      }
      return done(operation, model.execute(operation.path, operation.args));
    case 'create': {
      const made = createInstance(model, creatable, operation);
      if (!made.ok) return made;
      model.add(made.instance);
      const location = operation.instanceId === undefined ? { location: made.instance.path } : {};
      return { ok: true, served: { kind: 'done', operation, code: successCode(operation), ...location } };
    }
    case 'delete':
      return done(operation, deleteInstance(model, creatable, operation.path));
  }
}

function isBootstrapTrigger(path: LwM2mPath): boolean {
  const [objectId, , resourceId] = segments(path);
  return objectId === 1 && resourceId === ServerResource.bootstrapTrigger;
}

/** Formats whose content can tell of several objects. */
const OF_SEVERAL_OBJECTS: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
]);

const READ_KINDS = {
  read: 'read',
  readComposite: 'read',
  observe: 'observe',
  observeComposite: 'observe',
  cancelObserve: 'cancelObserve',
  cancelObserveComposite: 'cancelObserve',
} as const satisfies Partial<Record<Operation['kind'], ReadAnswer['kind']>>;

function read(
  operation: Extract<Operation, { kind: ReadKind }>,
  target: ReadTarget,
  format: number,
  device: ServedDevice,
): Outcome<{ readonly served: ReadAnswer }> {
  const { enabler } = device;
  const asked = 'attributes' in operation ? operation.attributes : undefined;
  if (asked !== undefined && enabler !== '1.2') {
    return refusal(Code.BadRequest, `Observe takes parameters since LwM2M 1.2; this is ${enabler}`);
  }
  const content = readContent(target, format, device);
  if (!content.ok) return content;
  const { ok, ...answer } = content;
  const parameters = asked === undefined ? {} : { parameters: setAttributes(asked) };
  return { ok, served: { kind: READ_KINDS[operation.kind], ...target, ...answer, ...parameters } };
}

function done(
  operation: Extract<Served, { kind: 'done' }>['operation'],
  outcome: Outcome,
): Outcome<{ readonly served: Served }> {
  return outcome.ok ? { ok: true, served: { kind: 'done', operation, code: successCode(operation) } } : outcome;
}

/** What a server may read of a target, in one content format. */
export function readContent(
  { path, paths }: ReadTarget,
  format: number,
  { model, permissions }: Pick<ServedDevice, 'model' | 'permissions'>,
): Outcome<{ readonly format: number; readonly payload: Uint8Array; readonly records: readonly ResourceRecord[] }> {
  const read = path === ROOT_PATH ? model.readComposite(paths) : model.read(path);
  const permitted = read.ok ? readable(read.records, permissions) : read;
  if (!permitted.ok) return permitted;
  const { records } = permitted;
  const content = encodeContent({ format, path, records });
  if (!content.ok) return refusal(Code.NotAcceptable, `content format ${format}: ${content.error.detail}`);
  return { ok: true, format, payload: content.bytes, records };
}

/** What goes out when the server names no format. */
function defaultFormat(path: LwM2mPath, { model, enabler }: ServedDevice): number {
  const definition = level(path) >= PathLevel.resource ? model.slot(path)?.definition : undefined;
  const { type, multiple } = definition ?? {};
  return chooseFormat({
    path,
    enabler,
    ...(type !== undefined && { type }),
    ...(multiple !== undefined && { multiple }),
  });
}

/** The options and payload of a successful answer or notification. */
export function contentResponse({ format, payload }: Pick<ReadAnswer, 'format' | 'payload'>): ResponseSpec {
  return { code: Code.Content, options: [option(Option.ContentFormat, format)], payload };
}

function discover(
  path: LwM2mPath,
  depth: number | undefined,
  model: DeviceModel,
  attributes: AttributeTable,
): Outcome<{ readonly served: Served }> {
  const found = model.discover(path, depth);
  if (!found.ok) return found;
  const links = found.nodes.map((node) => {
    // What was asked for is shown with what it inherits, what lies below it with its own (OMA Core §6.3.2).
    const held = node.path === path ? attributes.allHolding(path) : attributes.at(node.path);
    return {
      target: node.path,
      params: [
        ...(node.dimension === undefined ? [] : [['dim', String(node.dimension)] as const]),
        ...Object.entries(held).map(([name, value]) => [name, String(value)] as const),
      ],
    };
  });
  return { ok: true, served: { kind: 'discovered', payload: Buffer.from(formatLinks(links)) } };
}
