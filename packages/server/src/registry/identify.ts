import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Requests } from '../link/requests.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { Report } from '../telemetry/ingest.ts';
import type { Values } from '../telemetry/values.ts';
import { carrierOf, type Device } from './fleet.ts';
import { howUnanswered } from './reach.ts';

/** The Device object: manufacturer, model, serial number and versions (LwM2M object 3). */
const DEVICE_OBJECT = '/3/0';

interface Options {
  readonly lanes: Lanes;
  readonly values: Values;
  readonly requests: Requests;
  readonly pacer: Pacer;
  readonly take: (device: Device, report: Report) => Promise<void>;
  readonly now: () => Millis;
}

/**
 * Asks a device what it is, once for each registration: policies select by model, and firmware may have changed with
 * the reboot. Not a command: nobody waits for it; if it is lost, it is asked again at the next contact.
 *
 * @returns false if it is to be asked again
 */
export async function identify(
  device: Device,
  { lanes, values, requests, pacer, take, now }: Options,
): Promise<boolean> {
  const { registration } = device;
  const known = values.lastReceivedAt(device.row.deviceId, DEVICE_OBJECT) ?? 0;
  if (registration?.state !== 'registered' || known >= registration.registeredAt) return true;
  const operation = { kind: 'read', path: DEVICE_OBJECT } as const;
  const turn = pacer.ask(device, 'background', requestBytes(operation, carrierOf(device).session), 'identity');
  if (turn !== 'go' && ((await turn) === 'later' || device.registration !== registration)) return false;
  const outcome = await requests.perform(device, operation);
  if (outcome.kind !== 'answered' || outcome.body.kind !== 'records') return howUnanswered(outcome) === undefined;
  const { body } = outcome;
  await lanes.run(device.row.deviceId, async () => {
    if (device.registration !== registration) return;
    await take(device, { path: DEVICE_OBJECT, body, fresh: true, receivedAt: now() });
  });
  return true;
}
