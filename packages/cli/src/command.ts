import type { Api } from '@reeve/contract';
import type { ExitName } from './exit-codes.ts';
import type { Given, ReadAll, Spec } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Where the server is, and with what the command signs in there. */
export interface Connection {
  readonly server: string;
  readonly token: string;
}

/** What every command is run with. */
export interface Context {
  readonly terminal: Terminal;
  /** Folder of the local server's data. */
  readonly data: string;
  /** Write the API's JSON instead of text for people. */
  readonly json: boolean;
  /** Where the server is; reads the token. @throws Failure `not-allowed` without one */
  connect(): Promise<Connection>;
  /** Calls the server's API. */
  readonly api: Api;
}

/** A command as it is declared: one declaration gives its parser, its help and its part of the reference. */
export interface Command {
  /** Its words, e.g. `device add`. */
  readonly name: string;
  readonly summary: string;
  /** In their order; each is one word on the command line. */
  readonly positionals: Readonly<Record<string, Spec<unknown>>>;
  /** By the name that is written after `--`. */
  readonly options: Readonly<Record<string, Spec<unknown>>>;
  readonly run: (context: Context, given: Given) => Promise<ExitName>;
}

/** Declares a command. `run` gets the values by name, each of the type that its declaration gives. */
export function command<
  P extends Readonly<Record<string, Spec<unknown>>>,
  O extends Readonly<Record<string, Spec<unknown>>>,
>(
  declared: Readonly<{
    name: string;
    summary: string;
    positionals?: P;
    options?: O;
    // biome-ignore lint/suspicious/noConfusingVoidType: a command that says nothing went well
    run: (context: Context, given: ReadAll<P> & ReadAll<O>) => Promise<ExitName | void>;
  }>,
): Command {
  const { name, summary, positionals = {} as P, options = {} as O, run } = declared;
  const specs = { ...positionals, ...options };
  return {
    name,
    summary,
    positionals,
    options,
    run: async (context, given) => {
      const values = Object.entries(specs).map(([key, spec]) => [key, spec.read(given[key] ?? [])]);
      return (await run(context, Object.fromEntries(values) as ReadAll<P> & ReadAll<O>)) ?? 'ok';
    },
  };
}
