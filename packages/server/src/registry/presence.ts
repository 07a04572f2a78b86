import type { Presence } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Device, Registration } from './fleet.ts';
import { isAwake } from './reach.ts';

/** A registration outlives its lifetime by this, since an Update may be on its last retransmission. */
const GRACE_MS = 93_000;

/** When the device must have been heard of again; undefined for lifetime 0, which never expires. */
function nextContactBy(registration: Registration): Millis | undefined {
  return registration.lifetime === 0 ? undefined : registration.lastContactAt + registration.lifetime * 1000;
}

/** When the registration ends if nothing is heard. */
export function expiresAt(registration: Registration): Millis | undefined {
  const by = nextContactBy(registration);
  return by === undefined ? undefined : by + GRACE_MS;
}

/** A device that sends frames sleeps between them. */
function presenceOfFrames({ frames }: Device, now: Millis): Presence {
  if (frames?.lastAt === undefined) return { state: 'never' };
  const { lastAt: lastContactAt, every } = frames;
  if (every === undefined) return { state: 'asleep', lastContactAt };
  const nextContactBy = lastContactAt + every * 1000;
  return { state: now > nextContactBy ? 'overdue' : 'asleep', lastContactAt, nextContactBy };
}

/** What is known of the device's presence. */
export function presenceOf(device: Device, now: Millis): Presence {
  const { registration } = device;
  if (!registration) return presenceOfFrames(device, now);
  const { lastContactAt } = registration;
  if (registration.state !== 'registered') return { state: registration.state, lastContactAt };
  // A device behind a gateway is there as long as the gateway is, and names it.
  if (device.gateway) return { ...presenceOf(device.gateway, now), lastContactAt };
  const by = nextContactBy(registration);
  if (by === undefined) return { state: isAwake(device, now) ? 'awake' : 'asleep', lastContactAt };
  const state = now > by ? 'overdue' : isAwake(device, now) ? 'awake' : 'asleep';
  return { state, lastContactAt, nextContactBy: by };
}
