/** The TLV syntax of LwM2M (OMA Core §7.5.5, Table 7.5.5-1): a tree of elements, without any meaning of theirs. */

import { LIMITS } from '../limits.ts';
import { concat } from './cbor.ts';
import { attempt, type FormatResult, fail, refuse } from './content.ts';

/** Bits 7-6 of the type byte. */
const TlvType = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;
const TYPES = ['objectInstance', 'resourceInstance', 'multipleResource', 'resource'] as const;

/** An element that holds elements. */
interface TlvContainer<Kind extends string> {
  readonly kind: Kind;
  readonly id: number;
  readonly children: readonly TlvNode[];
}

/** An element that holds a value. */
interface TlvLeaf<Kind extends string> {
  readonly kind: Kind;
  readonly id: number;
  readonly value: Uint8Array;
}

export type TlvNode =
  | TlvContainer<'objectInstance'>
  | TlvContainer<'multipleResource'>
  | TlvLeaf<'resourceInstance'>
  | TlvLeaf<'resource'>;

const ID_16_BIT = 0x20;
const LONGEST = 2 ** 24 - 1;
const NO_NODES: readonly TlvNode[] = [];

/** What may stand within what. */
const CHILDREN = {
  top: ['objectInstance', 'multipleResource', 'resource', 'resourceInstance'],
  objectInstance: ['multipleResource', 'resource'],
  multipleResource: ['resourceInstance'],
} as const satisfies Record<string, readonly TlvNode['kind'][]>;

/** Reads a sequence of elements; every legal form of id and length is accepted. */
export function decodeTlv(bytes: Uint8Array): FormatResult<{ readonly nodes: readonly TlvNode[] }> {
  return attempt(() => ({ nodes: readTlv(bytes) }));
}

/** {@link decodeTlv} for use within a parse. */
export function readTlv(bytes: Uint8Array): readonly TlvNode[] {
  return new Reader(bytes).nodes(bytes.length, 'top');
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #elements = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The elements up to a place in the bytes. */
  nodes(end: number, within: keyof typeof CHILDREN): readonly TlvNode[] {
    if (this.#at === end) return NO_NODES;
    // Most often there is one: an array that is made with it has no room to spare.
    const nodes = [this.#node(end, within)];
    while (this.#at < end) nodes.push(this.#node(end, within));
    return nodes;
  }

  #node(end: number, within: keyof typeof CHILDREN): TlvNode {
    const start = this.#at;
    if (++this.#elements > LIMITS.items) fail('limit', `more than ${LIMITS.items} TLV elements`, start);
    const header = this.#uint(1, end);
    const kind = TYPES[header >> 6] ?? 'resource';
    const allowed: readonly TlvNode['kind'][] = CHILDREN[within];
    if (!allowed.includes(kind)) fail('malformed', `TLV ${kind} within ${within}`, start);
    const id = this.#uint(header & ID_16_BIT ? 2 : 1, end);
    const lengthBytes = (header >> 3) & 3;
    const length = lengthBytes === 0 ? header & 7 : this.#uint(lengthBytes, end);
    const stop = this.#at + length;
    if (stop > end) fail('truncated', `TLV ${kind} ${id} declares ${length} bytes, ${end - this.#at} are left`, start);
    if (kind === 'objectInstance' || kind === 'multipleResource') return { kind, id, children: this.nodes(stop, kind) };
    const value = this.#bytes.subarray(this.#at, stop);
    this.#at = stop;
    return { kind, id, value };
  }

  #uint(width: number, end: number): number {
    if (end - this.#at < width) fail('truncated', 'TLV ends within a header', this.#at);
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 256 + (this.#bytes[this.#at++] ?? 0);
    return value;
  }
}

/** Writes elements in their shortest forms. */
export function encodeTlv(nodes: readonly TlvNode[]): FormatResult<{ readonly bytes: Uint8Array }> {
  return attempt(() => ({ bytes: writeTlv(nodes) }));
}

/** {@link encodeTlv} for use within an encoding. */
export function writeTlv(nodes: readonly TlvNode[]): Uint8Array {
  return concat(
    nodes.flatMap((node) => {
      const value = 'children' in node ? writeTlv(node.children) : node.value;
      return [header(node, value.length), value];
    }),
  );
}

function header(node: TlvNode, length: number): Uint8Array {
  if (length > LONGEST) refuse(`a TLV element holds at most ${LONGEST} bytes`);
  const wide = node.id > 0xff;
  const lengthBytes = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
  const type =
    (TlvType[node.kind] << 6) | (wide ? ID_16_BIT : 0) | (lengthBytes << 3) | (lengthBytes === 0 ? length : 0);
  const bytes = [type];
  if (wide) bytes.push(node.id >> 8);
  bytes.push(node.id & 0xff);
  for (let index = lengthBytes - 1; index >= 0; index--) bytes.push((length >> (8 * index)) & 0xff);
  return Uint8Array.from(bytes);
}
