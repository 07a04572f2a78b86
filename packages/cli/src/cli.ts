import { parseArgs } from 'node:util';
import { type Api, createApi } from '@reeve/contract';
import type { Command, Connection, Context } from './command.ts';
import { commands } from './commands/index.ts';
import { reaching, resolveConnection } from './connection.ts';
import { type ExitName, exitCodes } from './exit-codes.ts';
import { Failure, failureOf } from './failure.ts';
import { globals } from './globals.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { nearest } from './nearest.ts';
import type { Given, Spec } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Replaces what a test does not want to be real. */
export interface Overrides {
  readonly api?: Api;
}

/**
 * Runs one command line.
 *
 * @param words what follows `reeve`
 * @returns the exit code of the process
 */
export async function runCli(words: readonly string[], terminal: Terminal, overrides: Overrides = {}): Promise<number> {
  try {
    return exitCodes[await dispatch(words, terminal, overrides)].code;
  } catch (error) {
    if (terminal.stopped.aborted && error instanceof Error && error.name === 'AbortError') return exitCodes.ok.code;
    const { exit, message, hint } = failureOf(error);
    terminal.note(`reeve: ${message}`);
    if (hint !== undefined) terminal.note(`  ${hint}`);
    return exitCodes[exit].code;
  }
}

async function dispatch(words: readonly string[], terminal: Terminal, overrides: Overrides): Promise<ExitName> {
  const found = findCommand(words);
  const asksHelp = words.includes('--help') || words.includes('-h');
  if (!found) {
    const group = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
    if (asksHelp || words.length === 0 || words[0] === 'help') {
      terminal.out(group.length > 0 ? groupHelp(group) : overview(commands));
      return 'ok';
    }
    throw unknownCommand(words, group);
  }
  const { command, rest } = found;
  if (asksHelp) {
    terminal.out(commandHelp(command));
    return 'ok';
  }
  const given = parse(command, rest);
  return command.run(contextOf(given, terminal, overrides), given);
}

/** The command whose words the line begins with: the longest, since `device key` is not `device`. */
function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const length of [3, 2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = words.length >= length ? commands.find((each) => each.name === name) : undefined;
    if (command) return { command, rest: words.slice(length) };
  }
  return undefined;
}

function unknownCommand(words: readonly string[], group: readonly Command[]): Failure {
  const [first = '', second = ''] = words;
  if (group.length > 0) {
    const verbs = group.map(({ name }) => name.slice(first.length + 1));
    const what =
      second === '' || second.startsWith('-') ? `reeve ${first} needs a verb` : `reeve ${first} has no "${second}"`;
    return new Failure('usage', `${what}: ${verbs.join(', ')}`, meant(nearest(second, verbs), `reeve ${first} `));
  }
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
  return new Failure(
    'usage',
    `There is no command "${first}"`,
    meant(nearest(first, firsts), 'reeve ') ?? 'See reeve --help',
  );
}

function meant(word: string | undefined, before: string): string | undefined {
  return word === undefined ? undefined : `Did you mean ${before}${word}?`;
}

/** Reads the words after the command's name. @throws Failure `usage` */
export function parse(command: Command, words: readonly string[]): Given {
  const usage = (message: string, hint = `See reeve ${command.name} --help`) => new Failure('usage', message, hint);
  const specs: Readonly<Record<string, Spec<unknown>>> = { ...globals, ...command.options };
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  );
  // A word such as -5 is a number here, not options.
  const args = words.map((word) => (/^-\.?\d/.test(word) ? NUMBER + word : word));
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const given: Record<string, string[]> = {};
  const places = Object.entries(command.positionals);
  let place = 0;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      const [name, spec] = places[place] ?? [];
      if (name === undefined || !spec) throw usage(`"${token.value}" is one word too many`);
      given[name] = [...(given[name] ?? []), unmarked(token.value)];
      if (!spec.many) place += 1;
      continue;
    }
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) {
      throw usage(`There is no option ${token.rawName}`, meant(nearest(token.name, Object.keys(specs)), '--'));
    }
    if (spec.value === undefined && token.value !== undefined) throw usage(`${token.rawName} takes no value`);
    if (spec.value !== undefined && token.value === undefined) throw usage(`${token.rawName} needs ${spec.value}`);
    given[token.name] = [...(given[token.name] ?? []), unmarked(token.value ?? '')];
  }
  const missing = places.slice(place).find(([name, { required }]) => required && given[name] === undefined);
  if (missing) throw usage(`${missing[1].value} is missing`);
  return given;
}

/** Marks a number below zero for the parser. No word of a command line has this character. */
const NUMBER = '\0';

function unmarked(word: string): string {
  return word.replace(NUMBER, '');
}

function contextOf(given: Given, terminal: Terminal, overrides: Overrides): Context {
  const data = globals.data.read(given.data ?? []);
  let connection: Promise<Connection> | undefined;
  const connect = () => {
    connection ??= resolveConnection(
      {
        server: globals.server.read(given.server ?? []),
        data,
        tokenFile: globals['token-file'].read(given['token-file'] ?? []),
      },
      terminal.env,
    );
    return connection;
  };
  const api: Api = async (name, args) => {
    const { server, token } = await connect();
    return createApi(
      server,
      { authorization: `Bearer ${token}` },
      reaching(server),
    )(name, {
      signal: terminal.stopped,
      ...args,
    });
  };
  return { terminal, data, json: globals.json.read(given.json ?? []), connect, api: overrides.api ?? api };
}
