/** Device management operations as data, and the CoAP requests that carry them (OMA Transport §6.4.4, §6.4.5). */

import { type Attributes, formatAttributes, parseAttributes } from './attributes.ts';
import { type RequestError, type RequestResult, ResponseCode, reject } from './codes.ts';
import { type ExecuteArg, formatExecuteArgs, parseExecuteArgs } from './execute-args.ts';
import { decodeContent, encodeContent } from './formats/codec.ts';
import {
  attempt,
  ContentFormat,
  decodeUtf8,
  encodeUtf8,
  type FormatError,
  type FormatResult,
  type ResourceRecord,
  type TypeLookup,
} from './formats/content.ts';
import { decodeNewInstance, encodeNewInstance, type NewInstance } from './formats/new-instance.ts';
import { type LwM2mPath, level, PathLevel, parsePath } from './path.ts';

/** One operation. `accept` and `format` are content formats, see `chooseFormat`. */
export type Operation =
  | { readonly kind: 'read'; readonly path: LwM2mPath; readonly accept?: number }
  | { readonly kind: 'observe'; readonly path: LwM2mPath; readonly accept?: number }
  | { readonly kind: 'cancelObserve'; readonly path: LwM2mPath; readonly accept?: number }
  | {
      /** Replace: what the records leave out is removed. */
      readonly kind: 'writeReplace';
      readonly path: LwM2mPath;
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    }
  | {
      /** Partial: what the records leave out stays. */
      readonly kind: 'writePartial';
      readonly path: LwM2mPath;
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    }
  | {
      readonly kind: 'discover';
      readonly path: LwM2mPath;
      /** How many levels below the path are wanted, 0 … 3; since 1.2, older devices ignore it. */
      readonly depth?: number;
    }
  | { readonly kind: 'writeAttributes'; readonly path: LwM2mPath; readonly attributes: Attributes }
  | ({ readonly kind: 'create'; readonly format: number } & NewInstance)
  | { readonly kind: 'delete'; readonly path: LwM2mPath }
  | { readonly kind: 'execute'; readonly path: LwM2mPath; readonly args: readonly ExecuteArg[] };

export type OperationKind = Operation['kind'];

/** A CoAP request, as far as LwM2M decides about it. */
export interface OperationRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Uri-Path options, the alternate path included. */
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly observe?: 0 | 1;
  readonly payload: Uint8Array;
}

/** What every kind of operation promises: its method, its success, and whether repeating it changes nothing more. */
const KINDS = {
  read: { method: 'GET', success: ResponseCode.content, idempotent: true },
  observe: { method: 'GET', success: ResponseCode.content, idempotent: true },
  cancelObserve: { method: 'GET', success: ResponseCode.content, idempotent: true },
  writeReplace: { method: 'PUT', success: ResponseCode.changed, idempotent: true },
  writePartial: { method: 'POST', success: ResponseCode.changed, idempotent: false },
  discover: { method: 'GET', success: ResponseCode.content, idempotent: true },
  writeAttributes: { method: 'PUT', success: ResponseCode.changed, idempotent: true },
  create: { method: 'POST', success: ResponseCode.created, idempotent: false },
  delete: { method: 'DELETE', success: ResponseCode.deleted, idempotent: false },
  execute: { method: 'POST', success: ResponseCode.changed, idempotent: false },
} as const satisfies Record<OperationKind, unknown>;

/** Whether an operation may be sent again when its outcome is unknown. */
export function isIdempotent(operation: Pick<Operation, 'kind'>): boolean {
  return KINDS[operation.kind].idempotent;
}

/** The code that says that it was carried out: 2.05 for values, 2.04 for changes. */
export function successCode(operation: Pick<Operation, 'kind'>): ResponseCode {
  return KINDS[operation.kind].success;
}

const NO_PAYLOAD = new Uint8Array(0);

/**
 * The request that asks a device for an operation.
 * @param rootPath the device's alternate path, `/` for none
 * @returns an error for records that the format can't carry, arguments that have no form, or a path of the wrong level
 */
export function toRequest(operation: Operation, rootPath = '/'): FormatResult<{ readonly request: OperationRequest }> {
  const { kind } = operation;
  const { method } = KINDS[kind];
  const path = [...uriPath(rootPath), ...uriPath(operation.path)];
  const request = (more: Partial<OperationRequest>): FormatResult<{ readonly request: OperationRequest }> => ({
    ok: true,
    request: { method, path, query: [], payload: NO_PAYLOAD, ...more },
  });
  if (!LEVELS[kind].includes(level(operation.path))) return wrongLevel(kind, operation.path);
  switch (operation.kind) {
    case 'read':
    case 'observe':
    case 'cancelObserve':
      return request({
        ...(operation.accept !== undefined && { accept: operation.accept }),
        ...(operation.kind !== 'read' && { observe: operation.kind === 'observe' ? 0 : 1 }),
      });
    case 'writeReplace':
    case 'writePartial': {
      const content = encodeContent({ ...operation, rootPath });
      return content.ok ? request({ contentFormat: operation.format, payload: content.bytes }) : content;
    }
    case 'create': {
      const content = encodeNewInstance(operation.format, operation, rootPath);
      return content.ok ? request({ contentFormat: operation.format, payload: content.bytes }) : content;
    }
    case 'delete':
      return request({});
    case 'discover':
      return request({
        accept: ContentFormat.linkFormat,
        ...(operation.depth !== undefined && { query: [`depth=${operation.depth}`] }),
      });
    case 'writeAttributes':
      return request({ query: formatAttributes(operation.attributes) });
    case 'execute': {
      if (operation.args.length === 0) return request({});
      const args = formatExecuteArgs(operation.args);
      return args.ok ? request({ contentFormat: ContentFormat.text, payload: encodeUtf8(args.text) }) : args;
    }
  }
}

const { object, instance, resource, resourceInstance } = PathLevel;

/** What each operation can be asked of. */
const LEVELS: Readonly<Record<OperationKind, readonly PathLevel[]>> = {
  read: [object, instance, resource, resourceInstance],
  observe: [object, instance, resource, resourceInstance],
  cancelObserve: [object, instance, resource, resourceInstance],
  writeReplace: [instance, resource, resourceInstance],
  writePartial: [instance, resource],
  discover: [object, instance, resource],
  writeAttributes: [object, instance, resource, resourceInstance],
  create: [object],
  delete: [instance, resourceInstance],
  execute: [resource],
};

function wrongLevel(kind: OperationKind, path: LwM2mPath): { readonly ok: false; readonly error: FormatError } {
  return { ok: false, error: { kind: 'path', fault: 'caller', detail: `${kind} on ${path}` } };
}

function uriPath(path: string): readonly string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** What a device knows that decides how a request is read. */
export interface RequestContext {
  readonly resourceType?: TypeLookup;
  /** The device's own alternate path, `/` (default) for none. */
  readonly rootPath?: string;
}

/**
 * The operation that a request asks a device for, or the code to refuse it with.
 *
 * POST on a resource is Execute or a partial Write by its content format: none and plain text are Execute.
 * PUT with a query and without content is Write-Attributes, GET that accepts link format Discover. Composites
 * are refused with 4.05.
 */
export function fromRequest(
  request: OperationRequest,
  context: RequestContext = {},
): RequestResult<{ readonly operation: Operation }> {
  const path = targetOf(request.path, context.rootPath ?? '/');
  if (path === undefined) return reject(ResponseCode.notFound, `no node at /${request.path.join('/')}`);
  switch (request.method) {
    case 'GET':
      return request.accept === ContentFormat.linkFormat && request.observe === undefined
        ? discoverOf(request, path)
        : readLike(request, path);
    case 'PUT':
      if (request.contentFormat === undefined && request.payload.length === 0) return attributesOf(request, path);
      return writeOf('writeReplace', request, path, context);
    case 'POST':
      if (level(path) === object) return createOf(request, path, context);
      return level(path) === resource && isExecute(request.contentFormat)
        ? executeOf(request, path)
        : writeOf('writePartial', request, path, context);
    case 'DELETE': {
      const check = allowed('delete', path);
      return check.ok ? { ok: true, operation: { kind: 'delete', path } } : check;
    }
  }
}

function targetOf(uri: readonly string[], rootPath: string): LwM2mPath | undefined {
  const root = uriPath(rootPath);
  const prefixed = root.every((segment, index) => uri[index] === segment);
  return prefixed ? parsePath(`/${uri.slice(root.length).join('/')}`) : undefined;
}

function allowed(kind: OperationKind, path: LwM2mPath): RequestResult<object> {
  return LEVELS[kind].includes(level(path))
    ? { ok: true }
    : reject(ResponseCode.methodNotAllowed, `${kind} on ${path}`);
}

function readLike(request: OperationRequest, path: LwM2mPath): RequestResult<{ readonly operation: Operation }> {
  const kind = request.observe === undefined ? 'read' : request.observe === 0 ? 'observe' : 'cancelObserve';
  const check = allowed(kind, path);
  if (!check.ok) return check;
  const { accept } = request;
  return { ok: true, operation: { kind, path, ...(accept !== undefined && { accept }) } };
}

function discoverOf(request: OperationRequest, path: LwM2mPath): RequestResult<{ readonly operation: Operation }> {
  const check = allowed('discover', path);
  if (!check.ok) return check;
  const depth = request.query.find((part) => part.startsWith('depth='))?.slice('depth='.length);
  if (depth !== undefined && !/^[0-3]$/.test(depth)) return reject(ResponseCode.badRequest, `depth "${depth}"`);
  return { ok: true, operation: { kind: 'discover', path, ...(depth !== undefined && { depth: Number(depth) }) } };
}

function attributesOf(request: OperationRequest, path: LwM2mPath): RequestResult<{ readonly operation: Operation }> {
  const check = allowed('writeAttributes', path);
  if (!check.ok) return check;
  if (request.query.length === 0) return reject(ResponseCode.badRequest, 'neither content nor attributes');
  const parsed = parseAttributes(request.query);
  return parsed.ok ? { ok: true, operation: { kind: 'writeAttributes', path, attributes: parsed.attributes } } : parsed;
}

function isExecute(contentFormat: number | undefined): boolean {
  return contentFormat === undefined || contentFormat === ContentFormat.text;
}

function executeOf(request: OperationRequest, path: LwM2mPath): RequestResult<{ readonly operation: Operation }> {
  const parsed = attempt(() => ({ text: decodeUtf8(request.payload, 0) }));
  const args = parsed.ok ? parseExecuteArgs(parsed.text) : parsed;
  if (!args.ok) return reject(ResponseCode.badRequest, args.error.detail);
  return { ok: true, operation: { kind: 'execute', path, args: args.args } };
}

function writeOf(
  kind: 'writeReplace' | 'writePartial',
  request: OperationRequest,
  path: LwM2mPath,
  context: RequestContext,
): RequestResult<{ readonly operation: Operation }> {
  const check = allowed(kind, path);
  if (!check.ok) return check;
  // A write without a content format is plain text (OMA Core §7.5).
  const format = request.contentFormat ?? ContentFormat.text;
  const content = decodeContent({ ...context, format, bytes: request.payload, path });
  if (content.ok) return { ok: true, operation: { kind, path, format, records: content.records } };
  return unreadable(format, content.error);
}

function createOf(
  request: OperationRequest,
  path: LwM2mPath,
  context: RequestContext,
): RequestResult<{ readonly operation: Operation }> {
  const format = request.contentFormat ?? ContentFormat.text;
  const content = decodeNewInstance({ ...context, format, bytes: request.payload, path });
  return content.ok
    ? { ok: true, operation: { kind: 'create', format, ...content.created } }
    : unreadable(format, content.error);
}

function unreadable(
  format: number,
  { fault, detail }: FormatError,
): { readonly ok: false; readonly error: RequestError } {
  return reject(
    fault === 'unsupported' ? ResponseCode.unsupportedContentFormat : ResponseCode.badRequest,
    `content format ${format}: ${detail}`,
  );
}
