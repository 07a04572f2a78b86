import { parseTyped, type ResourceValue } from '@reeve/contract';
import { Failure } from './failure.ts';

/**
 * A value as it is typed on the command line, in the JSON form that the API takes.
 *
 * @param type LwM2M data type; without it a word that looks like a number or boolean is one, if it is not secret
 * @param secret whether nobody can look at it again: it must not be told, nor taken for what it may not be
 * @throws Failure `usage` if the word is no such value
 */
export function jsonValue(word: string, type: string | undefined, secret = false): ResourceValue['value'] {
  if (type === undefined) {
    if (secret) return word;
    if (word === 'true' || word === 'false') return word === 'true';
    return isNumber(word) && Number.isFinite(Number(word)) ? Number(word) : word;
  }
  const typed = parseTyped(type, word);
  if (typed.ok) return typed.value;
  throw new Failure(
    'usage',
    `${secret ? 'What was given' : `"${word}"`} is no ${type} value`,
    `Write ${typed.expected}`,
  );
}

function isNumber(word: string): boolean {
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(word);
}
