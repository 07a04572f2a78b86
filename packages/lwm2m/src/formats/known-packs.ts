/** Packs in SenML CBOR that differ from former ones only in their values, as those of one observation do. */

import { LIMITS } from '../limits.ts';
import { commonAncestor, type LwM2mPath, level, PathLevel, ROOT_PATH, segments } from '../path.ts';
import {
  coerce,
  isNumericType,
  type NumericType,
  numeric,
  type ResourceType,
  type ValueJson,
  valueToJson,
} from '../value.ts';
import { CborReader, Major } from './cbor.ts';
import { isFailure, type ResourceRecord, type TypeLookup } from './content.ts';
import type { Item } from './item.ts';
import { type Field, isValueField, parseField, senmlCbor, type ValueField } from './senml.ts';

/** Packs that are known at once; a new one takes the place of the oldest. */
const PACKS = 4;
/** Of so many that are strange, one after the other, each is learned: whoever sends ever new ones is not learned from. */
const STRANGE = 32;
/** Bytes of a pack that is learned. */
const LARGEST = 4096;

/** What packs that differ only in their values have in common. */
export interface PackForm {
  /** Of each value, of which none is there twice: resources and instances of resources. */
  readonly paths: readonly LwM2mPath[];
  /** Of each value. */
  readonly types: readonly ResourceType[];
  /** The longest path that all of them lie at or below. */
  readonly within: LwM2mPath;
  /** The objects that they are of, each once. */
  readonly objectIds: readonly number[];
}

/** A pack as columns: no object for each of its values. */
export interface PackValues {
  readonly form: PackForm;
  /** In the order of the form's paths, as {@link valueToJson} gives them. */
  readonly values: readonly ValueJson[];
}

/** A value of a pack: what stands before it, from one place in the pack to another, and what it is of. */
interface Slot {
  readonly from: number;
  readonly to: number;
  readonly field: ValueField;
  readonly path: LwM2mPath;
  readonly type: ResourceType;
  /** Whether values are of that type because the definition says so. */
  readonly defined: boolean;
}

interface Pack {
  readonly bytes: Uint8Array;
  readonly form: PackForm;
  readonly slots: readonly Slot[];
  /** Where the last value ended. */
  readonly end: number;
}

/**
 * Packs of devices with the same definitions and the same root path. Reading one that is known means to compare bytes and
 * to decode values, without which names, paths and types are most of the work.
 */
export class KnownPacks {
  #packs: readonly Pack[] = [];
  #strange = 0;

  /** The values of a pack of a known form; undefined for any other, and for what is malformed. */
  read(bytes: Uint8Array): PackValues | undefined {
    if (bytes.length > LIMITS.payloadBytes) return undefined;
    for (const pack of this.#packs) {
      const values = readAs(pack, bytes);
      if (!values) continue;
      this.#strange = 0;
      return { form: pack.form, values };
    }
    return undefined;
  }

  /** Learns a pack that was decoded to these records. */
  learn(bytes: Uint8Array, records: readonly ResourceRecord[], typeOf: TypeLookup): void {
    if (++this.#strange > STRANGE || bytes.length > LARGEST) return;
    const pack = packOf(bytes, records, typeOf);
    if (pack) this.#packs = [pack, ...this.#packs].slice(0, PACKS);
  }

  /** Definitions have changed: what was learned by them is forgotten. */
  forget(): void {
    this.#packs = [];
    this.#strange = 0;
  }
}

function readAs(pack: Pack, bytes: Uint8Array): ValueJson[] | undefined {
  try {
    return readValues(pack, bytes);
  } catch (thrown) {
    if (isFailure(thrown)) return undefined;
    throw thrown;
  }
}

function readValues({ bytes: known, slots, end }: Pack, bytes: Uint8Array): ValueJson[] | undefined {
  const values = new Array<ValueJson>(slots.length);
  const reader = new CborReader(bytes);
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index];
    if (!slot || !reader.skip(known, slot.from, slot.to)) return undefined;
    const value = readValue(reader, slot);
    if (value === undefined) return undefined;
    values[index] = value;
  }
  return reader.skip(known, end, known.length) && reader.at === bytes.length ? values : undefined;
}

function readValue(reader: CborReader, { field, path, type, defined }: Slot): ValueJson | undefined {
  if (defined && field === 'v' && isNumericType(type)) {
    const number = reader.number();
    if (number !== undefined) return numberAs(number, type);
  }
  if (!reader.atScalar()) return undefined;
  const value = parseField(senmlCbor, field, reader.item(2), path);
  const typed = value && defined ? coerce(value, type) : value;
  return typed?.type === type ? valueToJson(typed) : undefined;
}

/** Most numbers are of their type as they are. */
function numberAs(number: number, type: NumericType): ValueJson | undefined {
  if (type === 'float') return Number.isFinite(number) ? number : undefined;
  // Zero may be a negative one.
  if (Number.isSafeInteger(number) && number >= 0) return number + 0;
  const value = numeric(number, type);
  return value && valueToJson(value);
}

/**
 * A pack as a form of others; undefined if it says nothing or something twice, has times, is of devices behind a gateway,
 * or has records of anything but a value of a resource.
 */
function packOf(bytes: Uint8Array, records: readonly ResourceRecord[], typeOf: TypeLookup): Pack | undefined {
  if (records.length === 0 || !records.every(isPlain)) return undefined;
  const values: { readonly field: ValueField; readonly start: number; readonly end: number }[] = [];
  const reader = new CborReader(bytes);
  const readEntry = () => {
    const field = fieldOf(reader.item(2));
    const start = reader.at;
    reader.item(2);
    if (isValueField(field)) values.push({ field, start, end: reader.at });
  };
  reader.each(Major.array, () => reader.each(Major.map, readEntry));
  if (values.length !== records.length) return undefined;
  const form = formOf(records);
  if (new Set(form.paths).size !== records.length) return undefined;
  const slots = records.map(({ path, value: { type } }, index): Slot => {
    const { field = 'v', start: to = 0 } = values[index] ?? {};
    return { from: values[index - 1]?.end ?? 0, to, field, path, type, defined: typeOf(path) !== undefined };
  });
  return { bytes: bytes.slice(), form, slots, end: values.at(-1)?.end ?? 0 };
}

function isPlain({ path, prefix, time }: ResourceRecord): boolean {
  return time === undefined && prefix === undefined && level(path) >= PathLevel.resource;
}

function formOf(records: readonly ResourceRecord[]): PackForm {
  const paths = records.map(({ path }) => path);
  return {
    paths,
    types: records.map(({ value: { type } }) => type),
    within: commonAncestor(paths) ?? ROOT_PATH,
    objectIds: [...new Set(paths.flatMap((path) => segments(path).slice(0, 1)))],
  };
}

function fieldOf(label: Item): Field | undefined {
  if (label.kind !== 'int' && label.kind !== 'text') return undefined;
  return typeof label.value === 'bigint' ? undefined : senmlCbor.fields.get(label.value);
}
