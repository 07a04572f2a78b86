import { commitAll } from '../decision.ts';
import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Device } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { RuleEngine } from './engine.ts';

/** Devices evaluated beside each other: enough to share their syncs, and far less than the store lets wait. */
const AT_ONCE = 500;

interface Parts {
  readonly engine: RuleEngine;
  readonly lanes: Lanes;
  readonly store: Store;
}

/** Tells the rules of devices that time has passed. What could not be saved is due again at the next second. */
export async function tickDevices(
  devices: readonly Device[],
  { engine, lanes, store }: Parts,
  now: Millis,
): Promise<void> {
  const tick = (device: Device) =>
    lanes.run(device.row.deviceId, async () => {
      const decision = engine.tick(device, now);
      if (decision) await commitAll(store, [decision]);
    });
  for (let start = 0; start < devices.length; start += AT_ONCE) {
    await Promise.allSettled(devices.slice(start, start + AT_ONCE).map(tick));
  }
}
