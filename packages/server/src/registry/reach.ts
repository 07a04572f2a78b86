import type { Millis } from '../ids.ts';
import type { RequestOutcome } from '../link/port.ts';
import { carrierOf, type Device, type Fleet } from './fleet.ts';

/** Seconds that a device in queue mode stays awake after its last message: MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2). */
export const defaultAwakeSeconds = 93;

/**
 * Whether a request can reach the device now: always without queue mode, else for its awake time after anything that was
 * heard of it, answers included (LwM2M Core §6.4.1).
 */
export function isAwake(device: Device, now: Millis): boolean {
  const { row, registration, lastHeard } = carrierOf(device);
  if (!registration) return false;
  if (registration.queueMode === 0) return true;
  if (lastHeard === 'unanswered') return false;
  return now - (lastHeard ?? registration.lastContactAt) < listeningMs(row);
}

function listeningMs({ awakeSeconds = defaultAwakeSeconds }: Device['row']): number {
  return awakeSeconds * 1000;
}

/** How long a device that sleeps listens, for the link to stop in time; see `perform` in link/port.ts. */
export function awakeMsOf(device: Device): number | undefined {
  const { row, registration } = carrierOf(device);
  return registration?.queueMode === 1 ? listeningMs(row) : undefined;
}

/** Whether something can be sent to the device now: it is registered, has a live session and is awake. */
export function isReachable(device: Device, now: Millis): boolean {
  const { session, registration } = carrierOf(device);
  const registered = device.registration?.state === 'registered' && registration?.state === 'registered';
  return registered && session !== undefined && isAwake(device, now);
}

/** Anything was heard of the device: its awake time begins anew. */
export function noteHeard(device: Device, at: Millis): void {
  device.lastHeard = at;
}

/**
 * A request to the device came to nothing, so it is sent nothing more until it is heard again. In queue mode it went to
 * sleep, and its session lives on; any other device, and one that the link has no session of, has lost its session.
 */
export function noteUnanswered(fleet: Fleet, asked: Device, how: 'timeout' | 'not-sent'): void {
  const device = carrierOf(asked);
  const sleeps = how === 'timeout' || device.lastHeard === 'unanswered';
  if (sleeps && device.registration?.queueMode === 1) device.lastHeard = 'unanswered';
  else fleet.setSession(device, undefined);
}

/** The way in which an outcome says that the device was not reached; undefined if it was, or need not be. */
export function howUnanswered({ kind }: RequestOutcome): 'timeout' | 'not-sent' | undefined {
  return kind === 'timeout' || kind === 'not-sent' ? kind : undefined;
}
