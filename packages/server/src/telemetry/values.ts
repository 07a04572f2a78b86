import type { DeviceId, Millis } from '../ids.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { Shared } from '../shared.ts';
import { UNTIMED } from '../store/history.ts';
import type { Reading, Sample, Store } from '../store/port.ts';
import type { Row, StoredValue } from '../store/tables.ts';

/** Resources kept per device; a hostile one must not grow memory by inventing instances. */
export const MAX_VALUES_PER_DEVICE = 2000;
/** Characters of all their texts: a few long ones must not fill it either. */
export const MAX_TEXT_PER_DEVICE = 1024 * 1024;

/** From so many on values are found by a map. */
const MANY = 32;

type ValueRow = Row<'values'>;

/**
 * What is held of the newest value of one resource, changed in its place: what a device tells again and again leaves
 * nothing behind in memory that was long there.
 */
export interface Held {
  readonly path: string;
  type: string;
  value: StoredValue['value'];
  observedAt: Millis | undefined;
  receivedAt: Millis;
  clock: ValueRow['clock'];
  truncated: number;
}

/** Devices of a kind tell the same ones. */
const paths = new Shared<string>();

function shared(path: string): string {
  return paths.of(path, () => path);
}

/** Characters of a value, if it is a text: what of it has no bound of its own. */
export function textLength(value: StoredValue['value'] | undefined): number {
  return typeof value === 'string' ? value.length : 0;
}

/** Characters of all texts among values. */
export function textsLength(values: readonly StoredValue['value'][]): number {
  let characters = 0;
  for (const value of values) characters += textLength(value);
  return characters;
}

/** What is held of one device, in the order in which it was first told. */
export class DeviceValues {
  /** Characters of all texts. */
  characters = 0;
  #all: Held[] = [];
  #places: Map<string, number> | undefined;

  get all(): readonly Held[] {
    return this.#all;
  }

  get(path: string): Held | undefined {
    return this.#all[this.place(path)];
  }

  /** What is held at a place. */
  at(place: number): Held | undefined {
    return this.#all[place];
  }

  /** Where a path is held, -1 if nowhere. Reports resemble each other: it is looked for behind that of the path before. */
  place(path: string, before = -1): number {
    return this.#all[before + 1]?.path === path ? before + 1 : this.#find(path);
  }

  #find(path: string): number {
    if (this.#all.length < MANY) return this.#all.findIndex((held) => held.path === path);
    this.#places ??= new Map(this.#all.map((held, place) => [held.path, place]));
    return this.#places.get(path) ?? -1;
  }

  /** Whether what is reported is all held, in the same order: then surely no path is there twice. */
  isInOrder(reported: readonly { readonly path: string }[]): boolean {
    let last = -1;
    for (const { path } of reported) {
      const place = this.place(path, last);
      if (place <= last) return false;
      last = place;
    }
    return true;
  }

  /** Takes those of a device's samples that make newest values. */
  take(samples: readonly Sample[]): void {
    let place = -1;
    for (const { path, stored, receivedAt, current } of samples) {
      if (current) place = this.#set(path, stored.type, stored.value, receivedAt, current, place);
    }
  }

  /** Takes a reading of the device. */
  takeReading({ form, values, receivedAt }: Reading): void {
    let place = -1;
    for (let index = 0; index < values.length; index++) {
      const [path = '', type = ''] = [form.paths[index], form.types[index]];
      place = this.#set(path, type, values[index] ?? null, receivedAt, UNTIMED, place);
    }
  }

  /** @returns where it is held */
  #set(
    path: string,
    type: string,
    value: StoredValue['value'],
    receivedAt: Millis,
    { observedAt, clock, truncated }: Omit<NonNullable<Sample['current']>, 'organisationId'>,
    before: number,
  ): number {
    const place = this.place(path, before);
    const known = this.#all[place];
    this.characters += textLength(value) - textLength(known?.value);
    if (!known) return this.#add({ path: shared(path), type, value, observedAt, receivedAt, clock, truncated });
    known.type = type;
    known.value = value;
    known.observedAt = observedAt;
    known.receivedAt = receivedAt;
    known.clock = clock;
    known.truncated = truncated;
    return place;
  }

  #add(made: Held): number {
    this.#places?.set(made.path, this.#all.length);
    // Joined, which leaves no room to spare, for the many that have one value or two; what is spread has it for 16 more.
    if (this.#all.length < MANY) this.#all = this.#all.concat(made);
    else this.#all.push(made);
    return this.#all.length - 1;
  }
}

/** The newest value of every resource, in memory and in the store. Changed only after commits. */
export class Values {
  readonly #fleet: Pick<Fleet, 'get'>;

  constructor(fleet: Pick<Fleet, 'get'>) {
    this.#fleet = fleet;
  }

  static async load(store: Store, fleet: Fleet): Promise<Values> {
    const values = new Values(fleet);
    for await (const row of pages(store, 'values')) values.put(row);
    return values;
  }

  get(deviceId: DeviceId, path: string): ValueRow | undefined {
    const device = this.#fleet.get(deviceId);
    const held = device?.values?.get(path);
    return device && held && rowOf(device, held);
  }

  of(deviceId: DeviceId): ValueRow[] {
    const device = this.#fleet.get(deviceId);
    return device?.values?.all.map((held) => rowOf(device, held)) ?? [];
  }

  put({ organisationId, deviceId, path, stored, receivedAt, ...more }: ValueRow): void {
    const device = this.#fleet.get(deviceId);
    const sample = { deviceId, path, stored, at: receivedAt, receivedAt, current: { organisationId, ...more } };
    if (device) valuesOf(device).take([sample]);
  }

  /** When any value at or below a path was last received. */
  lastReceivedAt(deviceId: DeviceId, path: string): Millis | undefined {
    let newest: Millis | undefined;
    for (const held of this.#fleet.get(deviceId)?.values?.all ?? []) {
      if (held.path !== path && !held.path.startsWith(`${path}/`)) continue;
      if (newest === undefined || held.receivedAt > newest) newest = held.receivedAt;
    }
    return newest;
  }
}

/** What is held of a device, from its first value on. */
export function valuesOf(device: Device): DeviceValues {
  device.values ??= new DeviceValues();
  return device.values;
}

function rowOf({ row: { organisationId, deviceId } }: Device, held: Held): ValueRow {
  const { path, type, value, observedAt, receivedAt, clock, truncated } = held;
  return {
    organisationId,
    deviceId,
    path,
    stored: { type, value },
    ...(observedAt === undefined ? {} : { observedAt }),
    receivedAt,
    clock,
    truncated,
  };
}
