import type { Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { Requests } from '../link/requests.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { Report } from '../telemetry/ingest.ts';
import { carrierOf, type Device } from './fleet.ts';
import { howUnanswered } from './reach.ts';

/** The Device object: manufacturer, model, serial number and versions (LwM2M object 3). */
const DEVICE_OBJECT = '/3/0';
const MODEL = '/3/0/1';

interface Options {
  readonly lanes: Lanes;
  readonly requests: Requests;
  readonly pacer: Pacer;
  readonly take: (device: Device, report: Report) => Promise<void>;
  readonly now: () => Millis;
}

/** What it says of itself is asked again with the first registration after so long. */
const VALID_MS = 86_400_000;

/** Whether the device said what it is not long ago, or can't be asked. */
export function isIdentified({ registration, unnamedAt, values }: Device, now: Millis): boolean {
  if (registration?.state !== 'registered') return true;
  const known = unnamedAt ?? values?.get(MODEL)?.receivedAt;
  return known !== undefined && now - known < VALID_MS;
}

/**
 * Asks a device that has registered what it is, since policies select by model; once a day at most, see `isIdentified`.
 * What rules look at is observed anew with each registration. Not a command: nobody waits for it; if it is lost, it is
 * asked again at the next contact.
 *
 * @returns false if it is to be asked again
 */
export async function identify(device: Device, { lanes, requests, pacer, take, now }: Options): Promise<boolean> {
  const { registration } = device;
  const { deviceId } = device.row;
  const operation = { kind: 'read', path: DEVICE_OBJECT } as const;
  const turn = pacer.ask(device, 'background', requestBytes(operation, carrierOf(device).session), 'identity');
  if (turn !== 'go' && ((await turn) === 'later' || device.registration !== registration)) return false;
  const outcome = await requests.perform(device, operation);
  if (howUnanswered(outcome)) return false;
  const body = outcome.kind === 'answered' && outcome.body.kind === 'records' ? outcome.body : undefined;
  const tells = body?.records.some(({ path }) => path === MODEL);
  device.unnamedAt = tells ? undefined : now();
  if (!body) return true;
  await lanes.run(deviceId, async () => {
    if (device.registration !== registration) return;
    await take(device, { path: DEVICE_OBJECT, body, fresh: true, receivedAt: now() });
  });
  return true;
}
