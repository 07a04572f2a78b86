/** Notification attributes (OMA Core §5.1): what Write-Attributes sets, and what tells a device when to notify. */

import { type RequestResult, ResponseCode, reject } from './codes.ts';
import { plainDecimal } from './decimal.ts';
import { LIMITS } from './limits.ts';

/** Periods in whole seconds, thresholds in the unit of the resource. */
export const ATTRIBUTES = {
  pmin: 'seconds',
  pmax: 'seconds',
  gt: 'number',
  lt: 'number',
  st: 'number',
} as const;
export type AttributeName = keyof typeof ATTRIBUTES;

/** Attributes as one request sets them; null takes one away. */
export type Attributes = Readonly<Partial<Record<AttributeName, number | null>>>;

const SYNTAX = { seconds: /^\d{1,10}$/, number: /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/ } as const;

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
    if (value !== null && (value.length > LIMITS.numberChars || !SYNTAX[ATTRIBUTES[name]].test(value))) {
      return reject(ResponseCode.badRequest, `${name} "${value}"`);
    }
    attributes[name] = value === null ? null : Number(value);
  }
  const contradiction = contradictionOf(attributes);
  return contradiction === undefined ? { ok: true, attributes } : reject(ResponseCode.badRequest, contradiction);
}

/** The thresholds must leave room between them: lt + 2·st < gt. (pmax below pmin is no error: pmax is then ignored.) */
function contradictionOf({ lt, gt, st }: Attributes): string | undefined {
  if (typeof st === 'number' && st <= 0) return 'st must be above 0';
  if (typeof lt !== 'number' || typeof gt !== 'number') return undefined;
  if (lt >= gt) return 'lt must be below gt';
  return lt + 2 * (st ?? 0) >= gt ? 'lt + 2·st must be below gt' : undefined;
}

/** Attributes as Uri-Query options. */
export function formatAttributes(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([name, value]) => (value === null ? name : `${name}=${plainDecimal(value)}`));
}
