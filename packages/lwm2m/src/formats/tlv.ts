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
export function readTlv(bytes: Uint8Array): TlvNode[] {
  return readNodes(bytes, 0, bytes.length, 'top', { elements: 0 });
}

function readNodes(
  bytes: Uint8Array,
  start: number,
  end: number,
  within: keyof typeof CHILDREN,
  count: { elements: number },
): TlvNode[] {
  const nodes: TlvNode[] = [];
  let at = start;
  const uint = (width: number): number => {
    if (end - at < width) fail('truncated', 'TLV ends within a header', at);
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 256 + (bytes[at++] ?? 0);
    return value;
  };
  while (at < end) {
    const element = at;
    if (++count.elements > LIMITS.items) fail('limit', `more than ${LIMITS.items} TLV elements`, element);
    const header = uint(1);
    const kind = TYPES[header >> 6] ?? 'resource';
    const allowed: readonly TlvNode['kind'][] = CHILDREN[within];
    if (!allowed.includes(kind)) fail('malformed', `TLV ${kind} within ${within}`, element);
    const id = uint(header & ID_16_BIT ? 2 : 1);
    const lengthBytes = (header >> 3) & 3;
    const length = lengthBytes === 0 ? header & 7 : uint(lengthBytes);
    if (length > end - at)
      fail('truncated', `TLV ${kind} ${id} declares ${length} bytes, ${end - at} are left`, element);
    if (kind === 'objectInstance' || kind === 'multipleResource') {
      nodes.push({ kind, id, children: readNodes(bytes, at, at + length, kind, count) });
    } else {
      nodes.push({ kind, id, value: bytes.subarray(at, at + length) });
    }
    at += length;
  }
  return nodes;
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
