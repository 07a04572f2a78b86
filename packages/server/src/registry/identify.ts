import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Requests } from '../link/requests.ts';
import type { Report } from '../telemetry/ingest.ts';
import type { Values } from '../telemetry/values.ts';
import type { Device } from './fleet.ts';

/** The Device object: manufacturer, model, serial number and versions (LwM2M object 3). */
const DEVICE_OBJECT = '/3/0';

interface Options {
  readonly lanes: Lanes;
  readonly values: Values;
  readonly requests: Requests;
  readonly take: (device: Device, report: Report) => Promise<void>;
  readonly now: () => Millis;
}

/**
 * Asks a device what it is, once for each registration: policies select by model, and firmware may have changed with
 * the reboot. Not a command: nobody waits for it; if it is lost, the next session asks again.
 */
export async function identify(device: Device, { lanes, values, requests, take, now }: Options): Promise<void> {
  const { registration } = device;
  const known = values.lastReceivedAt(device.row.deviceId, DEVICE_OBJECT) ?? 0;
  if (registration?.state !== 'registered' || known >= registration.registeredAt) return;
  const outcome = await requests.perform(device, { kind: 'read', path: DEVICE_OBJECT });
  if (outcome.kind !== 'answered' || outcome.body.kind !== 'records') return;
  const { body } = outcome;
  await lanes.run(device.row.deviceId, async () => {
    if (device.registration !== registration) return;
    await take(device, { path: DEVICE_OBJECT, body, fresh: true, receivedAt: now() });
  });
}
