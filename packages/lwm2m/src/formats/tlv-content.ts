/** TLV as content: the tree of elements against the path that was asked for (OMA Core §7.5.5). */

import { child, isPrefixOf, type LwM2mPath, level, PathLevel, parent, segments } from '../path.ts';
import { NONE, type Value } from '../value.ts';
import { fail, type ResourceRecord, refuse, type TypeLookup } from './content.ts';
import { readTlv, type TlvNode, writeTlv } from './tlv.ts';
import { bytesOfValue, valueOfBytes } from './tlv-value.ts';

/**
 * Reads TLV that answers, or is written to, `base`.
 *
 * Devices wrap resources in their object instance where they need not, and leave the wrapper out where they must not
 * (then it is instance 0); both are accepted. Ids that are not those of `base` end the parse.
 */
export function decodeTlvContent(bytes: Uint8Array, base: LwM2mPath, typeOf: TypeLookup): ResourceRecord[] {
  if (level(base) === PathLevel.root) return fail('unsupported', 'TLV at the root');
  const nodes = readTlv(bytes);
  const [, instance, resource, resourceInstance] = segments(base);
  const reader = new Reader(typeOf);
  if (instance === undefined) reader.object(base, nodes);
  else if (resource === undefined) reader.instance(base, unwrap(nodes, instance));
  else if (resourceInstance === undefined) reader.within(base, resource, unwrap(nodes, instance));
  else reader.within(parent(base), resource, unwrap(nodes, instance), resourceInstance);
  const { records } = reader;
  for (let i = 0; i < records.length; i++) {
    const path = records[i]?.path ?? base;
    if (!isPrefixOf(base, path)) fail('path', `TLV holds ${path}, not ${base}`);
  }
  return records;
}

/** The resources of an object instance that may stand in its wrapper or without. */
function unwrap(nodes: readonly TlvNode[], instance: number): readonly TlvNode[] {
  const [first] = nodes;
  if (nodes.length !== 1 || first?.kind !== 'objectInstance') return nodes;
  return first.id === instance
    ? first.children
    : fail('path', `TLV holds object instance ${first.id}, not ${instance}`);
}

class Reader {
  records: ResourceRecord[] = [];
  private readonly typeOf: TypeLookup;

  constructor(typeOf: TypeLookup) {
    this.typeOf = typeOf;
  }

  object(path: LwM2mPath, nodes: readonly TlvNode[]): void {
    const wrapped = nodes.filter((node) => node.kind === 'objectInstance');
    if (wrapped.length === 0 && nodes.length > 0) this.instance(below(path, 0), nodes);
    else if (wrapped.length < nodes.length) fail('malformed', 'object instances and resources side by side');
    for (const node of wrapped) {
      const instance = below(path, node.id);
      if (node.children.length === 0) this.add(instance, NONE);
      this.instance(instance, node.children);
    }
  }

  instance(path: LwM2mPath, nodes: readonly TlvNode[]): void {
    for (const node of nodes) this.resource(below(path, node.id), node);
  }

  /** The elements of one resource, which may also come as bare resource instances, or as a resource under either id. */
  within(path: LwM2mPath, id: number, nodes: readonly TlvNode[], resourceInstance?: number): void {
    for (const node of nodes) {
      if (node.kind === 'resourceInstance') this.value(below(path, node.id), node.value);
      else if (
        node.kind === 'resource' &&
        resourceInstance !== undefined &&
        (node.id === resourceInstance || node.id === id)
      ) {
        this.value(below(path, resourceInstance), node.value);
        // The text that was asked for, where it is that: looking things up by one that is known costs least.
      } else this.resource(node.id === id ? path : below(parent(path), node.id), node);
    }
  }

  private resource(path: LwM2mPath, node: TlvNode): void {
    if (node.kind === 'objectInstance' || node.kind === 'resourceInstance') {
      fail('malformed', `TLV ${node.kind} ${node.id} directly below ${parent(path)}`);
    }
    if (node.kind === 'resource') {
      this.value(path, node.value);
      return;
    }
    if (node.children.length === 0) this.add(path, NONE);
    for (const one of node.children) {
      if (one.kind === 'resourceInstance') this.value(below(path, one.id), one.value);
    }
  }

  private value(path: LwM2mPath, bytes: Uint8Array): void {
    this.add(path, valueOfBytes(bytes, this.typeOf(path), path));
  }

  private add(path: LwM2mPath, value: Value): void {
    const record = { path, value };
    // Most often it is the only one: an array that is made with it has no room to spare.
    if (this.records.length === 0) this.records = [record];
    else this.records.push(record);
  }
}

function below(path: LwM2mPath, id: number): LwM2mPath {
  return child(path, id) ?? fail('path', `id ${id} below ${path} is reserved`);
}

/** Writes records below `base`: object instances are wrapped only where `base` names none. */
export function encodeTlvContent(base: LwM2mPath, records: readonly ResourceRecord[]): Uint8Array {
  if (records.some((record) => record.time !== undefined)) refuse('TLV carries no times');
  if (level(base) === PathLevel.root) refuse('TLV at the root');
  const paths = new Set(records.map((record) => record.path));
  if (paths.size < records.length) refuse('TLV carries one value per path');
  switch (level(base)) {
    case PathLevel.object:
      return writeTlv(instanceNodes(records));
    case PathLevel.resourceInstance:
      return writeTlv(records.map((record) => instanceOf(record)));
    default:
      return writeTlv(resourceNodes(records));
  }
}

/** Groups records by the id at one level of their paths, in the order of first appearance. */
function byId(records: readonly ResourceRecord[], at: PathLevel): Map<number, ResourceRecord[]> {
  const groups = new Map<number, ResourceRecord[]>();
  for (const record of records) {
    const id = segments(record.path)[at - 1] ?? refuse(`${record.path} is above its place in TLV`);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [record]);
    else group.push(record);
  }
  return groups;
}

function instanceNodes(records: readonly ResourceRecord[]): TlvNode[] {
  return Array.from(byId(records, PathLevel.instance), ([id, group]) => ({
    kind: 'objectInstance',
    id,
    children: resourceNodes(group.filter((record) => !isEmpty(record, PathLevel.instance))),
  }));
}

function resourceNodes(records: readonly ResourceRecord[]): TlvNode[] {
  return Array.from(byId(records, PathLevel.resource), ([id, group]): TlvNode => {
    const [first] = group;
    if (first !== undefined && group.length === 1 && level(first.path) === PathLevel.resource) {
      if (first.value.type !== 'none') return { kind: 'resource', id, value: bytesOfValue(first.value) };
      return { kind: 'multipleResource', id, children: [] };
    }
    return { kind: 'multipleResource', id, children: group.map(instanceOf) };
  });
}

function instanceOf(record: ResourceRecord): TlvNode {
  const id = segments(record.path)[PathLevel.resourceInstance - 1];
  if (id === undefined) return refuse(`${record.path} is both a value and a multiple resource`);
  return { kind: 'resourceInstance', id, value: bytesOfValue(record.value) };
}

function isEmpty(record: ResourceRecord, at: PathLevel): boolean {
  return record.value.type === 'none' && level(record.path) === at;
}
