/** The bootstrap interface as a server sees it: what devices ask, and what they are asked (OMA Core §6.1, Transport §6.4.2). */

import { type RequestResult, ResponseCode, reject } from './codes.ts';
import { encodeContent } from './formats/codec.ts';
import { ContentFormat, encodeUtf8, type FormatResult, type ResourceRecord } from './formats/content.ts';
import { LIMITS } from './limits.ts';
import { type DiscoveredNode, parseLinks } from './link-format.ts';
import { type LwM2mPath, level, PathLevel, parsePath, ROOT_PATH, segments } from './path.ts';
import { ENABLER_VERSIONS, type EnablerVersion } from './version.ts';

/** What a Bootstrap-Request says. */
export interface BootstrapQuery {
  /** Absent where the device leaves it to its credential (since 1.1). */
  readonly endpoint?: string;
  /** The content format in which it wants to be written (`pct`, since 1.1). */
  readonly preferredFormat?: number;
}

/** What a Bootstrap-Pack-Request says (1.2). */
export interface BootstrapPackQuery {
  readonly endpoint?: string;
  /** Instances of the account of the bootstrap server itself: they must not be in the pack. */
  readonly kept: readonly LwM2mPath[];
}

/** Formats in which an account can be written at object level, as `pct` and the Accept of a pack name them. */
const { tlv, senmlJson, senmlCbor, lwm2mCbor } = ContentFormat;
const STRUCTURED: readonly number[] = [tlv, senmlJson, senmlCbor, lwm2mCbor];
/** A pack is several objects at once, which TLV can't say. */
export const PACK_FORMATS: readonly number[] = [senmlCbor, senmlJson, lwm2mCbor];

/**
 * Reads the Uri-Query options of a Bootstrap-Request.
 *
 * Refused with 4.00 is a malformed or repeated parameter, with 4.15 a preferred format that no account can be written
 * in. Unknown parameters are ignored, as deployed devices send their own.
 */
export function parseBootstrapQuery(query: readonly string[]): RequestResult<BootstrapQuery> {
  const parsed = readParams(query, ['ep', 'pct']);
  if (!parsed.ok) return parsed;
  const endpoint = readEndpoint(parsed.params);
  if (!endpoint.ok) return endpoint;
  const { ok: _, ...named } = endpoint;
  const pct = parsed.params.get('pct');
  if (pct === undefined) return { ok: true, ...named };
  if (!/^\d{1,5}$/.test(pct)) return reject(ResponseCode.badRequest, `pct "${pct}" is no content format`);
  const preferredFormat = Number(pct);
  return STRUCTURED.includes(preferredFormat)
    ? { ok: true, ...named, preferredFormat }
    : reject(ResponseCode.unsupportedContentFormat, `pct ${pct}`);
}

/** Reads the Uri-Query options of a Bootstrap-Pack-Request; `acc` is a list of links without parameters. */
export function parseBootstrapPackQuery(query: readonly string[]): RequestResult<BootstrapPackQuery> {
  const parsed = readParams(query, ['ep', 'acc']);
  if (!parsed.ok) return parsed;
  const endpoint = readEndpoint(parsed.params);
  if (!endpoint.ok) return endpoint;
  const links = parseLinks(parsed.params.get('acc') ?? '');
  if (!links.ok) return reject(ResponseCode.badRequest, `acc: ${links.error.detail}`);
  const kept = links.links.flatMap(({ target }) => parsePath(target) ?? []);
  return { ...endpoint, kept };
}

type Params = ReadonlyMap<string, string>;

function readParams(query: readonly string[], names: readonly string[]): RequestResult<{ readonly params: Params }> {
  if (query.length > LIMITS.queryParams) return reject(ResponseCode.badRequest, `${query.length} query parameters`);
  const params = new Map<string, string>();
  for (const part of query) {
    const [before = '', ...after] = part.split('=');
    if (!names.includes(before)) continue;
    if (params.has(before)) return reject(ResponseCode.badRequest, `${before} twice`);
    params.set(before, after.join('='));
  }
  return { ok: true, params };
}

function readEndpoint(params: Params): RequestResult<{ readonly endpoint?: string }> {
  const endpoint = params.get('ep');
  if (endpoint === undefined) return { ok: true };
  if (endpoint === '' || encodeUtf8(endpoint).length > LIMITS.endpointBytes || /\p{C}/u.test(endpoint)) {
    return reject(ResponseCode.badRequest, `ep must be up to ${LIMITS.endpointBytes} bytes of printable text`);
  }
  return { ok: true, endpoint };
}

/** What a bootstrap server asks a device. Paths never carry the device's alternate path (OMA Core §6.1.7). */
export type BootstrapOperation =
  | { readonly kind: 'discover'; readonly path: LwM2mPath }
  | { readonly kind: 'read'; readonly path: LwM2mPath; readonly accept: number }
  | {
      readonly kind: 'write';
      readonly path: LwM2mPath;
      readonly format: number;
      readonly records: readonly ResourceRecord[];
    }
  | { readonly kind: 'delete'; readonly path: LwM2mPath }
  | { readonly kind: 'finish' };

/** A CoAP request, as far as the bootstrap interface decides about it. */
export interface BootstrapRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
  readonly payload: Uint8Array;
}

const { root, object, instance, resource } = PathLevel;
const LEVELS: Readonly<Record<Exclude<BootstrapOperation['kind'], 'finish'>, readonly PathLevel[]>> = {
  discover: [root, object],
  read: [object, instance],
  write: [object, instance, resource],
  delete: [root, object, instance],
};

const NO_PAYLOAD = new Uint8Array(0);

/**
 * The request that carries an operation.
 * @returns an error for records that the format can't carry, or a path of the wrong level
 */
export function toBootstrapRequest(
  operation: BootstrapOperation,
): FormatResult<{ readonly request: BootstrapRequest }> {
  if (operation.kind === 'finish') {
    return { ok: true, request: { method: 'POST', path: ['bs'], payload: NO_PAYLOAD } };
  }
  const { kind, path: at } = operation;
  if (!LEVELS[kind].includes(level(at))) {
    return { ok: false, error: { kind: 'path', fault: 'caller', detail: `bootstrap ${kind} on ${at}` } };
  }
  const path = segments(at).map(String);
  switch (operation.kind) {
    case 'discover':
      return { ok: true, request: { method: 'GET', path, accept: ContentFormat.linkFormat, payload: NO_PAYLOAD } };
    case 'read':
      return { ok: true, request: { method: 'GET', path, accept: operation.accept, payload: NO_PAYLOAD } };
    case 'delete':
      return { ok: true, request: { method: 'DELETE', path, payload: NO_PAYLOAD } };
    case 'write': {
      const { format, records } = operation;
      const content = encodeContent({ format, path: at, records });
      return content.ok
        ? { ok: true, request: { method: 'PUT', path, contentFormat: format, payload: content.bytes } }
        : content;
    }
  }
}

/** Everything that a Bootstrap-Pack holds as one payload in one of {@link PACK_FORMATS}. */
export function encodeBootstrapPack(
  format: number,
  records: readonly ResourceRecord[],
): FormatResult<{ readonly bytes: Uint8Array }> {
  return encodeContent({ format, path: ROOT_PATH, records });
}

/** What a device has before it is bootstrapped. */
export interface BootstrapInventory {
  /** Absent where it does not say. */
  readonly version?: EnablerVersion;
  readonly instances: readonly {
    readonly objectId: number;
    readonly instanceId: number;
    /** Of instances of Security, Server and what hangs on them; an instance of Security without it is the bootstrap account. */
    readonly shortServerId?: number;
    readonly uri?: string;
  }[];
}

/** What the answer to a Bootstrap-Discover lists (OMA Core §6.1.7.3). */
export function bootstrapInventory(
  nodes: readonly { readonly path: string; readonly attributes: DiscoveredNode['attributes'] }[],
): BootstrapInventory {
  const named = nodes.find(({ path }) => path === ROOT_PATH)?.attributes.lwm2m;
  const version = ENABLER_VERSIONS.find((known) => named === known || named?.startsWith(`${known}.`));
  const instances = nodes.flatMap(({ path, attributes }) => {
    const parsed = parsePath(path);
    const [objectId, instanceId, ...below] = parsed ? segments(parsed) : [];
    if (objectId === undefined || instanceId === undefined || below.length > 0) return [];
    const { ssid, uri } = attributes;
    return [
      {
        objectId,
        instanceId,
        ...(ssid !== undefined && /^\d{1,5}$/.test(ssid) ? { shortServerId: Number(ssid) } : {}),
        ...(uri === undefined ? {} : { uri }),
      },
    ];
  });
  return { instances, ...(version === undefined ? {} : { version }) };
}
