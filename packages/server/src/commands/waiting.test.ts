import { expect, it } from 'vitest';
import { openTestQueue, START } from './test-commands.ts';
import { whyWaiting } from './waiting.ts';

it.each([
  [undefined, 'until the device registers'],
  [{ lastAt: START }, 'until it registers: frames go one way'],
])('says what a device that never registered waits for, if it sends %j', async (frames, text) => {
  const { device, pacer } = await openTestQueue();
  const { registration: _, ...stranger } = device;
  const situation = { device: { ...stranger, ...(frames && { frames }) }, pacer, overBudget: false, now: START };
  expect(whyWaiting(situation)).toEqual({ reason: 'never-registered', text });
});
