import type { ResourceInfo, ResourceValue } from '@reeve/contract';

/** LwM2M data types that a person can type a value of, as the API names them. */
export const inputTypes = ['string', 'integer', 'unsigned', 'float', 'boolean', 'time', 'opaque', 'objlnk', 'corelnk'];

/** A typed value, or what was expected instead. */
type Parsed = { ok: true; value: ResourceValue['value'] } | { ok: false; expected: string };

const asIs = (text: string): Parsed => ({ ok: true, value: text });
const accept = (pattern: RegExp, expected: string) => (text: string) =>
  pattern.test(text) ? asIs(text) : ({ ok: false, expected } as const);

const parsers: Record<string, (text: string) => Parsed> = {
  integer: (text) => parseInteger(text, /^-?\d+$/, 'a whole number'),
  unsigned: (text) => parseInteger(text, /^\d+$/, 'a whole number, 0 or more'),
  time: (text) => parseInteger(text, /^-?\d+$/, 'seconds since 1970'),
  float: (text) => {
    const value = Number(text);
    return text.trim() !== '' && Number.isFinite(value) ? { ok: true, value } : { ok: false, expected: 'a number' };
  },
  boolean: (text) =>
    text === 'true' || text === 'false'
      ? { ok: true, value: text === 'true' }
      : { ok: false, expected: 'true or false' },
  opaque: accept(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'bytes in base64'),
  objlnk: accept(/^\d{1,5}:\d{1,5}$/, 'object:instance, e.g. 66:0'),
};

/** What a person typed as a value of the API: integers beyond 2^53 stay text, so that no digit is lost. */
export function parseInput(type: string, text: string): Parsed {
  return (parsers[type] ?? asIs)(text);
}

/** Why a value is beyond what a resource may hold; the lengths of texts and bytes are left to the server. */
export function rangeFault(
  { range }: { range?: ResourceInfo['range'] | undefined },
  value: ResourceValue['value'],
): string | undefined {
  if (!range || typeof value !== 'number' || (value >= range.least && value <= range.largest)) return undefined;
  return `Expected ${range.least} to ${range.largest}`;
}

function parseInteger(text: string, pattern: RegExp, expected: string): Parsed {
  const digits = text.trim();
  if (!pattern.test(digits)) return { ok: false, expected };
  const value = Number(digits);
  return { ok: true, value: Number.isSafeInteger(value) ? value : digits };
}
