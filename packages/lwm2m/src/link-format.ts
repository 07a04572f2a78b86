/** CoRE link format (RFC 6690) as LwM2M devices write it: strict in structure, lenient in style. */

import { attempt, decodeUtf8, type FormatResult, fail } from './formats/content.ts';
import { LIMITS } from './limits.ts';
import { isPrefixOf, type LwM2mPath, level, PathLevel, parsePath, segments } from './path.ts';

/** One link; parameters in their order, repeated ones included, null for one without a value. */
export interface Link {
  /** Without a trailing slash, but for the root. */
  readonly target: string;
  readonly params: readonly (readonly [name: string, value: string | null])[];
}

const TARGET = /<([^<>]*)>/y;
const NAME = /[^\s=;,"<>]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/suy;
const TOKEN = /[^\s;,"<>]+/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Reads links. Spaces around commas and semicolons, a trailing slash, unknown, repeated and valueless parameters are
 * all accepted, and so is the old bootstrap form that begins with `lwm2m=1.0` instead of a link.
 */
export function parseLinks(input: string | Uint8Array): FormatResult<{ readonly links: readonly Link[] }> {
  return attempt(() => {
    if (input.length > LIMITS.payloadBytes) fail('limit', `links of ${input.length} bytes`);
    return { links: read(typeof input === 'string' ? input : decodeUtf8(input, 0)) };
  });
}

function read(text: string): Link[] {
  const links: Link[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const takeChar = (char: string): boolean => {
    take(SPACE);
    const found = text[at] === char;
    if (found) at++;
    take(SPACE);
    return found;
  };
  const stuck = (expected: string): never =>
    fail(at >= text.length ? 'truncated' : 'malformed', `links: ${expected} expected`, at);
  const param = (): readonly [string, string | null] => {
    const name = take(NAME)?.[0] ?? stuck('a parameter');
    if (!takeChar('=')) return [name, null];
    if (text[at] !== '"') return [name, take(TOKEN)?.[0] ?? stuck('a value')];
    const quoted = take(QUOTED) ?? fail('truncated', 'links: a quoted value without its end', at);
    return [name, (quoted[1] ?? '').replace(/\\(.)/gsu, '$1')];
  };

  take(SPACE);
  if (at === text.length) return links;
  do {
    if (links.length >= LIMITS.links) fail('limit', `more than ${LIMITS.links} links`, at);
    const target = take(TARGET)?.[1];
    const params: (readonly [string, string | null])[] = [];
    if (target === undefined) {
      const version = links.length === 0 ? param() : stuck('"<"');
      if (version[0] !== 'lwm2m') return stuck('"<"');
      params.push(version);
    }
    while (takeChar(';')) {
      if (params.length >= LIMITS.linkParams) fail('limit', `more than ${LIMITS.linkParams} parameters`, at);
      params.push(param());
    }
    links.push({ target: trim(target ?? '/'), params });
  } while (takeChar(','));
  if (at < text.length) stuck('"," or the end');
  return links;
}

function trim(target: string): string {
  let end = target.length;
  while (end > 1 && target[end - 1] === '/') end--;
  return target.slice(0, end);
}

/** Writes links: numbers and versions bare, every other value quoted. */
export function formatLinks(links: readonly Link[]): string {
  return links.map(({ target, params }) => `<${target}>${params.map(formatParam).join('')}`).join(',');
}

function formatParam([name, value]: Link['params'][number]): string {
  if (value === null) return `;${name}`;
  return /^[\d.]+$/.test(value) ? `;${name}=${value}` : `;${name}="${value.replace(/["\\]/g, '\\$&')}"`;
}

/** The first value of a parameter; undefined where it is absent or valueless. */
export function linkParam(link: Link, name: string): string | undefined {
  return link.params.find(([one]) => one === name)?.[1] ?? undefined;
}

/** An object that a device registered. */
export interface RegisteredObject {
  readonly objectId: number;
  /** As the link said; without it {@link defaultVersion} holds. */
  readonly version?: string;
  readonly instances: readonly number[];
}

/** The object list of a Register or Update. */
export interface RegistrationObjects {
  /** The alternate path before all paths and SenML names; `/` for none. */
  readonly rootPath: string;
  readonly objects: readonly RegisteredObject[];
  /** Content formats that the device listed; undefined where it listed none, which leaves an earlier list in force. */
  readonly contentFormats?: readonly number[];
}

/** Objects that hold keys and are never registered (OMA Core §6.2.1): Security, OSCORE, COSE. */
const UNREGISTERED: ReadonlySet<number> = new Set([0, 21, 23]);

/** What a registration's links say; links to anything but objects and instances are skipped (OMA Core §6.2.1, §7.2.2). */
export function parseRegistrationObjects(links: readonly Link[]): RegistrationObjects {
  const root = links.find((link) => linkParam(link, 'rt') === 'oma.lwm2m' && !/^\/\d/.test(link.target));
  const rootPath = root?.target ?? '/';
  const objects = new Map<number, { version?: string; instances: Set<number> }>();
  for (const link of links) {
    const path = nodePath(link.target, rootPath);
    const depth = path === undefined ? PathLevel.root : level(path);
    if (path === undefined || (depth !== PathLevel.object && depth !== PathLevel.instance)) continue;
    const [objectId, instanceId] = segments(path);
    if (objectId === undefined || UNREGISTERED.has(objectId)) continue;
    const object = objects.get(objectId) ?? { instances: new Set<number>() };
    objects.set(objectId, object);
    if (instanceId !== undefined) object.instances.add(instanceId);
    const version = linkParam(link, 'ver');
    if (version !== undefined && /^\d{1,3}\.\d{1,3}$/.test(version)) object.version = version;
  }
  const contentFormats = listFormats(links.find((link) => link.target === rootPath));
  return {
    rootPath,
    objects: Array.from(objects, ([objectId, object]) => ({ objectId, ...object, instances: [...object.instances] })),
    ...(contentFormats && { contentFormats }),
  };
}

/** One node of a Discover answer, with what is attached to it: notification attributes, `dim`, `ver` and the like. */
export interface DiscoveredNode {
  readonly path: LwM2mPath;
  /** A parameter without a value is an empty text. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What an answer to Discover lists (OMA Core §6.3.2); links to anything but nodes at or below `path` are skipped. */
export function discoveredNodes(links: readonly Link[], path: LwM2mPath, rootPath = '/'): readonly DiscoveredNode[] {
  return links.flatMap(({ target, params }) => {
    const at = nodePath(target, rootPath);
    if (at === undefined || !isPrefixOf(path, at)) return [];
    return [{ path: at, attributes: Object.fromEntries(params.map(([name, value]) => [name, value ?? ''])) }];
  });
}

/** Some devices name an alternate path and list their objects without it. */
function nodePath(target: string, rootPath: string): LwM2mPath | undefined {
  const below = rootPath !== '/' && target.startsWith(`${rootPath}/`);
  return parsePath(below ? target.slice(rootPath.length) : target);
}

/** `ct` is one number, a quoted list (RFC 7252 §7.2.1), or repeated. */
function listFormats(root: Link | undefined): readonly number[] | undefined {
  const formats = (root?.params ?? [])
    .filter(([name]) => name === 'ct')
    .flatMap(([, value]) => (value ?? '').split(/[ ,]+/))
    .filter((format) => /^\d{1,5}$/.test(format))
    .map(Number);
  return formats.length > 0 ? formats : undefined;
}
