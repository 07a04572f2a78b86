/** Values as the data items of CBOR and JSON, and back. */

import { coerce, formatObjectLink, integerValue, type ResourceType, type Value } from '../value.ts';
import { Tag } from './cbor.ts';
import { fail, refuse } from './content.ts';
import type { Item } from './item.ts';

/** The value that an item is by itself, before any definition is asked; ends the parse where it is none. */
export function valueOfItem(item: Item, at: string): Value {
  switch (item.kind) {
    case 'int':
      return integerValue(item.value) ?? fail('value', `${at}: ${item.value} has more than 64 bits`);
    case 'float':
      return Number.isFinite(item.value)
        ? { type: 'float', value: item.value }
        : fail('value', `${at}: ${item.value} is not a finite number`);
    case 'text':
      return { type: 'string', value: item.value };
    case 'bytes':
      return { type: 'opaque', value: item.value };
    case 'boolean':
      return { type: 'boolean', value: item.value };
    case 'tag':
      return item.tag === Tag.decimalFraction
        ? { type: 'float', value: numberOfItem(item, at) }
        : { type: 'time', value: timeOfItem(item.tag, item.item, at) };
    default:
      return fail('value', `${at}: a single value expected, not ${item.kind}`);
  }
}

/** The number of an item, rounded to a double where it has more digits; decimal fractions (tag 4) included. */
export function numberOfItem(item: Item, at: string): number {
  let number = Number.NaN;
  if (item.kind === 'int' || item.kind === 'float') number = Number(item.value);
  else if (item.kind === 'tag' && item.tag === Tag.decimalFraction && item.item.kind === 'array') {
    const [exponent, mantissa, ...more] = item.item.items;
    if (exponent?.kind === 'int' && mantissa?.kind === 'int' && more.length === 0) {
      number = Number(`${mantissa.value}e${exponent.value}`);
    }
  }
  return Number.isFinite(number) ? number : fail('value', `${at}: a finite number expected`);
}

function timeOfItem(tag: number, item: Item, at: string): number {
  if (tag === Tag.epoch) {
    const time = Math.floor(numberOfItem(item, at)) + 0;
    return Number.isSafeInteger(time) ? time : fail('value', `${at}: time ${time} s is out of range`);
  }
  const time = item.kind === 'text' ? parseDateTime(item.value) : undefined;
  return time ?? fail('value', `${at}: not a date and time of RFC 3339`);
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 §5.6 as whole Unix seconds. */
function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = match.map(Number);
  const utc = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hours, minutes, seconds) / 1000;
  const offset = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * 60;
  return match[7] === '-' ? utc + offset : utc - offset;
}

/** The value under the type that the definition gives; without one, as it is. Ends the parse where it does not fit. */
export function typed(value: Value, type: ResourceType | undefined, at: string): Value {
  if (type === undefined || value.type === 'none') return value;
  return coerce(value, type) ?? fail('value', `${at}: ${value.type} where the definition says ${type}`);
}

/** A value as a data item; times as plain integers, links as text. */
export function itemOfValue(value: Value): Item {
  switch (value.type) {
    case 'integer':
    case 'unsigned':
    case 'time':
      return { kind: 'int', value: value.value };
    case 'float':
      return { kind: 'float', value: value.value };
    case 'string':
    case 'corelnk':
      return { kind: 'text', value: value.value };
    case 'objlnk':
      return { kind: 'text', value: formatObjectLink(value.value) };
    case 'opaque':
      return { kind: 'bytes', value: value.value };
    case 'boolean':
      return { kind: 'boolean', value: value.value };
    default:
      return refuse('an empty node has no value to write');
  }
}

/** A number as a data item: an integer where it is one. */
export function itemOfNumber(value: number): Item {
  return Number.isSafeInteger(value) ? { kind: 'int', value } : { kind: 'float', value };
}
