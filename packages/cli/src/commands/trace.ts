import { streams, type TraceLine, urlOf } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { reaching } from '../connection.ts';
import { Failure, refusalOf } from '../failure.ts';
import { required } from '../options.ts';
import { readEvents } from '../sse.ts';
import { clean } from '../table.ts';
import { clockTime } from '../words.ts';

export const traceCommands = [
  command({
    name: 'trace',
    summary: 'Show the decoded CoAP messages of a device as they pass, until Ctrl-C',
    positionals: { device: required('DEVICE', 'endpoint name or id') },
    run: (context, given) => trace(context, given.device),
  }),
];

async function trace(context: Context, device: string): Promise<void> {
  const { terminal, json } = context;
  const { server, token } = await context.connect();
  const response = await reaching(server)(server + urlOf(streams.trace, { device }), {
    headers: { authorization: `Bearer ${token}` },
    signal: terminal.stopped,
  });
  if (!response.ok || !response.body) throw refusalOf(response.status, await response.text());
  terminal.note(`Listening to ${device}. Ctrl-C ends it.`);
  try {
    for await (const { event, data } of readEvents(response.body)) {
      if (event !== 'trace') continue;
      if (json) terminal.out(data);
      else terminal.out(traceText(JSON.parse(data), terminal));
    }
  } catch (error) {
    if (terminal.stopped.aborted) return;
    throw new Failure('unreachable', `The connection was lost: ${error instanceof Error ? error.message : error}`);
  }
  if (!terminal.stopped.aborted) throw new Failure('unreachable', 'The server ended the trace');
}

function traceText({ at, direction, text, bytes }: TraceLine, terminal: Context['terminal']): string {
  const arrow = direction === 'in' ? terminal.style('cyan', '→ server') : terminal.style('green', '← server');
  return `${clockTime(at)}  ${arrow}  ${String(bytes).padStart(4)} B  ${clean(text)}`;
}
