import type { Presence } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Registration } from './fleet.ts';

/** MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2): how long a queue-mode device stays awake after its last message. */
const AWAKE_MS = 93_000;
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

/** Whether a request can reach the device now: always without queue mode, else within its awake time. */
export function isAwake(registration: Registration, now: Millis): boolean {
  return registration.queueMode === 0 || now - registration.lastContactAt < AWAKE_MS;
}

/** What is known of the device's presence. */
export function presenceOf(registration: Registration | undefined, now: Millis): Presence {
  if (!registration) return { state: 'never' };
  const { lastContactAt } = registration;
  if (registration.state !== 'registered') return { state: registration.state, lastContactAt };
  const by = nextContactBy(registration);
  if (by === undefined) return { state: isAwake(registration, now) ? 'awake' : 'asleep', lastContactAt };
  const state = now > by ? 'overdue' : isAwake(registration, now) ? 'awake' : 'asleep';
  return { state, lastContactAt, nextContactBy: by };
}
