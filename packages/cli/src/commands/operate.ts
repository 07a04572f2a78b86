import type { CommandOperation } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { compact } from '../compact.ts';
import type { ExitName } from '../exit-codes.ts';
import { flag, path, required, text, whole } from '../options.ts';
import { show } from '../output.ts';
import { readSource } from '../secret-input.ts';
import { jsonValue } from '../value.ts';
import { commandLines, exitOf, follow } from './command-view.ts';
import { resourceOf } from './device-view.ts';

const target = {
  device: required('DEVICE', 'endpoint name or id'),
  path: path('PATH', 'LwM2M path, e.g. /3/0/9'),
};
const waiting = {
  wait: whole('SECONDS', 'how long to wait for the outcome', { min: 0, max: 3600 }, 20),
  expires: whole('SECONDS', 'when it is given up if the device was not reached, else after a day', {
    min: 1,
    max: 31_536_000,
  }),
};

export const operateCommands = [
  command({
    name: 'device read',
    summary: 'Read an object, instance or resource from a device',
    positionals: target,
    options: waiting,
    run: (context, given) => operate(context, given, { kind: 'read', path: given.path }),
  }),
  command({
    name: 'device write',
    summary: 'Write a resource of a device',
    positionals: { ...target, value: required('VALUE', 'the value, - to read it from stdin') },
    options: { ...waiting, type: text('TYPE', 'LwM2M data type, for a resource that the server has no definition of') },
    run: async (context, given) => {
      const { device, path } = given;
      const written = given.value === '-' ? (await readSource('-', context.terminal)).trim() : given.value;
      const type = given.type ?? resourceOf(await context.api('devices.show', { params: { device } }), path)?.type;
      const value = { path, value: jsonValue(written, type), ...compact({ type: given.type }) };
      return operate(context, given, { kind: 'write', mode: 'replace', path, values: [value] });
    },
  }),
  command({
    name: 'device exec',
    summary: 'Execute a resource of a device',
    positionals: { ...target, arguments: text('ARGUMENTS', "the command's arguments, e.g. 0='now'") },
    options: { ...waiting, repeatable: flag('may be sent again if the answer is lost') },
    run: (context, given) =>
      operate(context, given, { kind: 'execute', path: given.path, ...compact({ arguments: given.arguments }) }),
  }),
  command({
    name: 'device observe',
    summary: 'Keep a path of a device observed',
    positionals: target,
    options: { stop: flag('stop observing it for people; what policies need goes on') },
    run: async (context, given) => {
      const { device, path } = given;
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

/** Queues the operation, waits for its outcome, and tells it. */
async function operate(
  context: Context,
  given: Readonly<{ device: string; wait: number; expires: number | undefined; repeatable?: boolean }>,
  operation: CommandOperation,
): Promise<ExitName> {
  const queued = await context.api('commands.create', {
    params: { device: given.device },
    body: { operation, ...compact({ expiresIn: given.expires, repeatable: given.repeatable || undefined }) },
  });
  const outcome = await follow(context, queued, given.wait);
  show(context, outcome, () => commandLines(context, outcome));
  return exitOf(outcome);
}
