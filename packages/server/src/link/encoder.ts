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
  formatCandidates,
  type Operation,
  parseExecuteArgs,
  parsePath,
  type ResourceRecord,
  toRequest,
} from '@reeve/lwm2m';
import { enablerOf, fromStored, resourceAt } from '../telemetry/models.ts';
import type { Observed, Registered } from './decoder.ts';
import type { LinkDown, LinkOperation, LinkRecord } from './port.ts';

export const METHOD = { GET: Code.Get, PUT: Code.Put, POST: Code.Post, DELETE: Code.Delete } as const;

type Encoded = { readonly ok: true; readonly request: RequestSpec } | { readonly ok: false; readonly reason: string };

/**
 * Content formats in which an operation can be asked for, best first; after 4.06 or 4.15 comes the next. None for an
 * operation that carries no content either way.
 *
 * @param refused formats that the device has refused: they come last
 */
export function formatsOf(
  operation: LinkOperation,
  { version, offer }: Pick<Registered, 'version' | 'offer'>,
  refused: ReadonlySet<number> = new Set(),
): readonly number[] {
  const path = parsePath(operation.path);
  if (!path || !CARRYING.has(operation.kind)) return [];
  const definition = resourceAt(path, { version, objects: offer.objects });
  const candidates = formatCandidates({
    path,
    enabler: enablerOf(version),
    contentFormats: offer.contentFormats,
    unnumbered: operation.kind === 'create' && operation.instanceId === undefined,
    ...(definition ? { type: definition.type, multiple: definition.multiple } : {}),
  });
  return [
    ...candidates.filter((format) => !refused.has(format)),
    ...candidates.filter((format) => refused.has(format)),
  ];
}

const CARRYING: ReadonlySet<LinkOperation['kind']> = new Set(['read', 'observe', 'cancel-observe', 'write', 'create']);

/** The CoAP request of an operation, in a content format that the device has. */
export function requestOf(operation: LinkOperation, registered: Registered, chosen?: number): Encoded {
  const built = lwm2mOperation(
    operation,
    registered,
    chosen ?? formatsOf(operation, registered)[0] ?? ContentFormat.text,
  );
  if (typeof built === 'string') return { ok: false, reason: built };
  const result = toRequest(built, registered.offer.rootPath);
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
export function restOf({ path, registered }: Observed, beginning: CoapMessage): RequestSpec | undefined {
  const read = requestOf({ kind: 'read', path }, registered);
  if (!read.ok) return undefined;
  const format = contentFormat(beginning);
  const { code, options = [] } = read.request;
  const target = options.filter(({ number }) => number !== Option.Accept.number);
  return { code, options: format === undefined ? target : [...target, option(Option.Accept, format)] };
}

/** The response to a Register, Update or De-register. */
export function answerOf({ code, location, maxAge }: Extract<LinkDown, { kind: 'answer' }>): ResponseSpec {
  const options = [
    ...(location ?? []).map((segment) => option(Option.LocationPath, segment)),
    ...(maxAge === undefined ? [] : [option(Option.MaxAge, maxAge)]),
  ];
  return options.length === 0 ? { code } : { code, options };
}

/** @returns the operation, or why there is none in words */
function lwm2mOperation(operation: LinkOperation, { version }: Registered, format: number): Operation | string {
  const path = parsePath(operation.path);
  if (!path) return `not a path: ${operation.path}`;
  switch (operation.kind) {
    case 'read':
    case 'observe':
      return { kind: operation.kind, path, accept: format };
    case 'cancel-observe':
      return { kind: 'cancelObserve', path, accept: format };
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
