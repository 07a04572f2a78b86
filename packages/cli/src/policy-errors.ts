import { clean } from './table.ts';

/** One error of a document: `at` is `line 8, column 19`; `message` repeats it in front of the rest, which may begin with a key. */
interface DocumentError {
  readonly at: string;
  readonly message: string;
}

/**
 * Errors of a policy document as compilers write them: the place, what is wrong, and the line with a caret under it.
 *
 * @param file name of the document, for people
 */
export function policyErrorLines(errors: readonly DocumentError[], source: string, file: string): string[] {
  const lines = source.split(/\r?\n/);
  return errors.flatMap(({ at, message }) => {
    const [, line, column] = /^line (\d+), column (\d+)$/.exec(at)?.map(Number) ?? [];
    const told = clean(message.startsWith(at) ? message.slice(at.length).replace(/^[,:] /, '') : message);
    if (line === undefined || column === undefined) return [`${file}: ${told}`];
    const margin = `${line} | `;
    const text = clean((lines[line - 1] ?? '').replaceAll('\t', ' '));
    return [`${file}:${line}:${column}: ${told}`, `  ${margin}${text}`, `  ${' '.repeat(margin.length + column - 1)}^`];
  });
}
