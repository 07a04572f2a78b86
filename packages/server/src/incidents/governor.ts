import type { Millis } from '../ids.ts';

/** The window in which automatic responses are counted. */
export const WINDOW_MS = 3_600_000;
const LEAST = 3;
const SHARE = 0.01;

/** How many automatic responses a policy may start within the window: the larger of 3 devices and 1 % of its own. */
export function allowance(devices: number): number {
  return Math.max(LEAST, Math.floor(devices * SHARE));
}

/** Whether one more may start now, given when the others were queued. */
export function mayRespond(queuedAt: readonly Millis[], devices: number, now: Millis): boolean {
  return queuedAt.filter((at) => at > now - WINDOW_MS).length < allowance(devices);
}
