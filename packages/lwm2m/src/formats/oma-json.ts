/** The JSON of LwM2M 1.0 (OMA Core 1.0 §6.4.4, content format 11543). */

import { fromBase64, toBase64 } from '../base64.ts';
import { LIMITS } from '../limits.ts';
import { type LwM2mPath, parent, parsePath } from '../path.ts';
import { NONE, parseObjectLink, type Value } from '../value.ts';
import { fail, type ResourceRecord, type TypeLookup } from './content.ts';
import type { Item } from './item.ts';
import { itemOfNumber, itemOfValue, numberOfItem, typed, valueOfItem } from './item-value.ts';
import { decodeJson, encodeJson } from './json.ts';

/** Reads a document: `{"bn": …, "bt": …, "e": […]}`, or the bare array that some devices send. */
export function decodeOmaJson(bytes: Uint8Array, base: LwM2mPath, typeOf: TypeLookup): ResourceRecord[] {
  const document = decodeJson(bytes);
  const head = document.kind === 'map' ? membersOf(document) : new Map<string, Item>();
  const list = document.kind === 'map' ? head.get('e') : document;
  if (list?.kind !== 'array') return fail('malformed', 'no array "e" of values');
  if (list.items.length > LIMITS.records) fail('limit', `more than ${LIMITS.records} values`);
  let name = textOf(head.get('bn')) ?? '';
  let time = timeOf(head.get('bt'), 'bt');
  return list.items.map((item, index) => {
    const at = `value ${index}`;
    const members = item.kind === 'map' ? membersOf(item) : fail('malformed', `${at} is not an object`);
    name = textOf(members.get('bn')) ?? name;
    time = timeOf(members.get('bt'), at) ?? time;
    const full = name + (textOf(members.get('n')) ?? '');
    const path = pathOf(full, base) ?? fail('path', `${at}: "${full.slice(0, 40)}" is not a path`);
    const value = typed(valueIn(members, typeOf(path) === 'opaque', at), typeOf(path), path);
    const offset = timeOf(members.get('t'), at);
    return time === undefined && offset === undefined
      ? { path, value }
      : { path, value, time: (time ?? 0) + (offset ?? 0) };
  });
}

function membersOf(item: Extract<Item, { kind: 'map' }>): Map<string, Item> {
  return new Map(item.entries.flatMap(([key, value]) => (key.kind === 'text' ? [[key.value, value]] : [])));
}

function textOf(item: Item | undefined): string | undefined {
  return item === undefined ? undefined : item.kind === 'text' ? item.value : fail('malformed', 'a name must be text');
}

function timeOf(item: Item | undefined, at: string): number | undefined {
  return item === undefined ? undefined : numberOfItem(item, at);
}

/** A base name may lack the slashes at its ends; without any, names count from the path that was asked for. */
function pathOf(name: string, base: LwM2mPath): LwM2mPath | undefined {
  const trimmed = name.replace(/\/$/, '');
  if (trimmed === '') return base;
  if (trimmed.startsWith('/')) return parsePath(trimmed);
  return parsePath(`${base === '/' ? '' : base}/${trimmed}`);
}

const VALUE_MEMBERS = ['v', 'bv', 'sv', 'ov'] as const;

function valueIn(members: ReadonlyMap<string, Item>, opaque: boolean, at: string): Value {
  const [member, second] = VALUE_MEMBERS.filter((each) => members.has(each));
  if (second !== undefined) fail('malformed', `${at}: both ${member} and ${second}`);
  const item = member === undefined ? undefined : members.get(member);
  if (member === undefined || item === undefined) return NONE;
  if (member === 'v' && (item.kind === 'int' || item.kind === 'float')) return valueOfItem(item, at);
  if (member === 'bv' && item.kind === 'boolean') return valueOfItem(item, at);
  if (member === 'sv' && item.kind === 'text') {
    const bytes = opaque ? fromBase64(item.value) : undefined;
    return bytes === undefined ? valueOfItem(item, at) : { type: 'opaque', value: bytes };
  }
  const link = member === 'ov' && item.kind === 'text' ? parseObjectLink(item.value) : undefined;
  return link === undefined
    ? fail('value', `${at}: ${member} does not hold a ${item.kind}`)
    : { type: 'objlnk', value: link };
}

/** Writes a document: names are below one base name; empty nodes, for which there is no form, are left out. */
export function encodeOmaJson(base: LwM2mPath, records: readonly ResourceRecord[]): Uint8Array {
  const written = records.filter(({ value }) => value.type !== 'none');
  const above = written.some(({ path }) => path === base) ? parent(base) : base;
  const baseName = above === '/' ? above : `${above}/`;
  const items = written.map(({ path, value, time }): Item => {
    const [member, item] = memberOf(value);
    const name = text(path.slice(baseName.length));
    return mapOf({ n: name, [member]: item, ...(time !== undefined && { t: itemOfNumber(time) }) });
  });
  return encodeJson(mapOf({ bn: text(baseName), e: { kind: 'array', items } }));
}

function memberOf(value: Value): readonly [(typeof VALUE_MEMBERS)[number], Item] {
  if (value.type === 'opaque') return ['sv', text(toBase64(value.value))];
  const item = itemOfValue(value);
  if (value.type === 'objlnk') return ['ov', item];
  if (item.kind === 'boolean') return ['bv', item];
  return [item.kind === 'text' ? 'sv' : 'v', item];
}

const text = (value: string): Item => ({ kind: 'text', value });
const mapOf = (members: Readonly<Record<string, Item>>): Item => ({
  kind: 'map',
  entries: Object.entries(members).map(([key, item]) => [text(key), item]),
});
