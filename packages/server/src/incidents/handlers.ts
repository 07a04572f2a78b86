import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { ApprovalId, IncidentId, Millis, OrganisationId, Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { timelineEntry } from '../journal/timeline.ts';
import { type Fleet, requireDevice } from '../registry/fleet.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Incidents } from './incidents.ts';
import { approvalView, incidentView } from './views.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly incidents: Incidents;
  readonly describe: (entry: JournalEntry) => string;
  readonly now: () => Millis;
}

type IncidentRoutes =
  | 'incidents.list'
  | 'incidents.show'
  | 'incidents.acknowledge'
  | 'incidents.close'
  | 'incidents.timeline'
  | 'approvals.list'
  | 'approvals.approve'
  | 'approvals.deny'
  | 'devices.lock';

/** Journal entries of the device that are read for an incident's timeline, the newest, and how many at a time. */
const TIMELINE_PAGES = 20;
const TIMELINE_PAGE = 1000;

/** Routes of incidents, approvals and the lock. */
export function incidentHandlers({ store, fleet, incidents, describe, now }: Options): Pick<Handlers, IncidentRoutes> {
  const endpointOf = ({ deviceId }: { deviceId: Row<'incidents'>['deviceId'] }) =>
    fleet.get(deviceId)?.row.endpoint ?? deviceId;
  const find = async (organisationId: OrganisationId, id: string): Promise<Row<'incidents'>> => {
    const row = await store.get('incidents', { incidentId: id as IncidentId });
    if (row?.organisationId === organisationId) return row;
    throw new ReeveError('no-such-thing', `No incident "${id}": see \`reeve incident ls\``);
  };
  const view = async (row: Row<'incidents'>) => {
    const { incidentId } = row;
    const responses = await store.list('responses', { where: { incidentId }, orderBy: 'createdAt' });
    return incidentView(row, responses, endpointOf(row));
  };
  const decide =
    (decision: 'approved' | 'denied'): Handlers['approvals.approve'] & Handlers['approvals.deny'] =>
    async ({ organisationId, params, actor }) => {
      const row = await store.get('approvals', { approvalId: params.id as ApprovalId });
      if (row?.organisationId !== organisationId)
        throw new ReeveError('no-such-thing', `No approval "${params.id}": see \`reeve approval ls\``);
      if (row.state !== 'waiting') throw new ReeveError('wrong-state', `The approval is ${row.state} already`);
      const { approvalId, incidentId, deviceId } = row;
      const payload = { approvalId, incidentId, decision };
      await incidents.tell({
        type: 'approval.decision-requested',
        at: now(),
        organisationId,
        deviceId,
        actor,
        payload,
      });
      const decided = (await store.get('approvals', { approvalId })) ?? row;
      // Somebody else, or the end of the cause, may have been faster.
      if (decided.state !== decision) throw new ReeveError('wrong-state', `The approval is ${decided.state} already`);
      return approvalView(decided, endpointOf(row));
    };

  return {
    'incidents.list': async ({ organisationId, query }) => {
      const { limit = 100, state, after } = query;
      const device = query.device === undefined ? undefined : requireDevice(fleet, organisationId, query.device);
      const rows = await store.list('incidents', {
        where: {
          organisationId,
          ...(device ? { deviceId: device.row.deviceId } : {}),
          ...(state ? { state } : {}),
        },
        orderBy: 'openedAt',
        descending: true,
        limit,
        ...(after === undefined ? {} : { after: await find(organisationId, after) }),
      });
      const items = await Promise.all(rows.map(view));
      const last = rows.at(-1);
      return rows.length === limit && last ? { items, next: last.incidentId } : { items };
    },
    'incidents.show': async ({ organisationId, params }) => view(await find(organisationId, params.id)),
    'incidents.acknowledge': async ({ organisationId, params, actor }) => {
      const row = await find(organisationId, params.id);
      if (row.acknowledgedAt === undefined) {
        const { incidentId, deviceId } = row;
        const at = now();
        await store.commit({
          changes: [
            { patch: 'incidents', key: { incidentId }, set: { acknowledgedAt: at, acknowledgedBy: actor.name } },
          ],
          journal: [{ type: 'incident.acknowledged', at, organisationId, deviceId, actor, payload: { incidentId } }],
        });
      }
      return view(await find(organisationId, params.id));
    },
    'incidents.close': async ({ organisationId, params, actor }) => {
      const { incidentId, deviceId, state } = await find(organisationId, params.id);
      if (state === 'closed') throw new ReeveError('wrong-state', 'The incident is closed already');
      await incidents.tell({
        type: 'incident.close-requested',
        at: now(),
        organisationId,
        deviceId,
        actor,
        payload: { incidentId },
      });
      return view(await find(organisationId, params.id));
    },
    'incidents.timeline': async ({ organisationId, params }) => {
      const { incidentId, deviceId, openedAt } = await find(organisationId, params.id);
      const ids = new Set<string>([incidentId]);
      for (const { responseId } of await store.list('responses', { where: { incidentId } })) {
        ids.add(responseId);
        for (const { commandId } of await store.list('commands', { where: { responseId } })) ids.add(commandId);
      }
      const isMine = ({ payload }: JournalEntry) =>
        ('incidentId' in payload && payload.incidentId !== undefined && ids.has(payload.incidentId)) ||
        ('responseId' in payload && payload.responseId !== undefined && ids.has(payload.responseId)) ||
        ('commandId' in payload && payload.commandId !== undefined && ids.has(payload.commandId));
      const mine: JournalEntry[] = [];
      let before: Seq | undefined;
      for (let page = 0; page < TIMELINE_PAGES; page++) {
        const entries = await store.journal({
          deviceId,
          newestFirst: true,
          limit: TIMELINE_PAGE,
          ...(before === undefined ? {} : { before }),
        });
        mine.push(...entries.filter(isMine));
        const oldest = entries.at(-1);
        if (!oldest || oldest.at < openedAt) break;
        before = oldest.seq;
      }
      return { items: mine.reverse().map((entry) => timelineEntry(entry, describe)) };
    },
    'approvals.list': async ({ organisationId, query: { state } }) => {
      const rows = await store.list('approvals', { where: { organisationId, ...(state ? { state } : {}) } });
      const items = rows.sort((a, b) => b.createdAt - a.createdAt).map((row) => approvalView(row, endpointOf(row)));
      return { items };
    },
    'approvals.approve': decide('approved'),
    'approvals.deny': decide('denied'),
    'devices.lock': async ({ organisationId, params, body, actor }) => {
      const { deviceId } = requireDevice(fleet, organisationId, params.device).row;
      await incidents.tell({
        type: 'lock.requested',
        at: now(),
        organisationId,
        deviceId,
        actor,
        payload: { held: body.held },
      });
      return incidents.lockStatus(deviceId);
    },
  };
}
