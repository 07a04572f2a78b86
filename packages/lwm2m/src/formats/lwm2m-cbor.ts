/** LwM2M CBOR (OMA Core §7.5.4, content format 11544): maps whose keys are ids, or arrays of ids. */

import { LIMITS } from '../limits.ts';
import { isPrefixOf, join, type LwM2mPath, PathLevel, ROOT_PATH, segments } from '../path.ts';
import { NONE, type Value } from '../value.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { fail, type Naming, type ResourceRecord, refuse, typeAt } from './content.ts';
import type { Item } from './item.ts';
import { itemOfValue, typed, valueOfItem } from './item-value.ts';

/** Stands in a Create for the instance id that the device is to choose (OMA Core §7.5.4). */
const NEW_INSTANCE = 65_535;

interface Leaf {
  /** Of a device behind a gateway. */
  readonly prefix?: string;
  readonly ids: readonly number[];
  readonly item: Item;
}

/** The beginning of a key, which the keys below it go on with. */
type Key = Pick<Leaf, 'prefix' | 'ids'>;

/**
 * Reads a document. Keys are whole paths, however they are split over the nesting; those of LwM2M 1.2.0 clients may begin
 * below the path that was asked for, which is accepted when no key begins with it. A gateway may leave out the prefix of
 * the device that was asked.
 * @param unnumbered in a Create: an instance without a number of its own is read as instance 0
 */
export function decodeLwm2mCbor(
  bytes: Uint8Array,
  base: LwM2mPath,
  naming: Omit<Naming, 'rootPath'>,
  unnumbered = false,
): ResourceRecord[] {
  const found: Leaf[] = [];
  collect(decodeCbor(bytes), { ids: [] }, found);
  const leaves = unnumbered ? found.map((leaf) => ({ ...leaf, ids: numbered(leaf.ids) })) : found;
  const absolute = leaves.map(({ ids }) => join(ROOT_PATH, ...ids));
  const relative = absolute.some((at) => at !== undefined && isPrefixOf(base, at))
    ? []
    : leaves.map(({ ids }) => join(base, ...ids));
  const paths = relative.length > 0 && relative.every((at) => at !== undefined) ? relative : absolute;
  const seen = new Set<string>();
  const records = leaves.map(({ prefix, ids, item }, index): ResourceRecord => {
    const at = paths[index] ?? fail('path', `[${ids.join(', ')}] is not a path`);
    const node = prefix === undefined || prefix === naming.prefix ? { path: at } : { path: at, prefix };
    if (node.prefix !== undefined && !naming.behind) fail('path', `values of "${node.prefix}", which was not asked`);
    const name = node.prefix === undefined ? at : `${node.prefix}${at}`;
    if (seen.has(name)) fail('malformed', `${name} twice`);
    seen.add(name);
    return {
      ...node,
      value: typed(item.kind === 'null' ? NONE : valueOfItem(item, at), typeAt(naming, node), at),
    };
  });
  const [only] = records;
  // What was asked for is there, and has nothing in it.
  return records.length === 1 && only?.path === base && leaves[0]?.item.kind === 'null' ? [] : records;
}

function numbered(ids: readonly number[]): readonly number[] {
  return ids.length < PathLevel.instance ? fail('path', 'a Create holds an instance') : ids.with(1, 0);
}

/** Whether a Create leaves the id of the new instance to the device. */
export function isUnnumbered(bytes: Uint8Array): boolean {
  const leaves: Leaf[] = [];
  collect(decodeCbor(bytes), { ids: [] }, leaves);
  return leaves.some(({ ids }) => ids[1] === NEW_INSTANCE);
}

function collect(item: Item, above: Key, leaves: Leaf[]): void {
  if (item.kind !== 'map') {
    if (above.ids.length === 0) fail('malformed', 'LwM2M CBOR is a map');
    if (leaves.length >= LIMITS.records) fail('limit', `more than ${LIMITS.records} values`);
    leaves.push({ ...above, item });
    return;
  }
  // An empty map is how a multiple resource without instances is said.
  if (item.entries.length === 0 && above.ids.length > 0) leaves.push({ ...above, item: { kind: 'null' } });
  for (const [key, value] of item.entries) {
    const below = keyBelow(above, key);
    if (below.ids.length > PathLevel.resourceInstance) fail('path', `[${below.ids.join(', ')}] has too many ids`);
    collect(value, below, leaves);
  }
}

function keyBelow(above: Key, key: Item): Key {
  const items = key.kind === 'array' ? key.items : [key];
  const [first] = items;
  const begins = first?.kind === 'text' && key.kind === 'array' && above.ids.length === 0;
  const ids = begins ? items.slice(1) : items;
  if (ids.length === 0) fail('malformed', 'a key without ids');
  return {
    ...above,
    ...(begins ? { prefix: first.value } : {}),
    ids: [...above.ids, ...ids.map(idOf)],
  };
}

function idOf(item: Item): number {
  return item.kind === 'int' && typeof item.value === 'number' && item.value >= 0
    ? item.value
    : fail('path', 'a key is an id');
}

/** A node of what is to be written: its value, or what lies below it. */
interface Node {
  readonly below: Map<number, Node>;
  value?: Value;
}

/**
 * Writes a document: the ids that all values share stand in one key, everything below is nested.
 * `unnumbered` is for a Create whose instance the device is to number: that of the records does not count.
 */
export function encodeLwm2mCbor(
  base: LwM2mPath,
  records: readonly ResourceRecord[],
  { prefix, unnumbered = false }: { readonly prefix?: string | undefined; readonly unnumbered?: boolean } = {},
): Uint8Array {
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
    const key: Item[] = ids.map(idItem);
    if (prefix !== undefined) key.unshift({ kind: 'text', value: prefix });
    return [key.length === 1 ? idItem(id) : { kind: 'array', items: key }, itemOfNode(at)];
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
