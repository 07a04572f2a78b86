import { organisationId } from '../commands/test-commands.ts';
import type { OrganisationId } from '../ids.ts';
import { describeEntry } from '../journal/words.ts';
import { incidentHandlers } from './handlers.ts';
import { openWorld, Truck, type World } from './test-incidents.ts';

/** The routes as a person calls them. */
export function routes(world: World, person = 'ada', organisation: OrganisationId = organisationId) {
  const { store, fleet, incidents, time } = world.parts;
  const handlers = incidentHandlers({ store, fleet, incidents, describe: describeEntry, now: () => time.now });
  const actor = { kind: 'person', name: person } as const;
  const session = { set: () => {}, clear: () => {} };
  const caller = { organisationId: organisation, actor, session, signal: new AbortController().signal };
  const one = (id: string) => ({ ...caller, params: { id }, query: undefined, body: undefined });
  const all = { ...caller, params: undefined, body: undefined };
  return {
    hold: (held: boolean, device: string = world.truck.deviceId) =>
      handlers['devices.lock']({ ...caller, params: { device }, query: undefined, body: { held } }),
    show: (id: string) => handlers['incidents.show'](one(id)),
    acknowledge: (id: string) => handlers['incidents.acknowledge'](one(id)),
    close: (id: string) => handlers['incidents.close'](one(id)),
    timeline: (id: string) => handlers['incidents.timeline'](one(id)),
    list: (query: Parameters<(typeof handlers)['incidents.list']>[0]['query'] = {}) =>
      handlers['incidents.list']({ ...all, query }),
    approvals: (query: Parameters<(typeof handlers)['approvals.list']>[0]['query'] = {}) =>
      handlers['approvals.list']({ ...all, query }),
    approve: (id: string) => handlers['approvals.approve'](one(id)),
    deny: (id: string) => handlers['approvals.deny'](one(id)),
  };
}

/** A world in which three of five devices were locked within the hour, and the fourth waits for a person. */
export async function capped() {
  const trucks = [1, 2, 3, 4, 5].map((number) => new Truck(number));
  const world = await openWorld({ trucks });
  await world.contact();
  for (const { deviceId } of trucks.slice(0, 4)) await world.breach('state', deviceId);
  const [, , , fourth, fifth] = trucks;
  if (!fourth || !fifth) throw new Error('too few trucks');
  const people = routes(world);
  const [approval] = (await people.approvals({ state: 'waiting' })).items;
  if (!approval) throw new Error('nothing to approve');
  return { world, trucks, fourth, fifth, people, approval };
}
