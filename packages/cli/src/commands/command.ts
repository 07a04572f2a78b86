import { CommandState, compact, operationText } from '@reeve/contract';
import { command } from '../command.ts';
import { choice, required, text, whole } from '../options.ts';
import { facts, pageQuery, paging, show, showList } from '../output.ts';
import { age } from '../words.ts';
import { exitOf, follow, nodeTable, pieceTable, receiptLines, valueTable } from './command-view.ts';

const states = CommandState.anyOf.map(({ const: state }) => state);

export const commandCommands = [
  command({
    name: 'command ls',
    summary: 'List commands to devices, newest first',
    options: { device: text('DEVICE', 'only of this device'), state: choice(states, 'only in this state'), ...paging },
    run: async (context, given) => {
      const now = context.terminal.now();
      const { device, state } = given;
      showList(
        context,
        await context.api('commands.list', { query: { ...pageQuery(given), ...compact({ device, state }) } }),
        {
          id: (each) => each.commandId,
          device: (each) => each.endpoint,
          operation: (each) => operationText(each.operation),
          state: (each) => each.state,
          priority: (each) => (each.priority === 'normal' ? '' : each.priority),
          waits: (each) => each.waiting?.text ?? '',
          by: (each) => each.actor.name,
          queued: (each) => age(each.createdAt, now),
        },
        'No commands',
      );
    },
  }),
  command({
    name: 'command show',
    summary: 'Show a command with its receipts',
    positionals: { id: required('ID', 'id of the command') },
    options: { wait: whole('SECONDS', 'wait for its outcome', { min: 0, max: 3600 }, 0) },
    run: async (context, given) => {
      const first = await context.api('commands.show', { params: { id: given.id } });
      const shown = await follow(context, first, given.wait);
      const { operation, state, priority, actor, endpoint, code, values = [], nodes, created, expiresAt } = shown;
      show(context, shown, () => [
        `${operationText(operation)} on ${endpoint}: ${state}`,
        '',
        ...facts(context, {
          by: actor.name,
          answer: code,
          created,
          priority: priority === 'normal' ? undefined : priority,
          waits: shown.waiting?.text,
          cancelled: shown.cancelledBy === undefined ? undefined : `by ${shown.cancelledBy}, while under way`,
          expires: state === 'queued' ? age(expiresAt, context.terminal.now()) : undefined,
        }),
        ...receiptLines(shown),
        ...(values.length > 0 ? valueTable(context, values) : []),
        ...(nodes ? nodeTable(context, nodes) : []),
        ...(shown.pieces ? pieceTable(context, shown.pieces) : []),
      ]);
      return exitOf(shown);
    },
  }),
  command({
    name: 'command cancel',
    summary: 'Cancel a command; one that is under way is not sent again',
    positionals: { id: required('ID', 'id of the command') },
    run: async (context, given) => {
      const cancelled = await context.api('commands.cancel', { params: { id: given.id } });
      show(context, cancelled, () => [
        `${cancelled.commandId}: ${cancelled.state === 'sent' ? 'under way; it is not sent again' : cancelled.state}`,
      ]);
    },
  }),
];
