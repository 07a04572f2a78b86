import type { DeviceId, Millis } from '../ids.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import { Shared } from '../shared.ts';
import type { Sample, Store } from '../store/port.ts';
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

/** A sample that makes a newest value. */
export type Current = Sample & { readonly current: NonNullable<Sample['current']> };

/** What is held of the paths of a report. */
interface Matched {
  /** By the place in the report. */
  readonly held: readonly (Held | undefined)[];
  /** Whether surely no path is in the report twice. */
  readonly distinct: boolean;
}

const NOTHING: Matched = { held: [], distinct: false };

/** Devices of a kind tell the same ones. */
const paths = new Shared<string>();

/** Characters of a value, if it is a text: what of it has no bound of its own. */
export function textLength(value: StoredValue['value'] | undefined): number {
  return typeof value === 'string' ? value.length : 0;
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

  /** Reports resemble each other: what is held of a path is looked for behind that of the path before. */
  match(reported: readonly { readonly path: string }[]): Matched {
    const held: (Held | undefined)[] = [];
    let last = -1;
    let distinct = true;
    for (const { path } of reported) {
      const next = this.#all[last + 1];
      const place = next?.path === path ? last + 1 : this.place(path);
      if (place <= last) distinct = false;
      last = place;
      held.push(this.#all[place]);
    }
    return { held, distinct };
  }

  set({ path, stored, receivedAt, current }: Current, known = this.get(path)): void {
    const { type, value } = stored;
    const { observedAt, clock, truncated } = current;
    this.characters += textLength(value) - textLength(known?.value);
    if (known) {
      known.type = type;
      known.value = value;
      known.observedAt = observedAt;
      known.receivedAt = receivedAt;
      known.clock = clock;
      known.truncated = truncated;
      return;
    }
    this.#places?.set(path, this.#all.length);
    const made: Held = { path: paths.of(path, () => path), type, value, observedAt, receivedAt, clock, truncated };
    // Joined, which leaves no room to spare, for the many that have one value or two; what is spread has it for 16 more.
    if (this.#all.length < MANY) this.#all = this.#all.concat(made);
    else this.#all.push(made);
  }

  place(path: string): number {
    if (this.#all.length < MANY) return this.#all.findIndex((held) => held.path === path);
    this.#places ??= new Map(this.#all.map((held, place) => [held.path, place]));
    return this.#places.get(path) ?? -1;
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

  /** How many there are of the device. */
  count(deviceId: DeviceId): number {
    return this.#fleet.get(deviceId)?.values?.all.length ?? 0;
  }

  /** Characters of all texts of the device. */
  characters(deviceId: DeviceId): number {
    return this.#fleet.get(deviceId)?.values?.characters ?? 0;
  }

  /** What is held of what a device reports. */
  match(deviceId: DeviceId, reported: readonly { readonly path: string }[]): Matched {
    return this.#fleet.get(deviceId)?.values?.match(reported) ?? NOTHING;
  }

  put({ organisationId, deviceId, path, stored, receivedAt, ...more }: ValueRow): void {
    this.set(deviceId, [{ deviceId, path, stored, at: receivedAt, receivedAt, current: { organisationId, ...more } }]);
  }

  /**
   * Takes what became current of a device.
   * @param held what is held of each, where that is known
   */
  set(deviceId: DeviceId, samples: readonly Current[], held: readonly (Held | undefined)[] = []): void {
    const device = this.#fleet.get(deviceId);
    if (!device || samples.length === 0) return;
    const known = device.values;
    const values = known ?? new DeviceValues();
    device.values = values;
    for (let index = 0; index < samples.length; index++) {
      const sample = samples[index];
      if (sample) values.set(sample, known && held[index]);
    }
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
