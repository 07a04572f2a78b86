import type { Command, DiscoveredNode } from '@reeve/contract';
import { judgeTime } from '@reeve/policy';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { CommandId, Millis, OrganisationId } from '../ids.ts';
import { type Device, type Fleet, requireDevice } from '../registry/fleet.ts';
import { isReachable } from '../registry/reach.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { ModelOf, Models } from '../telemetry/models.ts';
import type { Values } from '../telemetry/values.ts';
import { costOf } from './cost.ts';
import { priorityOf } from './priority.ts';
import type { CommandQueue } from './queue.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly queue: CommandQueue;
  readonly models: Models;
  readonly values: Pick<Values, 'of'>;
  readonly now: () => Millis;
}

type CommandRoutes = 'commands.cost' | 'commands.create' | 'commands.list' | 'commands.show' | 'commands.cancel';

/** Routes of commands. */
export function commandHandlers({ store, fleet, queue, models, values, now }: Options): Pick<Handlers, CommandRoutes> {
  const view = (row: Row<'commands'>): Command => commandView(row, fleet.get(row.deviceId), queue, models);
  const find = async (organisationId: OrganisationId, id: string): Promise<Row<'commands'>> => {
    const row = await store.get('commands', { commandId: id as CommandId });
    if (row?.organisationId === organisationId) return row;
    throw new ReeveError('no-such-thing', `No command "${id}": see \`reeve command ls\``);
  };
  return {
    'commands.cost': async ({ organisationId, params, body: { operation } }) => {
      const device = requireDevice(fleet, organisationId, params.device);
      const waiting = isReachable(device, now()) ? undefined : queue.whyWaiting(device);
      const requestsFor: CommandQueue['requestsFor'] = (of, asked) => queue.requestsFor(of, asked);
      return costOf({ operation, device, models, values: values.of(device.row.deviceId), requestsFor, waiting });
    },
    'commands.create': async ({ organisationId, params, query, body, actor, idempotencyKey, signal }) => {
      const device = requireDevice(fleet, organisationId, params.device);
      const { operation, priority, expiresIn, repeatable } = body;
      const row = await queue.add({
        organisationId,
        deviceId: device.row.deviceId,
        operation,
        actor,
        ...(expiresIn === undefined ? {} : { expiresAt: now() + expiresIn * 1000 }),
        ...(priority === undefined ? {} : { priority }),
        ...(repeatable === undefined ? {} : { repeatable }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      });
      return view(await queue.wait(row.commandId, (query.wait ?? 0) * 1000, signal));
    },
    'commands.list': async ({ organisationId, query }) => {
      const { limit = 100, state } = query;
      const device = query.device === undefined ? undefined : requireDevice(fleet, organisationId, query.device);
      const after = query.after === undefined ? undefined : await find(organisationId, query.after);
      const rows = await store.list('commands', {
        where: {
          organisationId,
          ...(device ? { deviceId: device.row.deviceId } : {}),
          ...(state ? { state } : {}),
        },
        orderBy: 'createdAt',
        descending: true,
        limit,
        ...(after ? { after } : {}),
      });
      const items = rows.map(view);
      const last = rows.at(-1);
      return rows.length === limit && last ? { items, next: last.commandId } : { items };
    },
    'commands.show': async ({ organisationId, params, query, signal }) => {
      const { commandId } = await find(organisationId, params.id);
      return view(await queue.wait(commandId, (query.wait ?? 0) * 1000, signal));
    },
    'commands.cancel': async ({ organisationId, params, actor }) => {
      const { commandId } = await find(organisationId, params.id);
      return view(await queue.cancel(commandId, actor));
    },
  };
}

/** A command for people and programs. */
function commandView(row: Row<'commands'>, device: Device | undefined, queue: CommandQueue, models: Models): Command {
  const {
    commandId,
    deviceId,
    operation,
    state,
    actor,
    createdAt,
    expiresAt,
    receipts,
    code,
    values,
    created,
    nodes,
    pieces,
    incidentId,
    cancelledBy,
  } = row;
  return {
    commandId,
    deviceId,
    endpoint: device?.row.endpoint ?? deviceId,
    operation,
    state,
    priority: priorityOf(row),
    actor,
    createdAt,
    expiresAt,
    receipts,
    ...(state === 'queued' && device ? { waiting: queue.whyWaiting(device) } : {}),
    ...(cancelledBy === undefined ? {} : { cancelledBy: cancelledBy.name }),
    ...(code === undefined ? {} : { code }),
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(values === undefined
      ? {}
      : {
          values: values.map(({ path, stored, receivedAt, observedAt }) => ({
            path,
            ...named(path, device?.registration, models),
            type: stored.type,
            value: stored.value,
            text: models.describeStored(path, stored, device?.registration),
            receivedAt,
            ...(observedAt === undefined ? {} : { observedAt }),
            clock: judgeTime({ observedAt, receivedAt }).clock,
          })),
        }),
    ...(created === undefined ? {} : { created }),
    ...(pieces === undefined ? {} : { pieces: [...pieces] }),
    ...(nodes === undefined ? {} : { nodes: nodes.map((node) => nodeView(node, device?.registration, models)) }),
  };
}

function nodeView({ path, attributes }: DiscoveredNode, model: ModelOf | undefined, models: Models): DiscoveredNode {
  return { path, attributes: { ...attributes }, ...named(path, model, models) };
}

function named(path: string, model: ModelOf | undefined, models: Models): { name?: string } {
  const name = models.nameOf(path, model);
  return name === undefined ? {} : { name };
}
