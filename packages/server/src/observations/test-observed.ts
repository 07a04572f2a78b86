import type { StoredValue } from '../store/tables.ts';
import { watchedStore } from '../store/test-watched.ts';
import { type Behaviour, call, deviceWith, openTestCore, sessionOf } from '../test-core.ts';

/** A whole number that a device has. */
export const integer = (value: number): StoredValue => ({ type: 'integer', value });
/** A policy about the battery of trucks. */
export const battery = (maxAge = '1h') => `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {labels: {fleet: trucks}}
rules:
  - {id: low, threshold: {path: /3/0/9, below: 20, maxAge: ${maxAge}}, respond: [alarm]}
`;
/** What the truck has. */
export const known = { '/3/0/9': integer(80), '/3/0/1': { type: 'string', value: 'Truck' } };

/** A registered truck under a policy about its battery. */
export async function observed({ behaviour = deviceWith(known) as Behaviour, policy = battery(), register = {} } = {}) {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  core.script.behaviour = behaviour;
  const device = await core.add('truck-1', { labels: { fleet: 'trucks' } });
  const apply = (source: string) => core.handlers['policies.apply'](call({ body: { source } }));
  await apply(policy);
  const session = sessionOf('truck-1');
  await core.register(session, register);
  const { registration } = device;
  if (!registration) throw new Error('not registered');
  const { deviceId } = device.row;
  return {
    core,
    control,
    device,
    deviceId,
    session,
    apply,
    registrationId: registration.registrationId,
    want: (path: string, person = 'ana') => core.observer.want(device, path, person),
    unwant: (path: string, person = 'ana') => core.observer.unwant(device, path, person),
    view: () => core.observer.view(deviceId),
    rule: async () => (await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }))).rules[0],
    token: async () => (await core.store.get('observations', { deviceId, path: '/3/0/9' }))?.token,
  };
}
