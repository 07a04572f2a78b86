/** The operations that CoAP requests ask a device for (OMA Transport §6.4.4, §6.4.5). */

import { type Attributes, attributeFault, parseAttributes } from '../attributes.ts';
import { type RequestError, type RequestResult, ResponseCode, reject } from '../codes.ts';
import { parseExecuteArgs } from '../execute-args.ts';
import { decodeContent, decodePaths } from '../formats/codec.ts';
import { attempt, ContentFormat, decodeUtf8, type FormatError, type TypeLookup } from '../formats/content.ts';
import { decodeNewInstance } from '../formats/new-instance.ts';
import { type LwM2mPath, level, PathLevel, parsePath, ROOT_PATH } from '../path.ts';
import { allows, type Operation, type OperationKind, type OperationRequest } from './operation.ts';
import { uriPath } from './uri.ts';

type Read = RequestResult<{ readonly operation: Operation }>;

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
 * PUT with a query and without content is Write-Attributes, GET that accepts link format Discover.
 */
export function fromRequest(request: OperationRequest, context: RequestContext = {}): Read {
  const path = pathOf(request.path, context.rootPath ?? '/');
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
      if (level(path) === PathLevel.object) return createOf(request, path, context);
      return level(path) === PathLevel.resource && isExecute(request.contentFormat)
        ? executeOf(request, path)
        : writeOf('writePartial', request, path, context);
    case 'DELETE': {
      const check = allowed('delete', path);
      return check.ok ? { ok: true, operation: { kind: 'delete', path } } : check;
    }
    case 'FETCH':
      return compositeReadOf(request, path, context);
    case 'IPATCH':
      return compositeWriteOf(request, path, context);
  }
}

function pathOf(uri: readonly string[], rootPath: string): LwM2mPath | undefined {
  const root = uriPath(rootPath);
  const prefixed = root.every((segment, index) => uri[index] === segment);
  return prefixed ? parsePath(`/${uri.slice(root.length).join('/')}`) : undefined;
}

function allowed(kind: OperationKind, path: LwM2mPath): RequestResult<object> {
  return allows(kind, path) ? { ok: true } : reject(ResponseCode.methodNotAllowed, `${kind} on ${path}`);
}

function readLike(request: OperationRequest, path: LwM2mPath): Read {
  const { accept, observe } = request;
  const kind = observe === undefined ? 'read' : observe === 0 ? 'observe' : 'cancelObserve';
  const check = allowed(kind, path);
  if (!check.ok) return check;
  const accepted = accept === undefined ? {} : { accept };
  if (kind === 'read') return { ok: true, operation: { kind, path, ...accepted } };
  const parameters = parametersOf(request, path);
  return parameters.ok ? { ok: true, operation: { kind, path, ...accepted, ...parameters.parameters } } : parameters;
}

/** The attributes that an Observe brings along; it has nothing to take one away from (OMA Core §6.4.1). */
function parametersOf(
  { query }: OperationRequest,
  path: LwM2mPath,
): RequestResult<{ readonly parameters: { readonly attributes?: Attributes } }> {
  if (query.length === 0) return { ok: true, parameters: {} };
  const parsed = parseAttributes(query);
  if (!parsed.ok) return parsed;
  const { attributes } = parsed;
  const fault = Object.values(attributes).includes(null)
    ? 'a parameter without a value'
    : attributeFault(attributes, { path, enabler: '1.2' });
  return fault === undefined ? { ok: true, parameters: { attributes } } : reject(ResponseCode.badRequest, fault);
}

function discoverOf(request: OperationRequest, path: LwM2mPath): Read {
  const check = allowed('discover', path);
  if (!check.ok) return check;
  const depth = request.query.find((part) => part.startsWith('depth='))?.slice('depth='.length);
  if (depth !== undefined && !/^[0-3]$/.test(depth)) return reject(ResponseCode.badRequest, `depth "${depth}"`);
  return { ok: true, operation: { kind: 'discover', path, ...(depth !== undefined && { depth: Number(depth) }) } };
}

function attributesOf(request: OperationRequest, path: LwM2mPath): Read {
  const check = allowed('writeAttributes', path);
  if (!check.ok) return check;
  if (request.query.length === 0) return reject(ResponseCode.badRequest, 'neither content nor attributes');
  const parsed = parseAttributes(request.query);
  return parsed.ok ? { ok: true, operation: { kind: 'writeAttributes', path, attributes: parsed.attributes } } : parsed;
}

function isExecute(contentFormat: number | undefined): boolean {
  return contentFormat === undefined || contentFormat === ContentFormat.text;
}

function executeOf(request: OperationRequest, path: LwM2mPath): Read {
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
): Read {
  const check = allowed(kind, path);
  if (!check.ok) return check;
  // A write without a content format is plain text (OMA Core §7.5).
  const format = request.contentFormat ?? ContentFormat.text;
  const content = decodeContent({ ...context, format, bytes: request.payload, path });
  if (content.ok) return { ok: true, operation: { kind, path, format, records: content.records } };
  return unreadable(format, content.error);
}

function createOf(request: OperationRequest, path: LwM2mPath, context: RequestContext): Read {
  const format = request.contentFormat ?? ContentFormat.text;
  const content = decodeNewInstance({ ...context, format, bytes: request.payload, path });
  return content.ok
    ? { ok: true, operation: { kind: 'create', format, ...content.created } }
    : unreadable(format, content.error);
}

function compositeReadOf(request: OperationRequest, path: LwM2mPath, { rootPath }: RequestContext): Read {
  const { accept, contentFormat: format, observe, payload } = request;
  const check = allowed('readComposite', path);
  if (!check.ok) return check;
  // RFC 8132 §2.3.1: a FETCH says what its body is.
  if (format === undefined) return reject(ResponseCode.unsupportedContentFormat, 'a FETCH without a content format');
  const list = decodePaths(format, payload, rootPath);
  if (!list.ok) return unreadable(format, list.error);
  const asked = { paths: list.paths, format, ...(accept !== undefined && { accept }) };
  if (observe === undefined) return { ok: true, operation: { kind: 'readComposite', ...asked } };
  const kind = observe === 0 ? 'observeComposite' : 'cancelObserveComposite';
  const parameters = parametersOf(request, ROOT_PATH);
  return parameters.ok ? { ok: true, operation: { kind, ...asked, ...parameters.parameters } } : parameters;
}

function compositeWriteOf(request: OperationRequest, path: LwM2mPath, context: RequestContext): Read {
  const { contentFormat: format, payload } = request;
  const check = allowed('writeComposite', path);
  if (!check.ok) return check;
  if (format === undefined || !WRITES_MANY.has(format)) {
    return reject(ResponseCode.unsupportedContentFormat, `content format ${format} in a composite write`);
  }
  const content = decodeContent({ ...context, format, bytes: payload, path });
  if (!content.ok) return unreadable(format, content.error);
  const { records } = content;
  if (records.length === 0) return reject(ResponseCode.badRequest, 'a composite write without values');
  const misplaced = records.find(({ path: at, value }) =>
    value.type === 'none'
      ? level(at) < PathLevel.resourceInstance || !REMOVES.has(format)
      : level(at) < PathLevel.resource,
  );
  if (misplaced) return reject(ResponseCode.badRequest, `${misplaced.path}: a value of type ${misplaced.value.type}`);
  return { ok: true, operation: { kind: 'writeComposite', format, records } };
}

/** Formats in which a composite write can remove a resource instance. */
const REMOVES: ReadonlySet<number> = new Set([ContentFormat.senmlEtchJson, ContentFormat.senmlEtchCbor]);

/** Formats that name any node of a device together with its value. */
const WRITES_MANY: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
  ...REMOVES,
]);

function unreadable(
  format: number,
  { fault, detail }: FormatError,
): { readonly ok: false; readonly error: RequestError } {
  return reject(
    fault === 'unsupported' ? ResponseCode.unsupportedContentFormat : ResponseCode.badRequest,
    `content format ${format}: ${detail}`,
  );
}
