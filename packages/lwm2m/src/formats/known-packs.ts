/** Packs in SenML CBOR that differ from former ones only in their values, as those of one observation do. */

import type { LwM2mPath } from '../path.ts';
import { coerce, isNumericType, numeric, type ResourceType, type Value } from '../value.ts';
import { CborReader, Major } from './cbor.ts';
import type { ResourceRecord, TypeLookup } from './content.ts';
import type { Item } from './item.ts';
import { type Field, isValueField, parseField, senmlCbor, type ValueField } from './senml.ts';

/** Packs that are known at once; a new one takes the place of the oldest. */
const PACKS = 4;
/** Of so many that are strange, one after the other, each is learned: whoever sends ever new ones is not learned from. */
const STRANGE = 32;
/** Bytes of a pack that is learned. */
const LARGEST = 4096;

/** A value of a pack: what stands before it, from one place in the pack to another, and what it is of. */
interface Slot {
  readonly from: number;
  readonly to: number;
  readonly field: ValueField;
  readonly path: LwM2mPath;
  readonly type: ResourceType | undefined;
}

interface Pack {
  readonly bytes: Uint8Array;
  readonly slots: readonly Slot[];
  /** Where the last value ended. */
  readonly end: number;
}

/**
 * Packs of devices with the same definitions and the same root path. Reading one that is known means to compare bytes and
 * to decode values: 4 µs for 20 of them, where names, paths and types make it 19 µs.
 */
export class KnownPacks {
  #packs: readonly Pack[] = [];
  #strange = 0;

  /** The records of a pack of a known form; undefined for any other, and for what is malformed. */
  read(bytes: Uint8Array): ResourceRecord[] | undefined {
    for (const pack of this.#packs) {
      const records = readAs(pack, bytes);
      if (!records) continue;
      this.#strange = 0;
      return records;
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

function readAs({ bytes: known, slots, end }: Pack, bytes: Uint8Array): ResourceRecord[] | undefined {
  const records = new Array<ResourceRecord>(slots.length);
  const reader = new CborReader(bytes);
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index];
    if (!slot || !reader.skip(known, slot.from, slot.to)) return undefined;
    const value = readValue(reader, slot);
    if (!value) return undefined;
    records[index] = { path: slot.path, value };
  }
  return reader.skip(known, end, known.length) && reader.at === bytes.length ? records : undefined;
}

function readValue(reader: CborReader, { field, path, type }: Slot): Value | undefined {
  if (field === 'v' && type !== undefined && isNumericType(type)) {
    const number = reader.number();
    if (number !== undefined) return numeric(number, type);
  }
  if (!reader.atScalar()) return undefined;
  const value = parseField(senmlCbor, field, reader.item(2), path);
  return value && type !== undefined ? coerce(value, type) : value;
}

/** A pack as a form of others; undefined if it has times, is of devices behind a gateway, or has records without values. */
function packOf(bytes: Uint8Array, records: readonly ResourceRecord[], typeOf: TypeLookup): Pack | undefined {
  if (records.some(({ time, prefix }) => time !== undefined || prefix !== undefined)) return undefined;
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
  const slots = records.map(({ path }, index): Slot => {
    const { field = 'v', start: to = 0 } = values[index] ?? {};
    return { from: values[index - 1]?.end ?? 0, to, field, path, type: typeOf(path) };
  });
  return { bytes: bytes.slice(), slots, end: values.at(-1)?.end ?? 0 };
}

function fieldOf(label: Item): Field | undefined {
  if (label.kind !== 'int' && label.kind !== 'text') return undefined;
  return typeof label.value === 'bigint' ? undefined : senmlCbor.fields.get(label.value);
}
