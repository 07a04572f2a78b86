import type { Command } from './command.ts';
import { globals } from './globals.ts';
import type { Spec } from './options.ts';

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  return [
    'Usage: reeve COMMAND [options]',
    '',
    ...listed(commands.map(({ name, summary }) => [name, summary])),
    '',
    'reeve COMMAND --help tells more. Exit codes and all options: docs/cli.md.',
  ].join('\n');
}

/** The commands of one group, e.g. `device`. */
export function groupHelp(commands: readonly Command[]): string {
  return listed(commands.map((command) => [usageLine(command), command.summary])).join('\n');
}

export function commandHelp(command: Command): string {
  const own = Object.entries(command.options);
  const shared = Object.entries(globals).filter(([name]) => !Object.hasOwn(command.options, name));
  return [
    `Usage: ${usageLine(command)}${own.length > 0 ? ' [options]' : ''}`,
    '',
    command.summary,
    '',
    ...listed([
      ...Object.values(command.positionals).map(({ value = '', summary }): [string, string] => [value, summary]),
      ...[...own, ...shared].map(([name, spec]): [string, string] => [optionText(name, spec), spec.summary]),
    ]),
  ].join('\n');
}

/** `reeve device read DEVICE PATH` */
export function usageLine({ name, positionals }: Pick<Command, 'name' | 'positionals'>): string {
  const words = Object.values(positionals).map(({ value = '', required }) => (required ? value : `[${value}]`));
  return ['reeve', name, ...words].join(' ');
}

/** `--wait SECONDS` */
export function optionText(name: string, { value }: Pick<Spec<unknown>, 'value'>): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function listed(lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([term]) => term.length));
  return lines.map(([term, summary]) => `  ${term.padEnd(width)}  ${summary}`);
}
