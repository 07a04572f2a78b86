/** CBOR (RFC 8949): the part that LwM2M uses, decoded strictly and within limits. */

import { LIMITS } from '../limits.ts';
import { type Int, int } from '../value.ts';
import { decodeUtf8, encodeUtf8, fail } from './content.ts';
import type { Item } from './item.ts';

export const Major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const EIGHT_BYTES = 27;
const INDEFINITE = 31;
const BREAK = 0xff;

/** The tags that LwM2M gives a meaning: date and time text, epoch time, decimal fraction (RFC 8949 §3.4). */
export const Tag = { dateTime: 0, epoch: 1, decimalFraction: 4 } as const;

/** Reads exactly one data item; ends the parse on anything else. */
export function decodeCbor(bytes: Uint8Array): Item {
  const reader = new CborReader(bytes);
  const item = reader.item(0);
  if (reader.at < bytes.length) fail('malformed', 'bytes after the end of the CBOR item', reader.at);
  return item;
}

/** Reads data items one after the other; ends the parse on anything malformed. */
export class CborReader {
  /** Where the next item begins. */
  at = 0;
  private items = 0;
  private readonly bytes: Uint8Array;
  private known: DataView | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Made when a number of several bytes is read, which many items have none of. */
  private get view(): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.known ??= new DataView(buffer, byteOffset, byteLength);
    return this.known;
  }

  item(depth: number): Item {
    const start = this.at;
    if (depth > LIMITS.depth) fail('limit', `CBOR nested deeper than ${LIMITS.depth}`, start);
    if (++this.items > LIMITS.items) fail('limit', `more than ${LIMITS.items} CBOR items`, start);
    const initial = this.byte();
    const major = initial >> 5;
    const info = initial & 31;
    switch (major) {
      case Major.unsigned:
        return { kind: 'int', value: this.argument(info, start) };
      case Major.negative:
        return { kind: 'int', value: negative(this.argument(info, start)) };
      case Major.bytes:
        return { kind: 'bytes', value: new Uint8Array(this.string(major, info, start)) };
      case Major.text:
        return { kind: 'text', value: decodeUtf8(this.string(major, info, start), start) };
      case Major.array:
        return { kind: 'array', items: this.sequence(info, 1, start, () => this.item(depth + 1)) };
      case Major.map:
        return {
          kind: 'map',
          entries: this.sequence(info, 2, start, () => [this.item(depth + 1), this.item(depth + 1)] as const),
        };
      case Major.tag: {
        const tag = this.argument(info, start);
        if (tag !== Tag.dateTime && tag !== Tag.epoch && tag !== Tag.decimalFraction) {
          return fail('unsupported', `CBOR tag ${tag}`, start);
        }
        return { kind: 'tag', tag, item: this.item(depth + 1) };
      }
      default:
        return this.simple(info, start);
    }
  }

  /**
   * Reads a float, or a whole number of up to four bytes, without an item for it; undefined, and nothing is read, if
   * something else comes next.
   */
  number(): number | undefined {
    const start = this.at;
    const initial = this.bytes[start] ?? BREAK;
    const major = initial >> 5;
    const info = initial & 31;
    const whole = major <= Major.negative && info < EIGHT_BYTES;
    if (!whole && (major !== Major.simple || !isFloat(info))) return undefined;
    this.at++;
    if (!whole) return this.float(info);
    const argument = Number(this.argument(info, start));
    return major === Major.unsigned ? argument : -1 - argument;
  }

  /** Reads an array, or a map, whose elements, or entries, are read by `next`. */
  each(major: typeof Major.array | typeof Major.map, next: () => void): void {
    const start = this.at;
    const initial = this.byte();
    if (initial >> 5 !== major) fail('malformed', 'another CBOR item than expected', start);
    this.sequence(initial & 31, 1, start, next);
  }

  /** Moves over bytes that are the same as those of `known` between two places; false if they differ. */
  skip(known: Uint8Array, from: number, to: number): boolean {
    const offset = this.at - from;
    if (to + offset > this.bytes.length) return false;
    for (let index = from; index < to; index++) if (known[index] !== this.bytes[index + offset]) return false;
    this.at = to + offset;
    return true;
  }

  /** Whether the next item is a number, text, bytes or a simple value, in one piece. */
  atScalar(): boolean {
    const initial = this.bytes[this.at] ?? BREAK;
    const major = initial >> 5;
    return (major <= Major.text || major === Major.simple) && (initial & 31) !== INDEFINITE;
  }

  private byte(): number {
    return this.bytes[this.advance(1)] ?? 0;
  }

  /** Moves past `count` bytes and gives the place of the first. */
  private advance(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) fail('truncated', `CBOR ends within an item`, this.bytes.length);
    this.at = start + count;
    return start;
  }

  private argument(info: number, start: number): Int {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.byte();
      case 25:
        return this.view.getUint16(this.advance(2));
      case 26:
        return this.view.getUint32(this.advance(4));
      case EIGHT_BYTES:
        return int(this.view.getBigUint64(this.advance(8)));
      default:
        return fail('malformed', `reserved CBOR additional information ${info}`, start);
    }
  }

  private length(info: number, start: number): number {
    const length = this.argument(info, start);
    // Compared with what is left before anything is allocated: a declared length costs its sender nothing.
    if (length > this.bytes.length - this.at) fail('truncated', `CBOR declares ${length}, more than is left`, start);
    return Number(length);
  }

  private string(major: number, info: number, start: number): Uint8Array {
    if (info !== INDEFINITE) {
      const length = this.length(info, start);
      const from = this.advance(length);
      return this.bytes.subarray(from, from + length);
    }
    const chunks: Uint8Array[] = [];
    while (!this.isBreak()) {
      const chunkStart = this.at;
      if (++this.items > LIMITS.items) fail('limit', `more than ${LIMITS.items} CBOR items`, chunkStart);
      const initial = this.byte();
      if (initial >> 5 !== major || (initial & 31) === INDEFINITE) {
        fail('malformed', 'a chunk of another kind in a CBOR string', chunkStart);
      }
      const chunk = this.string(major, initial & 31, chunkStart);
      if (major === Major.text) decodeUtf8(chunk, chunkStart);
      chunks.push(chunk);
    }
    return concat(chunks);
  }

  private sequence<T>(info: number, itemsEach: number, start: number, next: () => T): T[] {
    const elements: T[] = [];
    if (info === INDEFINITE) {
      while (!this.isBreak()) elements.push(next());
      return elements;
    }
    const count = this.length(info, start);
    if (count * itemsEach > this.bytes.length - this.at) fail('truncated', `CBOR declares ${count} elements`, start);
    for (let index = 0; index < count; index++) elements.push(next());
    return elements;
  }

  private isBreak(): boolean {
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  private simple(info: number, start: number): Item {
    switch (info) {
      case 20:
      case 21:
        return { kind: 'boolean', value: info === 21 };
      case 22:
        return { kind: 'null' };
      default:
        if (isFloat(info)) return { kind: 'float', value: this.float(info) };
        return fail('malformed', `CBOR simple value or break (${info}) where a value is due`, start);
    }
  }

  /** The float of 2, 4 or 8 bytes that `info` says to follow. */
  private float(info: number): number {
    if (info === 25) return halfFloat(this.view.getUint16(this.advance(2)));
    return info === 26 ? this.view.getFloat32(this.advance(4)) : this.view.getFloat64(this.advance(8));
  }
}

function isFloat(info: number): boolean {
  return info >= 25 && info <= 27;
}

function negative(argument: Int): Int {
  return typeof argument === 'number' ? int(-1 - argument) : int(-1n - argument);
}

/** RFC 8949 Appendix D. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent < 31
        ? (1024 + fraction) * 2 ** (exponent - 25)
        : fraction === 0
          ? Infinity
          : NaN;
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** Joins byte strings. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Writes one data item: definite lengths, shortest integers, floats of 4 bytes where those are exact, else of 8.
 * (Half floats are read and never written: small devices often lack them.)
 */
export function encodeCbor(item: Item): Uint8Array {
  const parts: Uint8Array[] = [];
  write(item, parts);
  return concat(parts);
}

function write(item: Item, parts: Uint8Array[]): void {
  switch (item.kind) {
    case 'int':
      if (item.value >= 0) parts.push(head(Major.unsigned, item.value));
      else parts.push(head(Major.negative, typeof item.value === 'number' ? -1 - item.value : -1n - item.value));
      return;
    case 'float':
      parts.push(float(item.value));
      return;
    case 'bytes':
      parts.push(head(Major.bytes, item.value.length), item.value);
      return;
    case 'text': {
      const text = encodeUtf8(item.value);
      parts.push(head(Major.text, text.length), text);
      return;
    }
    case 'boolean':
      parts.push(Uint8Array.of(item.value ? 0xf5 : 0xf4));
      return;
    case 'null':
      parts.push(Uint8Array.of(0xf6));
      return;
    case 'array':
      parts.push(head(Major.array, item.items.length));
      for (const element of item.items) write(element, parts);
      return;
    case 'map':
      parts.push(head(Major.map, item.entries.length));
      for (const [key, value] of item.entries) {
        write(key, parts);
        write(value, parts);
      }
      return;
    case 'tag':
      parts.push(head(Major.tag, item.tag));
      write(item.item, parts);
  }
}

function head(major: number, argument: Int): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | Number(argument));
  const width = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8;
  const bytes = new Uint8Array(1 + width);
  const view = new DataView(bytes.buffer);
  bytes[0] = type | (24 + Math.log2(width));
  if (width === 1) bytes[1] = Number(argument);
  else if (width === 2) view.setUint16(1, Number(argument));
  else if (width === 4) view.setUint32(1, Number(argument));
  else view.setBigUint64(1, BigInt(argument));
  return bytes;
}

function float(value: number): Uint8Array {
  const single = Object.is(Math.fround(value), value);
  const bytes = new Uint8Array(single ? 5 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = single ? 0xfa : 0xfb;
  if (single) view.setFloat32(1, value);
  else view.setFloat64(1, value);
  return bytes;
}
