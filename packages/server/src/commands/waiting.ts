import type { Downlink, Waiting } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Held, Pacer } from '../pacing/pacer.ts';
import { carrierOf, type Device } from '../registry/fleet.ts';
import { defaultAwakeSeconds, isAwake } from '../registry/reach.ts';

/** What is known of a device whose commands wait. */
export interface Situation {
  readonly device: Device;
  readonly pacer: Pacer;
  /** Its next command is more than what is left of its budget. */
  readonly overBudget: boolean;
  readonly now: Millis;
}

/** Why the device's next command is not sent. */
export function whyWaiting({ device, pacer, overBudget, now }: Situation): Waiting {
  const { registration, row } = device;
  const { session } = carrierOf(device);
  if (!registration) {
    const text = device.frames ? 'until it registers: frames go one way' : 'until the device registers';
    return { reason: 'never-registered', text };
  }
  if (registration.state !== 'registered')
    return { reason: 'not-registered', text: 'until the device registers again' };
  if (!isAwake(device, now)) return { reason: 'asleep', text: 'asleep until heard' };
  if (!session) return { reason: 'unreachable', text: 'until the device is heard' };
  if (overBudget) return { reason: 'budget', text: `budget of ${row.downlinkBytesPerDay} bytes used till 00:00 UTC` };
  const held = pacer.heldOf(row.deviceId, 'commands');
  if (held) return { reason: held, text: pacedText(held, row.site) };
  return { reason: 'order', text: 'behind another command' };
}

function pacedText(held: Held, site: string | undefined): string {
  return held === 'site' ? `paced: site ${site}` : 'paced: the server as a whole';
}

/** What waits to be sent to a device, and what it may be sent. */
export function downlinkOf(situation: Situation, queuedCommands: number): Downlink {
  const { device, pacer } = situation;
  const { awakeSeconds = defaultAwakeSeconds, downlinkBytesPerDay: bytesPerDay } = device.row;
  return {
    awakeSeconds,
    queuedCommands,
    ...(bytesPerDay === undefined ? {} : { bytesPerDay, bytesToday: pacer.usedToday(device) }),
    ...(queuedCommands === 0 ? {} : { waiting: whyWaiting(situation) }),
  };
}
