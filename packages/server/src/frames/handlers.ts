import type { Actor } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import { type Fleet, requireDevice } from '../registry/fleet.ts';
import type { Frames } from './frames.ts';
import { layoutFault } from './layout.ts';
import { frameLimits } from './limits.ts';

interface Options {
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly frames: Frames;
  readonly now: () => Millis;
}

type FrameRoute =
  | 'frames.take'
  | 'frames.show'
  | 'frames.set'
  | 'frames.remove'
  | 'layouts.list'
  | 'layouts.set'
  | 'layouts.remove';

/** Routes of devices whose networks are too thin for a handshake. */
export function frameHandlers({ fleet, lanes, frames, now }: Options): Pick<Handlers, FrameRoute> {
  const draft = ({ organisationId, actor }: { organisationId: OrganisationId; actor: Actor }) => ({
    at: now(),
    organisationId,
    actor,
  });
  return {
    'frames.take': async ({ organisationId, body }) => {
      await frames.take(organisationId, body);
      return undefined;
    },
    'frames.show': async (call) => {
      const { row } = requireDevice(fleet, call.organisationId, call.params.device);
      const source = frames.of(row.deviceId);
      if (!source) throw new ReeveError('no-such-thing', `${row.endpoint} sends no frames: see \`reeve frame set\``);
      return source;
    },
    'frames.set': async (call) => {
      const device = requireDevice(fleet, call.organisationId, call.params.device);
      const { deviceId } = device.row;
      const key = await lanes.run(deviceId, () => frames.set(device, call.body, draft(call)));
      const source = frames.of(deviceId);
      if (!source) throw new ReeveError('internal', 'The frame source is gone');
      return { source, ...(key === undefined ? {} : { key }) };
    },
    'frames.remove': async (call) => {
      const device = requireDevice(fleet, call.organisationId, call.params.device);
      await lanes.run(device.row.deviceId, () => frames.remove(device, draft(call)));
      return undefined;
    },
    'layouts.list': async () => ({ items: [...frames.layouts] }),
    'layouts.set': async (call) => {
      const fault = layoutFault(call.body);
      if (fault) {
        const at = fault.field === undefined ? 'body/fields' : `body/fields/${fault.field}`;
        throw new ReeveError('invalid-request', `${at} ${fault.message}`, [{ at, message: fault.message }]);
      }
      if (!frames.layout(call.body.name) && frames.layouts.length >= frameLimits.layouts) {
        throw new ReeveError('too-many', `There are ${frameLimits.layouts} layouts already: remove one first`);
      }
      await frames.setLayout(call.body, draft(call));
      return call.body;
    },
    'layouts.remove': async (call) => {
      const { name } = call.params;
      if (!frames.layout(name)) throw new ReeveError('no-such-thing', `There is no layout "${name}"`);
      const users = frames.using(name);
      if (users > 0) throw new ReeveError('wrong-state', `${users} devices use the layout "${name}"`);
      await frames.removeLayout(name, draft(call));
      return undefined;
    },
  };
}
