import type { Api, RouteName } from '@reeve/contract';
import { ApiError } from '@reeve/contract';
import { runCli } from './cli.ts';
import type { Terminal } from './terminal.ts';

/** What a command wrote and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One call that a command made. */
export interface Call {
  readonly name: RouteName;
  readonly args: unknown;
}

/** An instant at which all tests happen. */
export const NOW = 1_800_000_000_000;

/** A terminal that keeps what is written. */
export function fakeTerminal(options: { width?: number; input?: string; env?: Terminal['env'] } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (line) => out.push(line),
    note: (line) => err.push(line),
    progress: () => {},
    style: (_, text) => text,
    width: options.width,
    env: options.env ?? {},
    readInput: async () => options.input ?? '',
    now: () => NOW,
    stopped: new AbortController().signal,
  };
  return { terminal, out, err };
}

/** An API that answers from a table, and keeps what it was asked. */
function fakeApi(answers: Partial<Record<RouteName, unknown>>): { api: Api; calls: Call[] } {
  const calls: Call[] = [];
  const api = async (name: RouteName, args: unknown) => {
    calls.push({ name, args });
    const answer = answers[name];
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer(args) : answer;
  };
  return { api: api as Api, calls };
}

/** An error of the API. */
export function problem(status: number, code: string, detail: string, errors?: { at: string; message: string }[]) {
  return new ApiError({
    type: `urn:reeve:error:${code}`,
    title: code,
    status,
    code,
    detail,
    ...(errors ? { errors } : {}),
  });
}

/** Runs a command line against a fake API. */
export async function run(
  words: readonly string[],
  answers: Partial<Record<RouteName, unknown>> = {},
  options: Parameters<typeof fakeTerminal>[0] = {},
): Promise<Ran & { calls: Call[] }> {
  const { terminal, out, err } = fakeTerminal(options);
  const { api, calls } = fakeApi(answers);
  const code = await runCli(words, terminal, { api });
  return { code, out: out.join('\n'), err: err.join('\n'), calls };
}
