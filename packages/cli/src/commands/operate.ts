import {
  type CommandOperation,
  CommandPriority,
  compact,
  costText,
  isDear,
  NotificationAttributes,
} from '@reeve/contract';
import { type Context, command } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import {
  choice,
  decimal,
  flag,
  path,
  pathOf,
  paths,
  type ReadAll,
  required,
  several,
  text,
  whole,
} from '../options.ts';
import { show } from '../output.ts';
import { jsonValue } from '../value.ts';
import { fromFile, fromWord, readAssignments, splitPath, splitResource } from './assignments.ts';
import { commandLines, exitOf, follow } from './command-view.ts';
import { resourceOf } from './device-view.ts';

const device = required('DEVICE', 'endpoint name or id');
const target = { device, path: path('PATH', 'LwM2M path, e.g. /3/0/9') };
const costing = { cost: flag('only say what it would cost the device') };
const priorities = CommandPriority.anyOf.map(({ const: priority }) => priority);
/** Options of every command that asks a device. */
export const waiting = {
  wait: whole('SECONDS', 'how long to wait for the outcome', { min: 0, max: 3600 }, 20),
  expires: whole('SECONDS', 'when it is given up if the device was not reached, else after a day', {
    min: 1,
    max: 31_536_000,
  }),
  priority: choice(priorities, 'urgent: before all others; background: when there is room', 'normal'),
};

const secrecy = { secret: flag('never show what is written: for what the definition does not say it of by itself') };
const repeatable = { repeatable: flag('may be sent again if the answer is lost') };

const seconds = (summary: string) => whole('SECONDS', summary, { min: 0, max: 4_294_967_295 });
const notifyOptions = {
  pmin: seconds('least time between two notifications'),
  pmax: seconds('longest time between two notifications'),
  gt: decimal('notify when the value crosses this upper limit'),
  lt: decimal('notify when the value crosses this lower limit'),
  st: decimal('notify when the value changed by so much'),
  epmin: seconds('least time between two evaluations; LwM2M 1.1'),
  epmax: seconds('longest time between two evaluations; LwM2M 1.1'),
  edge: choice(['rising', 'falling'], 'notify when a boolean becomes true or false; LwM2M 1.2'),
  con: choice(['yes', 'no'], 'confirmable notifications; LwM2M 1.2'),
  hqmax: whole('N', 'notifications kept while the device is offline; LwM2M 1.2', { min: 0, max: 4_294_967_295 }),
};
const attributeOptions = { ...notifyOptions, unset: several('NAME', 'takes an attribute away') };

function setAttributesOf({ edge, con, ...given }: ReadAll<typeof notifyOptions>) {
  const { pmin, pmax, gt, lt, st, epmin, epmax, hqmax } = given;
  return compact({
    ...{ pmin, pmax, gt, lt, st, epmin, epmax, hqmax },
    edge: edge && (edge === 'rising' ? 1 : 0),
    con: con && (con === 'yes' ? 1 : 0),
  });
}

function attributesOf({ unset, ...given }: ReadAll<typeof attributeOptions>): NotificationAttributes {
  const set = setAttributesOf(given);
  const names = Object.keys(NotificationAttributes.properties);
  const unknown = unset.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Failure('usage', `"${unknown}" is none of ${names.join(', ')}`);
  return { ...set, ...Object.fromEntries(unset.map((name) => [name, null])) };
}

export const operateCommands = [
  command({
    name: 'device read',
    summary: 'Read objects, instances or resources from a device; several in one request since LwM2M 1.1',
    positionals: { device, paths: paths('PATH', 'LwM2M path, e.g. /3/0/9') },
    options: { ...waiting, ...costing },
    run: (context, given) => {
      const [path, ...more] = given.paths;
      return operate(
        context,
        given,
        more.length === 0 ? { kind: 'read', path } : { kind: 'read-composite', paths: [path, ...more] },
      );
    },
  }),
  command({
    name: 'device write',
    summary: 'Write a resource of a device; several in one request, all or nothing, since LwM2M 1.1',
    positionals: { ...target, value: required('VALUE', 'the value, - to read it from stdin') },
    options: {
      ...waiting,
      ...costing,
      ...secrecy,
      type: text('TYPE', 'LwM2M data type, for a resource that the server has no definition of'),
      also: several('PATH=VALUE', 'another resource to write with it'),
      'also-file': several('PATH=FILE', 'the same, with the value in a file, - to read it from stdin'),
      remove: several('PATH', 'a resource instance to remove with it; LwM2M 1.2'),
      'in-pieces': flag('write them one by one if the device refuses them together: perhaps not all of them are'),
    },
    run: async (context, given) => {
      const { device, path } = given;
      const first = given.value === '-' ? { path, file: '-' } : { path, text: given.value };
      const also = [...given.also.map(splitPath).map(fromWord), ...given['also-file'].map(splitPath).map(fromFile)];
      const assignments = await readAssignments([first, ...also], context.terminal);
      const known = given.type !== undefined && assignments.length === 1;
      const detail = known ? undefined : await context.api('devices.show', { params: { device } });
      const secret = given.secret || undefined;
      const values = assignments.map(({ path: at, text, ...read }) => {
        const type = at === path ? given.type : undefined;
        const known = type ?? (detail && resourceOf(detail, at)?.type);
        return { path: at, value: jsonValue(text, known, given.secret || read.fromFile), ...compact({ type, secret }) };
      });
      if (values.length === 1 && given.remove.length === 0) {
        return operate(context, given, { kind: 'write', mode: 'replace', path, values });
      }
      const removed = given.remove.map((word) => ({ path: pathOf(word), value: null }));
      const inPieces = given['in-pieces'] || undefined;
      return operate(context, given, {
        kind: 'write-composite',
        values: [...values, ...removed],
        ...compact({ inPieces }),
      });
    },
  }),
  command({
    name: 'device exec',
    summary: 'Execute a resource of a device',
    positionals: { ...target, arguments: text('ARGUMENTS', "the command's arguments, e.g. 0='now'") },
    options: { ...waiting, ...repeatable },
    run: (context, given) =>
      operate(context, given, { kind: 'execute', path: given.path, ...compact({ arguments: given.arguments }) }),
  }),
  command({
    name: 'device create',
    summary: 'Create an object instance: /OBJECT/INSTANCE, or /OBJECT to let the device choose',
    positionals: target,
    options: {
      ...waiting,
      set: several('RESOURCE=VALUE', 'what it begins with, e.g. 1=60'),
      'set-file': several('RESOURCE=FILE', 'the same, with the value in a file, - to read it from stdin'),
      ...secrecy,
      ...repeatable,
    },
    run: async (context, given) => {
      const { device } = given;
      const [, objectId, instanceId, ...below] = given.path.split('/');
      if (below.length > 0 || !objectId) throw new Failure('usage', `${given.path} is no object or object instance`);
      const detail = await context.api('devices.show', { params: { device } });
      const secret = given.secret || undefined;
      const words = given.set.map(splitResource).map(fromWord);
      const files = given['set-file'].map(splitResource).map(fromFile);
      const assignments = await readAssignments([...words, ...files], context.terminal);
      const values = assignments.map(({ path, text, ...read }) => {
        const [, resourceId] = path.split('/');
        const type = resourceOf(detail, `/${objectId}/0/${resourceId}`)?.type;
        return { path, value: jsonValue(text, type, given.secret || read.fromFile), ...compact({ secret }) };
      });
      const operation: CommandOperation = { kind: 'create', path: `/${objectId}`, values };
      return operate(context, given, { ...operation, ...(instanceId ? { instanceId: Number(instanceId) } : {}) });
    },
  }),
  command({
    name: 'device delete',
    summary: 'Delete an object instance of a device (the device itself: device rm)',
    positionals: target,
    options: { ...waiting, ...repeatable },
    run: (context, given) => operate(context, given, { kind: 'delete', path: given.path }),
  }),
  command({
    name: 'device discover',
    summary: 'List what a device has at a path, with the attributes that decide when it notifies',
    positionals: target,
    options: { ...waiting, depth: whole('N', 'levels below the path; LwM2M 1.2', { min: 0, max: 3 }) },
    run: (context, given) =>
      operate(context, given, { kind: 'discover', path: given.path, ...compact({ depth: given.depth }) }),
  }),
  command({
    name: 'device attributes',
    summary: 'Say when a device notifies a path that is observed (Write-Attributes)',
    positionals: target,
    options: { ...waiting, ...attributeOptions },
    run: (context, given) => {
      const attributes = attributesOf(given);
      if (Object.keys(attributes).length === 0) {
        throw new Failure('usage', 'No attribute is given', 'Write e.g. --pmin 10, or --unset pmin');
      }
      return operate(context, given, { kind: 'write-attributes', path: given.path, attributes });
    },
  }),
  command({
    name: 'device observe',
    summary: 'Keep a path of a device observed, or several as one',
    positionals: { device, paths: paths('PATH', 'LwM2M path, e.g. /3/0/9') },
    options: { stop: flag('stop observing it for people; what policies need goes on'), ...notifyOptions },
    run: async (context, given) => {
      const { device } = given;
      const path = observedText(given.paths, setAttributesOf(given));
      if (given.stop) {
        await context.api('devices.unobserve', { params: { device }, query: { path } });
        context.terminal.note(`${path} of ${device} is not observed for people any more`);
        return;
      }
      const observation = await context.api('devices.observe', { params: { device }, body: { path } });
      show(context, observation, () => [
        `${path}: ${observation.state}${observation.reason === undefined ? '' : `, ${observation.reason}`}`,
      ]);
    },
  }),
];

/** What is observed, as the API names it: `/3/0/9 /6/0?pmin=5`. */
function observedText(paths: readonly string[], attributes: Readonly<Record<string, number>>): string {
  const query = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return `${paths.join(' ')}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Queues the operation, waits for its outcome, and tells it. */
export async function operate(
  context: Context,
  given: Readonly<{
    device: string;
    wait: number;
    expires: number | undefined;
    priority: CommandPriority;
    repeatable?: boolean;
    cost?: boolean;
  }>,
  operation: CommandOperation,
): Promise<ExitName> {
  if (given.cost || isDear(operation)) {
    const cost = await context.api('commands.cost', { params: { device: given.device }, body: { operation } });
    if (given.cost) {
      show(context, cost, () => [costText(cost)]);
      return 'ok';
    }
    context.terminal.note(costText(cost));
  }
  const queued = await context.api('commands.create', {
    params: { device: given.device },
    body: {
      operation,
      ...compact({
        expiresIn: given.expires,
        priority: given.priority === 'normal' ? undefined : given.priority,
        repeatable: given.repeatable || undefined,
      }),
    },
  });
  const outcome = await follow(context, queued, given.wait);
  show(context, outcome, () => commandLines(context, outcome));
  return exitOf(outcome);
}
