/** Arguments of Execute (OMA Core §6.3.5): `0,2='10.3'`. */

import { attempt, type FormatResult, fail, refuse } from './formats/content.ts';

/** One argument: a digit, and perhaps text. */
export interface ExecuteArg {
  readonly digit: number;
  readonly value?: string;
}

const ARG = /(\d)(?:='([!\x23-\x26\x28-\x5b\x5d-\x7e]*)')?/y;

/** Reads arguments; empty text is none. Digits must be unique, and values hold neither spaces nor quotes. */
export function parseExecuteArgs(text: string): FormatResult<{ readonly args: readonly ExecuteArg[] }> {
  return attempt(() => {
    const args: ExecuteArg[] = [];
    let at = 0;
    while (text !== '') {
      ARG.lastIndex = at;
      const match = ARG.exec(text);
      if (match === null) return fail(at >= text.length ? 'truncated' : 'malformed', 'an argument expected', at);
      const digit = Number(match[1]);
      if (args.some((arg) => arg.digit === digit)) fail('malformed', `argument ${digit} twice`, at);
      args.push(match[2] === undefined ? { digit } : { digit, value: match[2] });
      at += match[0].length;
      if (at === text.length) break;
      if (text[at++] !== ',') fail('malformed', '"," expected', at - 1);
    }
    return { args };
  });
}

/** Writes arguments; what {@link parseExecuteArgs} would refuse is the caller's error. */
export function formatExecuteArgs(args: readonly ExecuteArg[]): FormatResult<{ readonly text: string }> {
  return attempt(() => {
    const text = args.map(({ digit, value }) => (value === undefined ? `${digit}` : `${digit}='${value}'`)).join(',');
    const parsed = parseExecuteArgs(text);
    return parsed.ok ? { text } : refuse(`"${text}": ${parsed.error.detail}`);
  });
}
