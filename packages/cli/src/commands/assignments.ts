import { Failure } from '../failure.ts';
import { pathOf } from '../options.ts';
import { readSource } from '../secret-input.ts';
import type { Terminal } from '../terminal.ts';

/** A path, and the text of the value that is to be written there. */
export interface Assignment {
  readonly path: string;
  readonly text: string;
  /** Whether the text is that of a file or of stdin: it may be secret, so no error message tells it. */
  readonly fromFile: boolean;
}

/** `1=60` or, for one of several values, `2/0=x`. @throws Failure `usage` */
export function splitResource(word: string): [path: string, text: string] {
  const [, resource, text] = /^(\d{1,5}(?:\/\d{1,5})?)=(.*)$/s.exec(word) ?? [];
  if (resource === undefined || text === undefined) {
    throw new Failure('usage', `A value is RESOURCE=VALUE, e.g. 1=60, not "${word}"`);
  }
  return [`/${resource}`, text];
}

/** `/1/0/1=60` @throws Failure `usage` */
export function splitPath(word: string): [path: string, text: string] {
  const at = word.indexOf('=');
  if (at < 0) throw new Failure('usage', `What is written is PATH=VALUE, e.g. /1/0/1=60, not "${word}"`);
  return [pathOf(word.slice(0, at)), word.slice(at + 1)];
}

/**
 * What is to be written, from words of the command line and from files or stdin (`-`): those are not seen by other users
 * of the machine, nor remembered by shells. White space around the text of a file is left out.
 *
 * @throws Failure `usage` if a file can't be read, or stdin is named twice
 */
export async function readAssignments(
  words: readonly (readonly [path: string, text: string])[],
  files: readonly (readonly [path: string, file: string])[],
  terminal: Terminal,
): Promise<Assignment[]> {
  if (files.filter(([, file]) => file === '-').length > 1) {
    throw new Failure('usage', 'Only one value can be read from stdin');
  }
  const read = files.map(async ([path, file]) => {
    return { path, text: (await readSource(file, terminal)).trim(), fromFile: true };
  });
  return [...words.map(([path, text]) => ({ path, text, fromFile: false })), ...(await Promise.all(read))];
}
