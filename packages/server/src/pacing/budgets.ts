import type { DeviceId, Millis } from '../ids.ts';
import { type Device, pages } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';

const DAY_MS = 24 * 3_600_000;

/** What was sent to a device on a day. */
interface Use {
  day: number;
  bytes: number;
}

/** What devices with a budget of bytes a day were sent: stored, so that a restart gives none a second budget. */
export class Budgets {
  readonly #store: Store;
  readonly #uses = new Map<DeviceId, Use>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async load(store: Store): Promise<Budgets> {
    const budgets = new Budgets(store);
    for await (const { deviceId, day, bytes } of pages(store, 'downlinkUse'))
      budgets.#uses.set(deviceId, { day, bytes });
    return budgets;
  }

  /** Bytes that the device was sent today. */
  used({ row }: Device, now: Millis): number {
    const use = this.#uses.get(row.deviceId);
    return use?.day === dayOf(now) ? use.bytes : 0;
  }

  /** Whether so much more may be sent today. What is larger than a whole budget goes as the first of a day. */
  affords(device: Device, bytes: number, now: Millis): boolean {
    const { downlinkBytesPerDay } = device.row;
    if (downlinkBytesPerDay === undefined) return true;
    const used = this.used(device, now);
    return used === 0 || used + bytes <= downlinkBytesPerDay;
  }

  /** Counts what is about to be sent. If that can't be stored, what is sent next stores it too. */
  charge(device: Device, bytes: number, now: Millis): void {
    const { organisationId, deviceId, downlinkBytesPerDay } = device.row;
    if (downlinkBytesPerDay === undefined) return;
    const use: Use = { day: dayOf(now), bytes: this.used(device, now) + bytes };
    this.#uses.set(deviceId, use);
    const row = { organisationId, deviceId, ...use };
    void this.#store.commit({ changes: [{ put: 'downlinkUse', row }] }).catch(() => {});
  }

  forget(deviceId: DeviceId): void {
    this.#uses.delete(deviceId);
  }
}

function dayOf(now: Millis): number {
  return Math.floor(now / DAY_MS);
}
