import type { DeviceDetail } from './devices.ts';

/**
 * Whether nothing can be sent to a device that is awake by its lifetime: a connection is its session, and ended. One behind
 * a gateway is reached over that.
 */
export function isCutOff({
  presence,
  registration,
  gateway,
}: Pick<DeviceDetail, 'presence' | 'registration' | 'gateway'>): boolean {
  return presence.state === 'awake' && gateway === undefined && !!registration && registration.transport === undefined;
}
