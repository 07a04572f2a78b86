/** What the tests of this package share. */

import fc from 'fast-check';
import { int, type Value } from './value.ts';

/** Bytes of a hexadecimal string. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Hexadecimal string of bytes. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** UTF-8 of a string. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Every proper prefix. */
export function prefixes(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, length) => bytes.slice(0, length));
}

/** One of some inputs with a few bytes changed, removed, repeated or made up. */
export function mutate(seeds: readonly Uint8Array[], random: () => number): Uint8Array {
  const pick = (below: number): number => Math.floor(random() * below);
  let bytes = [...(seeds[pick(seeds.length)] ?? [])];
  for (let change = pick(4) + 1; change > 0; change--) {
    const at = pick(bytes.length + 1);
    const action = pick(5);
    if (action === 0) bytes[at] = pick(256);
    else if (action === 1) bytes.splice(at, pick(4) + 1);
    else if (action === 2) bytes.splice(at, 0, ...bytes.slice(at, at + pick(16)));
    else if (action === 3) bytes.splice(at, 0, pick(256), pick(256));
    else bytes = bytes.slice(0, at);
  }
  return Uint8Array.from(bytes);
}

/** Any value of any type. */
export const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((value): Value => ({ type: 'string', value })),
  fc.string().map((value): Value => ({ type: 'corelnk', value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Value => ({ type: 'integer', value: int(value) })),
  fc.integer().map((value): Value => ({ type: 'integer', value })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Value => ({ type: 'unsigned', value: int(value) })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Value => ({ type: 'float', value })),
  fc.boolean().map((value): Value => ({ type: 'boolean', value })),
  fc.uint8Array().map((value): Value => ({ type: 'opaque', value })),
  fc.maxSafeInteger().map((value): Value => ({ type: 'time', value: value + 0 })),
  fc
    .tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }))
    .map(([objectId, instanceId]): Value => ({ type: 'objlnk', value: { objectId, instanceId } })),
);
