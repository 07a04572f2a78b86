import type { DeviceId, Millis } from '../ids.ts';
import { pages } from '../registry/fleet.ts';
import { SmallMap } from '../small-map.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';

/** Resources kept per device; a hostile one must not grow memory by inventing instances. */
export const MAX_VALUES_PER_DEVICE = 2000;

type ValueRow = Row<'values'>;

/** The newest value of every resource, in memory and in the store. Changed only after commits. */
export class Values {
  readonly #byDevice = new Map<DeviceId, SmallMap<ValueRow>>();

  static async load(store: Store): Promise<Values> {
    const values = new Values();
    for await (const row of pages(store, 'values')) values.put(row);
    return values;
  }

  get(deviceId: DeviceId, path: string): ValueRow | undefined {
    return this.#byDevice.get(deviceId)?.get(path);
  }

  of(deviceId: DeviceId): ValueRow[] {
    return [...(this.#byDevice.get(deviceId)?.values() ?? [])];
  }

  /** By path; undefined if there are none. */
  ofDevice(deviceId: DeviceId): Pick<SmallMap<ValueRow>, 'get' | 'size'> | undefined {
    return this.#byDevice.get(deviceId);
  }

  put(row: ValueRow): void {
    let values = this.#byDevice.get(row.deviceId);
    if (!values) {
      values = new SmallMap();
      this.#byDevice.set(row.deviceId, values);
    }
    values.set(row.path, row);
  }

  remove(deviceId: DeviceId): void {
    this.#byDevice.delete(deviceId);
  }

  /** When any value at or below a path was last received. */
  lastReceivedAt(deviceId: DeviceId, path: string): Millis | undefined {
    let newest: Millis | undefined;
    for (const row of this.#byDevice.get(deviceId)?.values() ?? []) {
      if (row.path !== path && !row.path.startsWith(`${path}/`)) continue;
      if (newest === undefined || row.receivedAt > newest) newest = row.receivedAt;
    }
    return newest;
  }
}
