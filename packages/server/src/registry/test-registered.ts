import { Code } from '@reeve/coap';
import { expect } from 'vitest';
import { watchedStore } from '../store/test-watched.ts';
import { openTestCore, sessionOf } from '../test-core.ts';

/** A registered device, its session, and a store that can be watched. */
export async function registered({ lifetime = 300, queueMode = false } = {}) {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  const device = await core.add('truck-1');
  const session = sessionOf('truck-1');
  expect(await core.register(session, { lifetime, queueMode })).toBe(Code.Created);
  const { registration } = device;
  if (!registration) throw new Error('not registered');
  control.batches.length = 0;
  return { core, control, device, session, registration, registrationId: registration.registrationId };
}
