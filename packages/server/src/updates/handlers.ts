import type { UpdateInfo } from '@reeve/contract';
import { type Artifacts, unknown } from '../artifacts/artifacts.ts';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { OrganisationId, UpdateId } from '../ids.ts';
import { type Fleet, requireDevice } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Updates } from './updates.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly artifacts: Artifacts;
  readonly updates: Updates;
}

type UpdateRoute = Extract<keyof Handlers, `artifacts.${string}` | `updates.${string}`>;

/** Routes of artifacts, and of updates of devices with them. */
export function updateHandlers({ store, fleet, artifacts, updates }: Options): Pick<Handlers, UpdateRoute> {
  const artifact = (organisationId: OrganisationId, id: string) => {
    const row = artifacts.get(organisationId, id);
    if (!row) throw unknown(id);
    return row;
  };
  const view = (stored: Row<'updates'>): UpdateInfo => {
    const { step, sealedToken: _, organisationId: __, method: ___, scheme: ____, ...row } = updates.current(stored);
    return { ...row, phase: step.kind, endpoint: fleet.get(row.deviceId)?.row.endpoint ?? row.deviceId };
  };
  const update = async (organisationId: OrganisationId, id: string) => {
    const row = await store.get('updates', { updateId: id as UpdateId });
    if (row?.organisationId === organisationId) return row;
    throw new ReeveError('no-such-thing', `No update "${id}": see \`reeve update ls\``);
  };
  return {
    'artifacts.list': async ({ organisationId }) => ({
      items: await Promise.all(artifacts.all(organisationId).map((row) => artifacts.view(row))),
    }),
    'artifacts.show': async ({ organisationId, params }) => artifacts.view(artifact(organisationId, params.artifact)),
    'artifacts.add': (call) => artifacts.add(call.body, call),
    'artifacts.remove': async (call) => {
      const row = artifact(call.organisationId, call.params.artifact);
      if (updates.needs(row.artifactId)) {
        throw new ReeveError('wrong-state', 'Updates with it are running: cancel them first, see `reeve update ls`');
      }
      await artifacts.remove(row, call);
      return undefined;
    },
    'updates.list': async ({ organisationId, query }) => {
      const { device, state, limit = 100 } = query;
      const deviceId = device === undefined ? undefined : requireDevice(fleet, organisationId, device).row.deviceId;
      const rows = await store.list('updates', {
        where: { ...(deviceId && { deviceId }), ...(state && { state }) },
        ...{ orderBy: 'startedAt', descending: true, limit },
      });
      return { items: rows.filter((row) => row.organisationId === organisationId).map(view) };
    },
    'updates.show': async ({ organisationId, params }) => view(await update(organisationId, params.update)),
    'updates.start': async (call) => {
      const device = requireDevice(fleet, call.organisationId, call.params.device);
      const { artifactId, ...wanted } = call.body;
      return view(
        await updates.start(device, { ...wanted, artifact: artifact(call.organisationId, artifactId) }, call),
      );
    },
    'updates.cancel': async ({ organisationId, params }) =>
      view(await updates.cancel(await update(organisationId, params.update))),
  };
}
