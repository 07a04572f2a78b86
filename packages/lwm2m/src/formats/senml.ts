/** SenML (RFC 8428) as LwM2M uses it (OMA Core §7.5.6, §7.5.7): JSON 110 and CBOR 112. */

import { fromBase64, toBase64Url } from '../base64.ts';
import { LIMITS } from '../limits.ts';
import { type LwM2mPath, parent, parsePath } from '../path.ts';
import { NONE, parseObjectLink, type Value } from '../value.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { fail, type Naming, type ResourceRecord, typeAt } from './content.ts';
import type { Item } from './item.ts';
import { itemOfNumber, itemOfValue, numberOfItem, typed, valueOfItem } from './item-value.ts';
import { decodeJson, encodeJson } from './json.ts';

/** The fields that LwM2M gives a meaning, with their CBOR labels (RFC 8428 Table 4); `vlo` is LwM2M's own. */
const LABELS = { bn: -2, bt: -3, n: 0, v: 2, vs: 3, vb: 4, t: 6, vd: 8, vlo: 'vlo' } as const;
export type Field = keyof typeof LABELS;

/** Fields that change what a value means and that LwM2M leaves out: base value, base sum, sum. Others are skipped. */
const UNSUPPORTED: ReadonlySet<string | number> = new Set(['bv', -5, 'bs', -6, 's', 5]);

/** One syntax of SenML. */
export interface Syntax {
  /** SenML-ETCH (RFC 8790 §3.2): a number that is null stands for a node that is to be removed. */
  readonly etch: boolean;
  readonly decode: (bytes: Uint8Array) => Item;
  readonly encode: (item: Item) => Uint8Array;
  readonly label: (field: Field) => Item;
  readonly fields: ReadonlyMap<string | number, Field>;
  /** Opaque values: byte strings in CBOR, base64url text in JSON. */
  readonly opaque: (bytes: Uint8Array) => Item;
  readonly readOpaque: (item: Item) => Uint8Array | undefined;
}

const FIELDS = Object.keys(LABELS) as Field[];

export const senmlJson: Syntax = {
  etch: false,
  decode: decodeJson,
  encode: encodeJson,
  label: (field) => ({ kind: 'text', value: field }),
  fields: new Map(FIELDS.map((field) => [field, field])),
  opaque: (bytes) => ({ kind: 'text', value: toBase64Url(bytes) }),
  readOpaque: (item) => (item.kind === 'text' ? fromBase64(item.value) : undefined),
};

export const senmlCbor: Syntax = {
  etch: false,
  decode: decodeCbor,
  encode: encodeCbor,
  label: (field) => {
    const label = LABELS[field];
    return typeof label === 'number' ? { kind: 'int', value: label } : { kind: 'text', value: label };
  },
  fields: new Map(FIELDS.map((field) => [LABELS[field], field])),
  opaque: (bytes) => ({ kind: 'bytes', value: bytes }),
  readOpaque: (item) => (item.kind === 'bytes' ? item.value : undefined),
};

export const senmlEtchJson: Syntax = { ...senmlJson, etch: true };
export const senmlEtchCbor: Syntax = { ...senmlCbor, etch: true };

/** Reads a pack. A record without a value becomes `none`; in SenML-ETCH each must have one (RFC 8790 §3.2). */
export function decodeSenml(syntax: Syntax, bytes: Uint8Array, naming: Naming): ResourceRecord[] {
  let baseName = '';
  let baseTime: number | undefined;
  return readPack(syntax, bytes).map((item, index) => {
    const at = `record ${index}`;
    const fields = readFields(syntax, item, at);
    const bn = fields.get('bn');
    const bt = fields.get('bt');
    const n = fields.get('n');
    const t = fields.get('t');
    if (bn !== undefined) baseName = textOf(bn, at);
    if (bt !== undefined) baseTime = numberOfItem(bt, at);
    const node = recordNode(baseName + (n === undefined ? '' : textOf(n, at)), naming, at);
    const value = typed(readValue(syntax, fields, at), typeAt(naming, node), node.path);
    if (baseTime === undefined && t === undefined) return { ...node, value };
    return { ...node, value, time: (baseTime ?? 0) + (t === undefined ? 0 : numberOfItem(t, at)) };
  });
}

/** Fields of a record that names a node, values aside, with their CBOR labels; base unit and unit mean nothing to LwM2M. */
const NAMING: ReadonlySet<unknown> = new Set(['bn', -2, 'bt', -3, 'bu', -4, 'n', 0, 'u', 1, 't', 6]);

/** Reads a pack that names nodes without values (RFC 8790 §3.1): at least one, and nothing but names, times and units. */
export function decodeSenmlPaths(syntax: Syntax, bytes: Uint8Array, rootPath: string): LwM2mPath[] {
  let baseName = '';
  const items = readPack(syntax, bytes);
  if (items.length === 0) fail('malformed', 'a list without paths');
  return items.map((item, index) => {
    const at = `record ${index}`;
    const fields = readFields(syntax, item, at);
    const other = item.kind === 'map' && item.entries.find(([key]) => !NAMING.has('value' in key && key.value));
    const bn = fields.get('bn');
    const n = fields.get('n');
    if (other || (bn === undefined && n === undefined)) fail('malformed', `${at}: a name expected, and nothing else`);
    if (bn !== undefined) baseName = textOf(bn, at);
    return namedNode(baseName + (n === undefined ? '' : textOf(n, at)), rootPath, at);
  });
}

function readPack(syntax: Syntax, bytes: Uint8Array): readonly Item[] {
  const pack = syntax.decode(bytes);
  if (pack.kind !== 'array') return fail('malformed', 'a SenML pack is an array');
  if (pack.items.length > LIMITS.records) fail('limit', `more than ${LIMITS.records} SenML records`);
  return pack.items;
}

function readFields(syntax: Syntax, item: Item, at: string): Map<Field, Item> {
  if (item.kind !== 'map') return fail('malformed', `${at}: a SenML record is a map`);
  const fields = new Map<Field, Item>();
  for (const [key, value] of item.entries) {
    if ((key.kind !== 'int' && key.kind !== 'text') || typeof key.value === 'bigint') {
      return fail('malformed', `${at}: a label is neither a number nor text`);
    }
    const field = syntax.fields.get(key.value);
    if (field !== undefined) {
      if (fields.has(field)) fail('malformed', `${at}: ${field} twice`);
      fields.set(field, value);
    } else if (UNSUPPORTED.has(key.value) || (typeof key.value === 'string' && key.value.endsWith('_'))) {
      // RFC 8428 §4.4: a field whose name ends in "_" must be understood.
      fail('unsupported', `${at}: SenML field "${shorten(String(key.value))}"`);
    }
  }
  return fields;
}

const VALUE_FIELDS = ['v', 'vs', 'vb', 'vd', 'vlo'] as const;
export type ValueField = (typeof VALUE_FIELDS)[number];

/** Whether a field holds the value of a record. */
export function isValueField(field: Field | undefined): field is ValueField {
  return VALUE_FIELDS.some((one) => one === field);
}

function readValue(syntax: Syntax, fields: ReadonlyMap<Field, Item>, at: string): Value {
  let field: ValueField | undefined;
  for (const candidate of VALUE_FIELDS) {
    if (!fields.has(candidate)) continue;
    if (field !== undefined) fail('malformed', `${at}: both ${field} and ${candidate}`);
    field = candidate;
  }
  const item = field === undefined ? undefined : fields.get(field);
  if (field === undefined || item === undefined) {
    return syntax.etch ? fail('value', `${at}: no value, and no null to remove one`) : NONE;
  }
  const value = parseField(syntax, field, item, at);
  return value ?? fail('value', `${at}: ${field} does not hold a ${item.kind}`);
}

/** The value that a field holds; undefined if it can't hold such an item. */
export function parseField(syntax: Syntax, field: ValueField, item: Item, at: string): Value | undefined {
  switch (field) {
    case 'v':
      if (item.kind === 'null' && syntax.etch) return NONE;
      return item.kind === 'int' || item.kind === 'float' || item.kind === 'tag' ? valueOfItem(item, at) : undefined;
    case 'vs':
      return item.kind === 'text' ? valueOfItem(item, at) : undefined;
    case 'vb':
      return item.kind === 'boolean' ? valueOfItem(item, at) : undefined;
    case 'vd': {
      const bytes = syntax.readOpaque(item);
      return bytes && { type: 'opaque', value: bytes };
    }
    default: {
      const link = item.kind === 'text' ? parseObjectLink(item.value) : undefined;
      return link && { type: 'objlnk', value: link };
    }
  }
}

function textOf(item: Item, at: string): string {
  return item.kind === 'text' ? item.value : fail('malformed', `${at}: a name must be text`);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function namedNode(name: string, rootPath: string, at: string): LwM2mPath {
  return nodePath(name, rootPath) ?? fail('path', `${at}: "${shorten(name)}" is not a path`);
}

/** The node that a record names: of who was asked or sent, or of a device behind that gateway. */
function recordNode(name: string, { rootPath, behind }: Naming, at: string): Pick<ResourceRecord, 'path' | 'prefix'> {
  const path = behind && nodePath(name, rootPath);
  if (!behind || path !== undefined) return { path: path ?? namedNode(name, rootPath, at) };
  const below = rootPath !== '/' && name.startsWith(`${rootPath}/`) ? name.slice(rootPath.length) : name;
  const [, prefix, rest] = /^\/([^/]+)(\/.+)$/.exec(below) ?? [];
  return prefix === undefined || rest === undefined
    ? { path: namedNode(name, rootPath, at) }
    : { path: namedNode(rest, '/', at), prefix };
}

/** Names carry the alternate path since LwM2M 1.2.1; devices that leave it out are understood too. */
function nodePath(name: string, rootPath: string): LwM2mPath | undefined {
  if (rootPath !== '/' && name.startsWith(rootPath)) {
    const rest = name.slice(rootPath.length);
    const path = parsePath(rest === '' ? '/' : rest);
    if (path !== undefined) return path;
  }
  return parsePath(name);
}

/**
 * Writes a pack: one record per value, one base name on the first record, a base time where the records are timed.
 * Empty nodes are left out: SenML has no form for them; in SenML-ETCH they are removed.
 */
export function encodeSenml(
  syntax: Syntax,
  base: LwM2mPath,
  rootPath: string,
  records: readonly ResourceRecord[],
): Uint8Array {
  const prefix = rootPath === '/' ? '' : rootPath;
  const written = records.filter((record) => syntax.etch || record.value.type !== 'none');
  const single = written.length > 0 && written.every((record) => record.path === base);
  const above = written.some((record) => record.path === base) ? parent(base) : base;
  const baseName = single ? prefix + base : `${prefix}${above === '/' ? '' : above}/`;
  const items = written.map((record, index): Item => {
    const entries: [Item, Item][] = [];
    const put = (field: Field, item: Item): void => void entries.push([syntax.label(field), item]);
    if (index === 0) put('bn', { kind: 'text', value: baseName });
    const name = (prefix + record.path).slice(baseName.length);
    if (name !== '') put('n', { kind: 'text', value: name });
    if (record.value.type === 'none') put('v', { kind: 'null' });
    else putValue(syntax, record.value, put);
    if (record.time !== undefined) put('t', itemOfNumber(record.time));
    return { kind: 'map', entries };
  });
  return syntax.encode({ kind: 'array', items });
}

/** Writes a pack that names nodes without values, as a composite read does (RFC 8790 §3.1). */
export function encodeSenmlPaths(syntax: Syntax, rootPath: string, paths: readonly LwM2mPath[]): Uint8Array {
  const prefix = rootPath === '/' ? '' : rootPath;
  const items = paths.map((path): Item => {
    const name = prefix !== '' && path === '/' ? prefix : prefix + path;
    return { kind: 'map', entries: [[syntax.label('n'), { kind: 'text', value: name }]] };
  });
  return syntax.encode({ kind: 'array', items });
}

function putValue(syntax: Syntax, value: Value, put: (field: Field, item: Item) => void): void {
  const item = itemOfValue(value);
  if (value.type === 'opaque') put('vd', syntax.opaque(value.value));
  else if (value.type === 'objlnk') put('vlo', item);
  else if (item.kind === 'boolean') put('vb', item);
  else put(item.kind === 'text' ? 'vs' : 'v', item);
}

/** Times below this are relative to the moment of receipt (RFC 8428 §4.5.3). */
const RELATIVE_BELOW = 2 ** 28;

/**
 * The moment that a record speaks of, in Unix milliseconds.
 *
 * Without a time it is the moment of receipt; zero and negative times count back from it. A time between 0 and 2^28
 * would lie in the future of its receipt by the RFC, which no measurement does; LwM2M's own examples use such times as
 * absolute, and devices whose clock was never set count from their start. It is taken as absolute, early in the 1970s,
 * so that whoever judges clocks sees a clock that can't be right.
 */
export function resolveTime(record: ResourceRecord, receivedAtMs: number): number {
  if (record.time === undefined) return receivedAtMs;
  const ms = Math.round(record.time * 1000);
  return record.time <= 0 && record.time > -RELATIVE_BELOW ? receivedAtMs + ms : ms;
}
