import {
  type CoapMessage,
  type CoapOption,
  Code,
  contentFormat,
  Option,
  option,
  type RequestSpec,
  type ResponseSpec,
} from '@reeve/coap';
import {
  ContentFormat,
  compositeAccept,
  compositeCandidates,
  formatCandidates,
  type LwM2mPath,
  type Operation,
  parseExecuteArgs,
  parsePath,
  type ResourceRecord,
  toRequest,
} from '@reeve/lwm2m';
import { isComposite, parseTarget } from '../observations/target.ts';
import { enablerOf, fromStored } from '../telemetry/models.ts';
import type { Observed, Registered } from './decoder.ts';
import type { Encoded } from './known-requests.ts';
import type { LinkDown, LinkOperation, LinkRecord } from './port.ts';
import { requestOfPart } from './transfers.ts';

export const METHOD = {
  GET: Code.Get,
  PUT: Code.Put,
  POST: Code.Post,
  DELETE: Code.Delete,
  FETCH: Code.Fetch,
  IPATCH: Code.Ipatch,
} as const;

/** What an operation is encoded by. */
export type Addressee = Pick<Registered, 'version' | 'offer' | 'definitionOf' | 'requests'>;

const NONE: ReadonlySet<number> = new Set();

/**
 * Content formats in which an operation can be asked for, best first; after 4.06 or 4.15 comes the next. None for an
 * operation that carries no content either way.
 *
 * @param refused formats that the device has refused: they come last
 */
export function formatsOf(
  operation: LinkOperation,
  registered: Addressee,
  refused: ReadonlySet<number> = NONE,
): readonly number[] {
  const make = () => candidatesOf(operation, registered);
  const candidates = onlyAsks(operation) ? (registered.requests?.formatsOf(operation.path, make) ?? make()) : make();
  if (refused.size === 0) return candidates;
  return [
    ...candidates.filter((format) => !refused.has(format)),
    ...candidates.filter((format) => refused.has(format)),
  ];
}

function candidatesOf(operation: LinkOperation, { version, offer, definitionOf }: Addressee): readonly number[] {
  if (!CARRYING.has(operation.kind)) return [];
  const device = { enabler: enablerOf(version), contentFormats: offer.contentFormats };
  if (operation.kind === 'write-composite') {
    const removes = operation.records.some(({ stored }) => stored.type === 'none');
    return compositeCandidates({ ...device, writes: removes ? 'removals' : 'values' });
  }
  if (operation.kind === 'cancel-observe' && operation.format !== undefined) return [operation.format];
  if (isCompositeOperation(operation)) return compositeCandidates(device);
  const path = 'path' in operation ? parseTarget(operation.path)?.paths[0] : undefined;
  if (!path) return [];
  const definition = definitionOf(path);
  return formatCandidates({
    path,
    ...device,
    unnumbered: operation.kind === 'create' && operation.instanceId === undefined,
    ...(definition ? { type: definition.type, multiple: definition.multiple } : {}),
  });
}

/** Whether an operation is one of those on several paths at once. */
export function isCompositeOperation(operation: LinkOperation): boolean {
  if (operation.kind === 'read-composite' || operation.kind === 'write-composite') return true;
  if (operation.kind !== 'observe' && operation.kind !== 'cancel-observe') return false;
  // Most are of one path, which need not be read as a list.
  if (parsePath(operation.path) !== undefined) return false;
  const target = parseTarget(operation.path);
  return target !== undefined && isComposite(target);
}

const CARRYING: ReadonlySet<LinkOperation['kind']> = new Set([
  'read',
  'read-composite',
  'observe',
  'cancel-observe',
  'write',
  'write-composite',
  'create',
]);

/** Whether an operation is the same for all devices that offer the same. */
function onlyAsks(operation: LinkOperation): operation is Extract<LinkOperation, { kind: 'read' | 'observe' }> {
  return operation.kind === 'read' || operation.kind === 'observe';
}

/** The CoAP request of an operation, in a content format that the device has. */
export function requestOf(operation: LinkOperation, registered: Addressee, chosen?: number): Encoded {
  const make = () => encode(operation, registered, chosen);
  if (!onlyAsks(operation)) return make();
  return registered.requests?.requestOf(operation.kind, operation.path, chosen, make) ?? make();
}

function encode(operation: LinkOperation, registered: Addressee, chosen: number | undefined): Encoded {
  if (operation.kind === 'write-part') {
    const request = requestOfPart(operation, registered.offer.rootPath);
    return request ? { ok: true, request } : { ok: false, reason: `not a path: ${operation.path}` };
  }
  const asked = chosen ?? formatsOf(operation, registered)[0];
  if (asked === undefined && isCompositeOperation(operation)) {
    return { ok: false, reason: `LwM2M ${registered.version} has no form for this on several paths at once` };
  }
  const built = lwm2mOperation(operation, registered, asked ?? ContentFormat.text);
  if (typeof built === 'string') return { ok: false, reason: built };
  const result = toRequest(built, registered.offer.rootPath, registered.offer.prefix);
  if (!result.ok) return { ok: false, reason: result.error.detail };
  const { method, path, query, contentFormat: format, accept, observe, payload } = result.request;
  const options: CoapOption[] = [
    ...path.map((segment) => option(Option.UriPath, segment)),
    ...(format === undefined ? [] : [option(Option.ContentFormat, format)]),
    ...query.map((part) => option(Option.UriQuery, part)),
    ...(accept === undefined ? [] : [option(Option.Accept, accept)]),
  ];
  return {
    ok: true,
    request: {
      code: METHOD[method],
      options,
      payload,
      ...(observe === 0 ? { observe: 'register' as const } : {}),
      ...(observe === 1 ? { observe: 'deregister' as const } : {}),
      ...(operation.kind === 'cancel-observe' ? { token: Buffer.from(operation.token, 'hex') } : {}),
    },
  };
}

/**
 * Asks for the rest of an observed value, in the format in which its beginning came (RFC 7959 §2.6); undefined for a
 * path that can't be asked for.
 */
export function restOf(
  { path, registered, format: listed }: Observed,
  beginning: CoapMessage,
): RequestSpec | undefined {
  const target = parseTarget(path);
  const [first] = target?.paths ?? [];
  if (!target || !first) return undefined;
  const operation = isComposite(target)
    ? ({ kind: 'read-composite', paths: target.paths } as const)
    : ({ kind: 'read', path: first } as const);
  const read = requestOf(operation, registered, listed);
  if (!read.ok) return undefined;
  const format = contentFormat(beginning);
  const { options = [], ...request } = read.request;
  const rest = options.filter(({ number }) => number !== Option.Accept.number);
  return { ...request, options: format === undefined ? rest : [...rest, option(Option.Accept, format)] };
}

/** The response to a Register, Update or De-register. */
export function answerOf({ code, location, maxAge }: Extract<LinkDown, { kind: 'answer' }>): ResponseSpec {
  if (location === undefined && maxAge === undefined) return { code };
  const options: CoapOption[] = [];
  for (const segment of location ?? NOWHERE) options.push(locationSegment(segment));
  if (maxAge !== undefined) options.push(option(Option.MaxAge, maxAge));
  return { code, options };
}

const NOWHERE: readonly string[] = [];
/** Where all registrations are. */
const RD = option(Option.LocationPath, 'rd');

function locationSegment(segment: string): CoapOption {
  return segment === 'rd' ? RD : option(Option.LocationPath, segment);
}

/** What is said in one message. */
type Whole = Exclude<LinkOperation, { kind: 'write-part' }>;

/** @returns the operation, or why there is none in words */
function lwm2mOperation(operation: Whole, registered: Addressee, format: number): Operation | string {
  switch (operation.kind) {
    case 'read-composite': {
      const paths = operation.paths.map(parsePath).filter((path) => path !== undefined);
      if (paths.length < operation.paths.length) return `not paths: ${operation.paths.join(' ')}`;
      return { kind: 'readComposite', ...listOf(paths, format, registered) };
    }
    case 'write-composite': {
      const records = recordsOf(operation.records);
      return typeof records === 'string' ? records : { kind: 'writeComposite', format, records };
    }
    case 'observe':
    case 'cancel-observe':
      return observationOf(operation, registered, format);
    default:
      return singleOperation(operation, registered, format);
  }
}

/** The list of paths of a composite operation, and what is accepted in answer to it. */
function listOf(paths: readonly LwM2mPath[], format: number, { offer }: Addressee) {
  return { paths, format, accept: compositeAccept(format, offer.contentFormats) };
}

function observationOf(
  { kind, path: text }: Extract<LinkOperation, { kind: 'observe' | 'cancel-observe' }>,
  registered: Addressee,
  format: number,
): Operation | string {
  const target = parseTarget(text);
  const [path] = target?.paths ?? [];
  if (!target || !path) return `not a path: ${text}`;
  const parameters = target.attributes ? { attributes: target.attributes } : {};
  if (isComposite(target)) {
    const composite = kind === 'observe' ? 'observeComposite' : 'cancelObserveComposite';
    return { kind: composite, ...listOf(target.paths, format, registered), ...parameters };
  }
  return { kind: kind === 'observe' ? 'observe' : 'cancelObserve', path, accept: format, ...parameters };
}

type SingleOperation = Exclude<Whole, { kind: 'read-composite' | 'write-composite' | 'observe' | 'cancel-observe' }>;

function singleOperation(operation: SingleOperation, { version }: Addressee, format: number): Operation | string {
  const path = parsePath(operation.path);
  if (!path) return `not a path: ${operation.path}`;
  switch (operation.kind) {
    case 'read':
      return { kind: 'read', path, accept: format };
    case 'discover':
      // Uri-Query is critical: before 1.2 a device may refuse one that it does not know (RFC 7252 §5.4.1).
      return {
        kind: 'discover',
        path,
        ...(version === '1.2' && operation.depth !== undefined && { depth: operation.depth }),
      };
    case 'write-attributes':
      return { kind: 'writeAttributes', path, attributes: operation.attributes };
    case 'execute': {
      const args = parseExecuteArgs(operation.arguments ?? '');
      return args.ok ? { kind: 'execute', path, args: args.args } : `arguments: ${args.error.detail}`;
    }
    case 'create': {
      const records = recordsOf(operation.records);
      return typeof records === 'string' ? records : { ...operation, path, format, records };
    }
    case 'delete':
      return { kind: 'delete', path };
    case 'write': {
      const records = recordsOf(operation.records);
      if (typeof records === 'string') return records;
      return { kind: operation.mode === 'replace' ? 'writeReplace' : 'writePartial', path, format, records };
    }
  }
}

/** @returns the records, or why they can't be sent in words */
export function recordsOf(linked: readonly LinkRecord[]): readonly ResourceRecord[] | string {
  const records: ResourceRecord[] = [];
  for (const record of linked) {
    const at = parsePath(record.path);
    const value = fromStored(record.stored);
    if (!at || !value) return `not a value of ${record.path}`;
    records.push({ path: at, value });
  }
  return records;
}
