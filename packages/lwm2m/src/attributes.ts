/** Notification attributes (OMA Core §5.1): what Write-Attributes sets, and what tells a device when to notify. */

import { type RequestResult, ResponseCode, reject } from './codes.ts';
import { plainDecimal } from './decimal.ts';
import { LIMITS } from './limits.ts';
import { type LwM2mPath, level, PathLevel } from './path.ts';
import type { ResourceType } from './value.ts';
import { ENABLER_VERSIONS, type EnablerVersion } from './version.ts';

/**
 * Each attribute: how its value is written, since which version of LwM2M it exists, and whether it says something of the
 * value itself, so that it belongs to a resource or resource instance. Periods are in seconds, thresholds in the unit of
 * the resource; `edge` is 0 (falling) or 1 (rising), `con` 1 for confirmable notifications, `hqmax` a count of notifications.
 */
export const ATTRIBUTES = {
  pmin: { syntax: 'whole', since: '1.0', ofValue: false },
  pmax: { syntax: 'whole', since: '1.0', ofValue: false },
  gt: { syntax: 'number', since: '1.0', ofValue: true },
  lt: { syntax: 'number', since: '1.0', ofValue: true },
  st: { syntax: 'number', since: '1.0', ofValue: true },
  epmin: { syntax: 'whole', since: '1.1', ofValue: false },
  epmax: { syntax: 'whole', since: '1.1', ofValue: false },
  edge: { syntax: 'flag', since: '1.2', ofValue: true },
  con: { syntax: 'flag', since: '1.2', ofValue: false },
  hqmax: { syntax: 'whole', since: '1.2', ofValue: false },
} as const satisfies Record<string, { syntax: keyof typeof SYNTAX; since: EnablerVersion; ofValue: boolean }>;
export type AttributeName = keyof typeof ATTRIBUTES;

/** Attributes as one request sets them; null takes one away. */
export type Attributes = Readonly<Partial<Record<AttributeName, number | null>>>;

const SYNTAX = {
  whole: /^\d{1,10}$/,
  number: /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/,
  flag: /^[01]$/,
} as const;

/** Whether a word is the name of an attribute. */
function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(ATTRIBUTES, name);
}

/**
 * Reads the Uri-Query options of a Write-Attributes.
 * Refused with 4.00: unknown or repeated attributes, malformed numbers, and thresholds that contradict each other.
 */
export function parseAttributes(query: readonly string[]): RequestResult<{ readonly attributes: Attributes }> {
  if (query.length > LIMITS.queryParams) return reject(ResponseCode.badRequest, `${query.length} query parameters`);
  const attributes: Partial<Record<AttributeName, number | null>> = {};
  for (const part of query) {
    const [name = '', ...values] = part.split('=');
    if (!isAttribute(name)) return reject(ResponseCode.badRequest, `attribute "${name}"`);
    if (name in attributes) return reject(ResponseCode.badRequest, `${name} twice`);
    const value = values.length === 0 ? null : values.join('=');
    if (value !== null && (value.length > LIMITS.numberChars || !SYNTAX[ATTRIBUTES[name].syntax].test(value))) {
      return reject(ResponseCode.badRequest, `${name} "${value}"`);
    }
    attributes[name] = value === null ? null : Number(value);
  }
  const contradiction = contradictionOf(attributes);
  return contradiction === undefined ? { ok: true, attributes } : reject(ResponseCode.badRequest, contradiction);
}

/**
 * Why attributes contradict each other, in words: thresholds must leave room between them, lt + 2·st < gt, and epmin must
 * be below epmax. (pmax below pmin is no error: pmax is then ignored.)
 */
export function contradictionOf({ lt, gt, st, epmin, epmax }: Attributes): string | undefined {
  if (typeof st === 'number' && st <= 0) return 'st must be above 0';
  if (typeof epmin === 'number' && typeof epmax === 'number' && epmin >= epmax) return 'epmin must be below epmax';
  if (typeof lt !== 'number' || typeof gt !== 'number') return undefined;
  if (lt >= gt) return 'lt must be below gt';
  return lt + 2 * (st ?? 0) >= gt ? 'lt + 2·st must be below gt' : undefined;
}

/** What is known of the node that attributes are attached to. */
export interface AttributeTarget {
  readonly path: LwM2mPath;
  readonly enabler: EnablerVersion;
  /** The type of the resource at `path`, where a definition is known. */
  readonly type?: ResourceType;
}

const NUMERIC: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'time']);

/** Why attributes can't be attached there (OMA Core §7.3, table of attributes), in words; undefined if they can. */
export function attributeFault(attributes: Attributes, { path, enabler, type }: AttributeTarget): string | undefined {
  for (const name of Object.keys(attributes).filter(isAttribute)) {
    const { since, ofValue } = ATTRIBUTES[name];
    if (ENABLER_VERSIONS.indexOf(enabler) < ENABLER_VERSIONS.indexOf(since)) {
      return `${name} needs LwM2M ${since}; the device has ${enabler}`;
    }
    if (!ofValue) continue;
    if (level(path) < PathLevel.resource) return `${name} belongs to a resource, not to ${path}`;
    const fits = type === undefined || (name === 'edge' ? type === 'boolean' : NUMERIC.has(type));
    if (!fits) return `${name} belongs to a ${name === 'edge' ? 'boolean' : 'number'}, and ${path} is ${type}`;
  }
  return contradictionOf(attributes);
}

/** Attributes as Uri-Query options. */
export function formatAttributes(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([name, value]) => (value === null ? name : `${name}=${plainDecimal(value)}`));
}
