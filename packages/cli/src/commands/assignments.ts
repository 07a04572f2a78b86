import { Failure } from '../failure.ts';
import { pathOf } from '../options.ts';
import { readSource } from '../secret-input.ts';
import type { Terminal } from '../terminal.ts';

/** A path, and the text of the value that is to be written there. */
export interface Assignment {
  readonly path: string;
  readonly text: string;
  /** Whether the text is that of a file or of stdin: it may be secret, so no error message of ours tells it. */
  readonly fromFile: boolean;
}

/** A word of the command line, or the name of a file, `-` for stdin. */
export type Source =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly file: string };

/** What a RESOURCE=FILE or PATH=FILE says, split. */
export function fromFile([path, file]: readonly [path: string, file: string]): Source {
  return { path, file };
}

/** The same of a value. */
export function fromWord([path, text]: readonly [path: string, text: string]): Source {
  return { path, text };
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
 * What is to be written, in the order given, from words of the command line and from files or stdin: those are not seen by
 * other users of the machine, nor remembered by shells. White space around the text of a file is left out.
 *
 * @throws Failure `usage` if a file can't be read or holds no text, or stdin is named twice
 */
export async function readAssignments(sources: readonly Source[], terminal: Terminal): Promise<Assignment[]> {
  if (sources.filter((source) => 'file' in source && source.file === '-').length > 1) {
    throw new Failure('usage', 'Only one value can be read from stdin');
  }
  return Promise.all(
    sources.map(async (source) =>
      'text' in source
        ? { ...source, fromFile: false }
        : { path: source.path, text: await readText(source.file, terminal), fromFile: true },
    ),
  );
}

/** A value that is hidden afterwards must not be one that nobody meant. */
async function readText(file: string, terminal: Terminal): Promise<string> {
  const text = (await readSource(file, terminal)).trim();
  const from = file === '-' ? 'stdin' : file;
  if (text === '') throw new Failure('usage', `${from} is empty`, "An empty value is written as the word ''");
  if (text.includes('\uFFFD')) throw new Failure('usage', `${from} is no text in UTF-8`);
  return text;
}
