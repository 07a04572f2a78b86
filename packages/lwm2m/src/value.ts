/** Values of resources (OMA Core Appendix C): plain data, safe for structured cloning, exact for 64-bit integers. */

import { fromBase64, toBase64 } from './base64.ts';

/** The data types of LwM2M; `none` is that of executable resources. */
export const RESOURCE_TYPES = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
  'none',
] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];
/** Those of numbers. */
export type NumericType = 'integer' | 'unsigned' | 'time' | 'float';

/** A whole number: `number` within ±(2^53 − 1), `bigint` beyond and only beyond, so equal numbers are equal values. */
export type Int = number | bigint;

/** The target of an object link; 65535 stands for "none" in either id. */
export interface ObjectLink {
  readonly objectId: number;
  readonly instanceId: number;
}

/**
 * One value.
 *
 * - `integer` −2^63 … 2^63 − 1; `unsigned` 0 … 2^64 − 1
 * - `float` is always finite
 * - `time` Unix time in whole seconds
 * - `none` the node exists and holds no value: a multiple resource or an object instance that is empty, or a name
 *   that came without a value
 */
export type Value =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'integer'; readonly value: Int }
  | { readonly type: 'unsigned'; readonly value: Int }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'opaque'; readonly value: Uint8Array }
  | { readonly type: 'time'; readonly value: number }
  | { readonly type: 'objlnk'; readonly value: ObjectLink }
  | { readonly type: 'corelnk'; readonly value: string }
  | { readonly type: 'none'; readonly value: null };

/** The value of an empty node. */
export const NONE: Value = { type: 'none', value: null };

const INTEGER_RANGE = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const UNSIGNED_RANGE = [0n, 2n ** 64n - 1n] as const;

/** The canonical form of a whole number; see {@link Int}. */
export function int(value: Int): Int {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : BigInt(value);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A whole number as `integer`, or as `unsigned` where only that can hold it; undefined beyond 64 bits. */
export function integerValue(value: Int): Value | undefined {
  return numeric(value, 'integer') ?? numeric(value, 'unsigned');
}

/** A number as a value of a type; undefined if that can't hold it. */
export function numeric(value: Int, type: NumericType): Value | undefined {
  if (type === 'float') return Number.isFinite(Number(value)) ? { type, value: Number(value) } : undefined;
  if (typeof value === 'number' && !Number.isInteger(value)) return undefined;
  const whole = int(value);
  // Most numbers are: to compare them with big ones took longer than all else here.
  if (typeof whole === 'number') return type === 'unsigned' && whole < 0 ? undefined : { type, value: whole };
  if (type === 'time') return undefined;
  const [least, most] = type === 'integer' ? INTEGER_RANGE : UNSIGNED_RANGE;
  return whole >= least && whole <= most ? { type, value: whole } : undefined;
}

/** Reads an object link: `66:0`, `65535:65535`, the printed null link `FFFF:FFFF`, and a stray NUL at the end (OMA Core §7.5.6). */
export function parseObjectLink(text: string): ObjectLink | undefined {
  if (/^ffff:ffff\0?$/i.test(text)) return { objectId: 65_535, instanceId: 65_535 };
  const match = /^(\d{1,5}):(\d{1,5})\0?$/.exec(text);
  if (match === null) return undefined;
  const [objectId, instanceId] = [Number(match[1]), Number(match[2])];
  return objectId <= 65_535 && instanceId <= 65_535 ? { objectId, instanceId } : undefined;
}

/** Writes an object link as every format but TLV carries it. */
export function formatObjectLink(link: ObjectLink): string {
  return `${link.objectId}:${link.instanceId}`;
}

/**
 * The same value under another data type, as far as nothing is lost: devices send 20.0 for an Integer and 20 for a
 * Float, and formats without types of their own carry times and links as numbers and strings. Undefined where the
 * value does not fit.
 */
export function coerce(value: Value, type: ResourceType): Value | undefined {
  if (value.type === type) return value;
  switch (type) {
    case 'integer':
    case 'unsigned':
    case 'time':
    case 'float':
      return isNumeric(value) ? numeric(value.value, type) : undefined;
    case 'string':
    case 'corelnk':
      return value.type === 'string' || value.type === 'corelnk' ? { type, value: value.value } : undefined;
    case 'objlnk': {
      const link = value.type === 'string' ? parseObjectLink(value.value) : undefined;
      return link === undefined ? undefined : { type, value: link };
    }
    default:
      return undefined;
  }
}

function isNumeric(value: Value): value is Extract<Value, { type: NumericType }> {
  return isNumericType(value.type);
}

/** Whether values of the type are numbers. */
export function isNumericType(type: ResourceType): type is NumericType {
  return type === 'integer' || type === 'unsigned' || type === 'time' || type === 'float';
}

/** Whether two values have the same type and content; −0 and 0 differ, as their bytes do. */
export function equalValues(a: Value, b: Value): boolean {
  if (a.type === 'opaque' && b.type === 'opaque') {
    return a.value.length === b.value.length && a.value.every((byte, index) => byte === b.value[index]);
  }
  if (a.type === 'objlnk' && b.type === 'objlnk') return formatObjectLink(a.value) === formatObjectLink(b.value);
  return a.type === b.type && Object.is(a.value, b.value);
}

/** JSON of a value: see {@link valueToJson}. */
export type ValueJson = string | number | boolean | null;

/** JSON without its type: integers beyond 2^53 as decimal strings, opaque as base64, links as `o:i`, times as Unix seconds. */
export function valueToJson(value: Value): ValueJson {
  switch (value.type) {
    case 'integer':
    case 'unsigned':
      return typeof value.value === 'bigint' ? value.value.toString() : value.value;
    case 'opaque':
      return toBase64(value.value);
    case 'objlnk':
      return formatObjectLink(value.value);
    default:
      return value.value;
  }
}

/** The value of the given type that a program wrote as JSON; the inverse of {@link valueToJson}. Undefined where it does not fit. */
export function valueFromJson(type: ResourceType, json: unknown): Value | undefined {
  switch (type) {
    case 'none':
      return json === null ? NONE : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? { type, value: json } : undefined;
    case 'string':
    case 'corelnk':
      return typeof json === 'string' ? { type, value: json } : undefined;
    case 'opaque': {
      const bytes = typeof json === 'string' ? fromBase64(json) : undefined;
      return bytes && { type, value: bytes };
    }
    case 'objlnk': {
      const link = typeof json === 'string' ? parseObjectLink(json) : undefined;
      return link && { type, value: link };
    }
    default:
      if (typeof json === 'number') return numeric(json, type);
      return typeof json === 'string' && /^-?\d{1,20}$/.test(json) ? numeric(BigInt(json), type) : undefined;
  }
}

/** A value in words for people: times as ISO 8601, opaque as hexadecimal with its length, strings as they are. */
export function formatValue(value: Value): string {
  switch (value.type) {
    case 'none':
      return 'empty';
    case 'time':
      return Math.abs(value.value) <= 8.64e12 ? new Date(value.value * 1000).toISOString() : `${value.value} s`;
    case 'opaque': {
      const shown = Array.from(value.value.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
      return `${shown}${value.value.length > 32 ? '…' : ''} (${value.value.length === 1 ? '1 byte' : `${value.value.length} bytes`})`;
    }
    case 'objlnk':
      return formatObjectLink(value.value);
    default:
      return String(value.value);
  }
}
