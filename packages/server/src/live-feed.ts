import { ReeveError } from './errors.ts';
import type { LiveFeed } from './http/handlers.ts';
import type { Live } from './live.ts';
import type { Device, Fleet } from './registry/fleet.ts';
import { findDevice } from './registry/registrations.ts';

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
      const device = findDevice(fleet, organisation, ref);
      if (!device) throw new ReeveError('no-such-device', `No device "${ref}": see \`reeve device ls\``);
      const stop = live.addTrace(device.row.deviceId, listener);
      trace(device, true);
      return () => {
        if (stop()) trace(device, false);
      };
    },
  };
}
