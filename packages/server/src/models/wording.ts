/**
 * The free words of definitions. The schema leaves ranges and units to the author, and older documents spell the rest
 * in their own way: what can be understood is, and a range that can't be is none.
 */

import type { Operations, ResourceType } from '@reeve/lwm2m';

const TYPES: Readonly<Record<string, ResourceType>> = {
  string: 'string',
  integer: 'integer',
  int: 'integer',
  signedinteger: 'integer',
  unsignedinteger: 'unsigned',
  unsigned: 'unsigned',
  float: 'float',
  boolean: 'boolean',
  bool: 'boolean',
  opaque: 'opaque',
  time: 'time',
  objlnk: 'objlnk',
  objectlink: 'objlnk',
  corelnk: 'corelnk',
  corelink: 'corelnk',
  none: 'none',
  '': 'none',
};

/** The data type that is meant: `Unsigned Integer`, `Corelnk`, `integer`; nothing is `none`. */
export function readType(text: string): ResourceType | undefined {
  const word = text.toLowerCase().replace(/[\s_-]/g, '');
  return Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
}

/** `R`, `RW`, `wr`, `R,W`, nothing. */
export function readOperations(text: string): Operations | undefined {
  const letters = [...new Set(text.toUpperCase().replace(/[\s,/;|]/g, ''))].sort().join('');
  return (['', 'R', 'W', 'RW', 'E'] as const).find((each) => each === letters);
}

/** `Multiple` or `Single`; nothing is single. */
export function readMultiple(text: string): boolean | undefined {
  if (/^(multiple|multi|true|yes|1)/i.test(text)) return true;
  return /^(single|false|no|0|$)/i.test(text) ? false : undefined;
}

/** `Mandatory` or `Optional`; nothing is optional. */
export function readMandatory(text: string): boolean | undefined {
  if (/^(mandatory|true|yes|1)/i.test(text)) return true;
  return /^(optional|false|no|0|$)/i.test(text) ? false : undefined;
}

const NUMBER = String.raw`([-+\u2212]?\d+(?:\.\d+)?)`;
const PART = new RegExp(String.raw`^${NUMBER}(?:\s*(?:\.{2,}|\u2026|-|\u2013|to)\s*${NUMBER})?(?:\s*bytes?)?$`, 'i');

/**
 * `0..255`, `0-255`, `0 to 100`, `1..64 bytes`, `1...3`, `0..3, 99`, `16,32,48`: the least and the largest of what may be.
 * A single number says a size or an example, not a range.
 */
export function readRange(text: string): readonly [number, number] | undefined {
  const parts = text.trim().split(/\s*[,;]\s*/);
  const numbers: number[] = [];
  for (const part of parts) {
    const match = PART.exec(part);
    if (!match) return undefined;
    for (const one of match.slice(1)) if (one !== undefined) numbers.push(Number(one.replace('\u2212', '-')));
  }
  return numbers.length < 2 ? undefined : [Math.min(...numbers), Math.max(...numbers)];
}
