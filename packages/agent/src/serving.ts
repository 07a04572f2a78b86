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
  chooseFormat,
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
  successCode,
} from '@reeve/lwm2m';
import type { AttributeTable } from './attributes.ts';
import { type Creatable, createInstance, deleteInstance } from './creation.ts';
import { ENABLER, resourceType } from './enabler.ts';
import { type DeviceModel, isSecret } from './model.ts';
import { type Outcome, refusal } from './outcome.ts';

/** Methods that LwM2M clients of version 1.0 know. */
const METHODS: ReadonlyMap<number, OperationRequest['method']> = new Map([
  [Code.Get, 'GET'],
  [Code.Put, 'PUT'],
  [Code.Post, 'POST'],
  [Code.Delete, 'DELETE'],
] as const);

/** An operation on one path. */
type SingleOperation = Extract<Operation, { readonly path: LwM2mPath }>;

/** What a server's requests work on. */
export interface ServedDevice {
  readonly model: DeviceModel;
  readonly attributes: AttributeTable;
  readonly creatable: Creatable;
}

/** What was done with a request. */
export type Served =
  | { readonly kind: 'refused'; readonly code: number; readonly detail: string }
  | { readonly kind: 'discovered'; readonly payload: Uint8Array }
  | ReadAnswer
  | {
      readonly kind: 'done';
      readonly operation: Exclude<SingleOperation, { kind: 'read' | 'observe' | 'cancelObserve' | 'discover' }>;
      readonly code: number;
      /** The instance that a Create made, if its id was left to the device. */
      readonly location?: LwM2mPath;
    };

/** Content for a Read, or for the beginning or end of an observation. */
export interface ReadAnswer {
  readonly kind: 'read' | 'observe' | 'cancelObserve';
  readonly path: LwM2mPath;
  readonly format: number;
  readonly payload: Uint8Array;
  readonly records: readonly ResourceRecord[];
}

/** Does what a server asks for (OMA Core §6.3, §6.4; Transport §6.4.4). */
export function serve(message: CoapMessage, device: ServedDevice): Served {
  const outcome = attend(message, device);
  return outcome.ok ? outcome.served : { kind: 'refused', code: outcome.code, detail: outcome.detail };
}

function attend(message: CoapMessage, device: ServedDevice): Outcome<{ readonly served: Served }> {
  const method = METHODS.get(message.code);
  const segments = uriPath(message);
  const path = parsePath(`/${segments.join('/')}`);
  if (path === undefined) return refusal(Code.NotFound, `there is no /${segments.join('/')}`);
  if (method === undefined || path === '/') return refusal(Code.MethodNotAllowed, `method ${message.code} on ${path}`);
  if (isSecret(path)) return refusal(Code.Unauthorized, `${path} is for no server`);
  if (!device.model.has(path)) return refusal(Code.NotFound, `there is no ${path}`);
  const accepted = accept(message);
  const format = contentFormat(message);
  const observe = observeValue(message);
  const parsed = fromRequest(
    {
      method,
      path: segments,
      query: uriQuery(message),
      payload: message.payload,
      ...(format !== undefined && { contentFormat: format }),
      ...(accepted !== undefined && { accept: accepted }),
      ...((observe === 0 || observe === 1) && { observe }),
    },
    { resourceType },
  );
  if (!parsed.ok) return refusal(parsed.error.code, parsed.error.detail);
  const { operation } = parsed;
  return 'path' in operation
    ? carryOut(operation, device)
    : refusal(Code.MethodNotAllowed, `${operation.kind} is not known`);
}

function carryOut(
  operation: SingleOperation,
  { model, attributes, creatable }: ServedDevice,
): Outcome<{ readonly served: Served }> {
  const { kind, path } = operation;
  switch (kind) {
    case 'read':
    case 'observe':
    case 'cancelObserve': {
      const content = readContent(path, operation.accept ?? defaultFormat(path, model), model);
      return content.ok ? { ok: true, served: { kind, path, ...content } } : content;
    }
    case 'writeReplace':
    case 'writePartial':
      return done(operation, model.write(path, operation.records, kind === 'writeReplace' ? 'replace' : 'partial'));
    case 'discover':
      return discover(path, operation.depth, model, attributes);
    case 'writeAttributes': {
      const type = resourceType(path);
      const fault = attributeFault(operation.attributes, {
        path,
        enabler: ENABLER,
        ...(type !== undefined && { type }),
      });
      if (fault !== undefined) return refusal(Code.BadRequest, fault);
      return done(operation, attributes.write(path, operation.attributes));
    }
    case 'execute':
      return done(operation, model.execute(path, operation.args));
    case 'create': {
      const made = createInstance(model, creatable, operation);
      if (!made.ok) return made;
      model.add(made.instance);
      const location = operation.instanceId === undefined ? { location: made.instance.path } : {};
      return { ok: true, served: { kind: 'done', operation, code: successCode(operation), ...location } };
    }
    case 'delete':
      return done(operation, deleteInstance(model, creatable, path));
  }
}

function done(
  operation: Extract<Served, { kind: 'done' }>['operation'],
  outcome: Outcome,
): Outcome<{ readonly served: Served }> {
  return outcome.ok ? { ok: true, served: { kind: 'done', operation, code: successCode(operation) } } : outcome;
}

/** What a path holds, in one content format. */
export function readContent(
  path: LwM2mPath,
  format: number,
  model: DeviceModel,
): Outcome<{ readonly format: number; readonly payload: Uint8Array; readonly records: readonly ResourceRecord[] }> {
  const read = model.read(path);
  if (!read.ok) return read;
  const { records } = read;
  const content = encodeContent({ format, path, records });
  if (!content.ok) return refusal(Code.NotAcceptable, `content format ${format}: ${content.error.detail}`);
  return { ok: true, format, payload: content.bytes, records };
}

/** What goes out when the server names no format. */
function defaultFormat(path: LwM2mPath, model: DeviceModel): number {
  const definition = level(path) >= PathLevel.resource ? model.slot(path)?.definition : undefined;
  const { type, multiple } = definition ?? {};
  return chooseFormat({
    path,
    enabler: ENABLER,
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
  const links = found.nodes.map((node) => ({
    target: node.path,
    params: [
      ...(node.dimension === undefined ? [] : [['dim', String(node.dimension)] as const]),
      ...Object.entries(attributes.at(node.path)).map(([name, value]) => [name, String(value)] as const),
    ],
  }));
  return { ok: true, served: { kind: 'discovered', payload: Buffer.from(formatLinks(links)) } };
}
