import type { ResourceValue } from './devices.ts';

/** A value that a person typed, in the JSON form of the API, or what was expected instead. */
export type Typed =
  | { readonly ok: true; readonly value: ResourceValue['value'] }
  | { readonly ok: false; readonly expected: string };

/** LwM2M data types that a person can type a value of, as the API names them. */
export const typedTypes = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'time',
  'opaque',
  'objlnk',
  'corelnk',
] as const;

const good = (value: ResourceValue['value']): Typed => ({ ok: true, value });
const wrong = (expected: string): Typed => ({ ok: false, expected });

const parsers: Readonly<Record<string, (text: string) => Typed>> = {
  integer: (text) => (/^-?\d+$/.test(text) ? good(wholeOf(text)) : wrong('a whole number')),
  unsigned: (text) => (/^\d+$/.test(text) ? good(wholeOf(text)) : wrong('a whole number, 0 or more')),
  float: (text) =>
    /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
      ? good(Number(text))
      : wrong('a number'),
  boolean: (text) => (/^(true|false|1|0)$/.test(text) ? good(text === 'true' || text === '1') : wrong('true or false')),
  time: timeOf,
  opaque: (text) =>
    text.length % 2 === 0 && /^[\da-f]*$/i.test(text)
      ? good(base64Of(text))
      : wrong('bytes in hex, two digits each, e.g. 0a1b'),
  objlnk: (text) => (/^\d{1,5}:\d{1,5}$/.test(text) ? good(text) : wrong('object:instance, e.g. 66:0')),
};

/**
 * What a person typed as a value of a resource: bytes in hex and times in ISO 8601, as they are shown. Integers beyond 2^53
 * stay text, so that no digit is lost.
 *
 * @param type LwM2M data type; of one that has no form of its own any text is a value
 */
export function parseTyped(type: string, text: string): Typed {
  return parsers[type]?.(text.trim()) ?? good(text);
}

/** A value as a person would type it: the inverse of {@link parseTyped}. */
export function typedText({ type, value }: Pick<ResourceValue, 'type' | 'value'>): string {
  const at = type === 'time' ? new Date(Number(value) * 1000) : undefined;
  if (at && !Number.isNaN(at.getTime())) return at.toISOString();
  return type === 'opaque' ? hexOf(String(value)) : String(value);
}

function wholeOf(digits: string): ResourceValue['value'] {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : digits;
}

/** Seconds since 1970, or a time with its offset to UTC; without one it would be another time elsewhere. */
function timeOf(text: string): Typed {
  if (/^-?\d+$/.test(text)) return good(wholeOf(text));
  const millis = /^\d{4}-\d\d-\d\dT.*(Z|[-+]\d\d:?\d\d)$/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(millis)
    ? wrong('a time, e.g. 2026-01-31T12:00:00Z, or seconds since 1970')
    : good(Math.floor(millis / 1000));
}

function base64Of(hex: string): string {
  return btoa(hex.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16))));
}

function hexOf(base64: string): string {
  return Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
