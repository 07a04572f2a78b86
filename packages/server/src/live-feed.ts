import type { LiveFeed } from './http/handlers.ts';
import type { Live } from './live.ts';
import { type Device, type Fleet, findDevice, requireDevice } from './registry/fleet.ts';

interface Options {
  readonly live: Live;
  readonly fleet: Fleet;
  /** Tells the link whether to show a device's traffic. */
  readonly trace: (device: Device, on: boolean) => void;
}

/** What the event streams read from, each organisation its own. */
export function liveFeed({ live, fleet, trace }: Options): LiveFeed {
  return {
    watch: (organisation, listener) =>
      live.watch((event) => {
        if (findDevice(fleet, organisation, event.data.deviceId)) listener(event);
      }),
    trace: async (organisation, ref, listener) => {
      const device = requireDevice(fleet, organisation, ref);
      const stop = live.addTrace(device.row.deviceId, listener);
      trace(device, true);
      return () => {
        if (stop()) trace(device, false);
      };
    },
  };
}
