/** LwM2M CBOR (OMA Core §7.5.4, content format 11544): maps whose keys are ids, or arrays of ids. */

import { LIMITS } from '../limits.ts';
import { isPrefixOf, join, type LwM2mPath, PathLevel, ROOT_PATH, segments } from '../path.ts';
import { NONE, type Value } from '../value.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { fail, type ResourceRecord, refuse, type TypeLookup } from './content.ts';
import type { Item } from './item.ts';
import { itemOfValue, typed, valueOfItem } from './item-value.ts';

/** Stands in a Create for the instance id that the device is to choose (OMA Core §7.5.4). */
const NEW_INSTANCE = 65_535;

interface Leaf {
  readonly ids: readonly number[];
  readonly item: Item;
}

/**
 * Reads a document. Keys are whole paths, however they are split over the nesting; those of LwM2M 1.2.0 clients may begin
 * below the path that was asked for, which is accepted when no key begins with it.
 * @param unnumbered in a Create: an instance without a number of its own is read as instance 0
 */
export function decodeLwm2mCbor(
  bytes: Uint8Array,
  base: LwM2mPath,
  typeOf: TypeLookup,
  unnumbered = false,
): ResourceRecord[] {
  const found: Leaf[] = [];
  collect(decodeCbor(bytes), [], found);
  const leaves = unnumbered ? found.map(({ ids, item }) => ({ ids: ids.with(1, 0), item })) : found;
  const absolute = leaves.map(({ ids }) => join(ROOT_PATH, ...ids));
  const relative = absolute.some((at) => at !== undefined && isPrefixOf(base, at))
    ? []
    : leaves.map(({ ids }) => join(base, ...ids));
  const paths = relative.length > 0 && relative.every((at) => at !== undefined) ? relative : absolute;
  const seen = new Set<LwM2mPath>();
  const records = leaves.map(({ ids, item }, index) => {
    const at = paths[index] ?? fail('path', `[${ids.join(', ')}] is not a path`);
    if (seen.has(at)) fail('malformed', `${at} twice`);
    seen.add(at);
    return { path: at, value: typed(item.kind === 'null' ? NONE : valueOfItem(item, at), typeOf(at), at) };
  });
  const [only] = records;
  // What was asked for is there, and has nothing in it.
  return records.length === 1 && only?.path === base && leaves[0]?.item.kind === 'null' ? [] : records;
}

/** Whether a Create leaves the id of the new instance to the device. */
export function isUnnumbered(bytes: Uint8Array): boolean {
  const leaves: Leaf[] = [];
  collect(decodeCbor(bytes), [], leaves);
  return leaves.some(({ ids }) => ids[1] === NEW_INSTANCE);
}

function collect(item: Item, prefix: readonly number[], leaves: Leaf[]): void {
  if (item.kind !== 'map') {
    if (prefix.length === 0) fail('malformed', 'LwM2M CBOR is a map');
    if (leaves.length >= LIMITS.records) fail('limit', `more than ${LIMITS.records} values`);
    leaves.push({ ids: prefix, item });
    return;
  }
  // An empty map is how a multiple resource without instances is said.
  if (item.entries.length === 0 && prefix.length > 0) leaves.push({ ids: prefix, item: { kind: 'null' } });
  for (const [key, value] of item.entries) {
    const ids = [...prefix, ...idsOfKey(key)];
    if (ids.length > PathLevel.resourceInstance) fail('path', `[${ids.join(', ')}] has too many ids`);
    collect(value, ids, leaves);
  }
}

function idsOfKey(key: Item): number[] {
  const ids = key.kind === 'array' ? key.items : [key];
  if (ids.length === 0) fail('malformed', 'a key without ids');
  return ids.map((id) => {
    if (id.kind === 'text') return fail('unsupported', `the prefix "${id.value}" of a device behind a gateway`);
    return id.kind === 'int' && typeof id.value === 'number' && id.value >= 0
      ? id.value
      : fail('path', 'a key is an id');
  });
}

/** A node of what is to be written: its value, or what lies below it. */
interface Node {
  readonly below: Map<number, Node>;
  value?: Value;
}

/**
 * Writes a document: the ids that all values share stand in one key, everything below is nested.
 * @param unnumbered for a Create whose instance the device is to number: that of the records does not count
 */
export function encodeLwm2mCbor(base: LwM2mPath, records: readonly ResourceRecord[], unnumbered = false): Uint8Array {
  const root: Node = { below: new Map() };
  const nothing: ResourceRecord = { path: base, value: NONE };
  for (const { path, value, time } of records.length === 0 ? [nothing] : records) {
    if (time !== undefined) refuse('LwM2M CBOR carries no times');
    let node = root;
    for (const id of unnumbered ? segments(path).with(1, NEW_INSTANCE) : segments(path)) {
      const next: Node = node.below.get(id) ?? { below: new Map() };
      node.below.set(id, next);
      node = next;
    }
    node.value = value;
  }
  if (root.below.size === 0) refuse('LwM2M CBOR has no form for a device without objects');
  const entries = [...root.below].map(([id, node]): [Item, Item] => {
    const ids = [id];
    let at = node;
    for (let only = onlyChild(at); only !== undefined; only = onlyChild(at)) {
      ids.push(only[0]);
      at = only[1];
    }
    return [ids.length === 1 ? idItem(id) : { kind: 'array', items: ids.map(idItem) }, itemOfNode(at)];
  });
  return encodeCbor({ kind: 'map', entries });
}

function onlyChild({ below, value }: Node): [number, Node] | undefined {
  const [first, second] = below;
  return value === undefined && second === undefined ? first : undefined;
}

function itemOfNode({ below, value }: Node): Item {
  if (value !== undefined && below.size > 0) return refuse('a node has a value or something below it');
  if (value !== undefined) return value.type === 'none' ? { kind: 'map', entries: [] } : itemOfValue(value);
  return { kind: 'map', entries: [...below].map(([id, node]): [Item, Item] => [idItem(id), itemOfNode(node)]) };
}

function idItem(value: number): Item {
  return { kind: 'int', value };
}
