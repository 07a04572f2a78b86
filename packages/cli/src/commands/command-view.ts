import { attributesText, type Command, type CommandState, type DiscoveredNode, operationText } from '@reeve/contract';
import type { Context } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { table } from '../output.ts';
import { clean } from '../table.ts';
import { age, byPath, clockTime } from '../words.ts';

/** Longest a request to the server stays open; between requests the receipts so far are shown. */
const STEP_SECONDS = 2;

const exits: Readonly<Record<CommandState, ExitName>> = {
  queued: 'ok',
  sent: 'ok',
  answered: 'ok',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'failed',
  'outcome-unknown': 'failed',
};

/** What codes mean that devices refuse with (LwM2M Core §6; RFC 7252 §12.1.2). */
const refusals: Readonly<Record<string, string>> = {
  '4.00': 'bad request',
  '4.01': 'unauthorized',
  '4.04': 'not found',
  '4.05': 'method not allowed',
  '4.06': 'not acceptable',
  '4.08': 'request entity incomplete',
  '4.09': 'conflict',
  '4.12': 'precondition failed',
  '4.13': 'request entity too large',
  '4.15': 'unsupported content format',
  '5.00': 'internal server error',
  '5.01': 'not implemented',
  '5.03': 'service unavailable',
};

export function exitOf({ state }: Command): ExitName {
  return exits[state];
}

/**
 * Waits until the command is finished, or it is clear that the device is not reached now.
 *
 * @param seconds to wait at most
 */
export async function follow(context: Context, queued: Command, seconds: number): Promise<Command> {
  const { terminal, api } = context;
  let current = queued;
  for (let left = seconds; left > 0 && isUnderWay(current); left -= STEP_SECONDS) {
    terminal.progress(`${operationText(current.operation)}: ${current.receipts.at(-1)?.text ?? current.state} …`);
    const wait = Math.min(left, STEP_SECONDS);
    current = await api('commands.show', { params: { id: current.commandId }, query: { wait } });
    if (current.state === 'queued') break;
  }
  return current;
}

/** What a command did, for people. */
export function commandLines(context: Context, command: Command): string[] {
  const { values = [], nodes, pieces } = command;
  if (nodes) return nodeTable(context, nodes);
  if (values.length === 1 && values[0]) return [clean(values[0].text)];
  if (values.length > 1) return valueTable(context, values);
  const lines = [outcomeText(command), ...(pieces ? pieceTable(context, pieces) : [])];
  if (!isUnderWay(command)) return lines;
  return [...lines, `Follow it with: reeve command show ${command.commandId}`];
}

function outcomeText({ state, code, receipts, created, operation, waiting, pieces }: Command): string {
  if (waiting) return `${state}: ${clean(waiting.text)}`;
  if (state === 'answered' && operation.kind === 'create') {
    return created === undefined ? 'created; the device did not say which instance' : `created ${created}`;
  }
  if (state === 'answered') return `done (${code ?? 'answered'})`;
  if (state === 'failed' && code !== undefined && !pieces) {
    const meaning = refusals[code];
    return `the device refused: ${code}${meaning === undefined ? '' : ` (${meaning})`}`;
  }
  const step = clean(receipts.at(-1)?.text ?? '');
  return state === 'sent' ? `${step}, and not answered yet` : `${state}: ${step}`;
}

/** Each step that the command has left. */
export function receiptLines(command: Command): string[] {
  return command.receipts.map(({ at, step, text }) => `  ${clockTime(at)}  ${step.padEnd(15)}  ${clean(text)}`);
}

/** What was read; when it was measured, where the device says so. */
export function valueTable(context: Context, values: NonNullable<Command['values']>): string[] {
  const now = context.terminal.now();
  return table(context, byPath(values), {
    path: (value) => value.path,
    name: (value) => value.name ?? '',
    value: (value) => value.text,
    measured: (value) => age(value.observedAt, now),
  });
}

/** What became of each value that was written by itself. */
export function pieceTable(context: Context, pieces: NonNullable<Command['pieces']>): string[] {
  return table(context, pieces, {
    path: (piece) => piece.path,
    written: (piece) => (piece.written ? 'yes' : 'no'),
    outcome: (piece) => piece.text,
  });
}

/** What a Discover listed. */
export function nodeTable(context: Context, nodes: readonly DiscoveredNode[]): string[] {
  return table(context, nodes, {
    path: (node) => node.path,
    name: (node) => node.name ?? '',
    attributes: (node) => attributesText(node.attributes),
  });
}

function isUnderWay({ state }: Command): boolean {
  return state === 'queued' || state === 'sent';
}
