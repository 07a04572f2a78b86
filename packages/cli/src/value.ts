import { Failure } from './failure.ts';

/**
 * A value as it is typed on the command line, in the JSON form that the API takes.
 *
 * @param type LwM2M data type; without it a word that looks like a number or boolean is one
 * @throws Failure `usage` if the word is no such value
 */
export function jsonValue(word: string, type: string | undefined): string | number | boolean {
  switch (type) {
    case 'boolean':
      if (word === 'true' || word === '1') return true;
      if (word === 'false' || word === '0') return false;
      throw new Failure('usage', `"${word}" is no boolean`, 'Write true or false');
    case 'integer':
    case 'unsigned':
    case 'time':
      if (!/^-?\d+$/.test(word)) throw new Failure('usage', `"${word}" is no ${type === 'time' ? 'time' : 'integer'}`);
      // The API takes integers that JSON numbers can't hold as text.
      return Number.isSafeInteger(Number(word)) ? Number(word) : word;
    case 'float':
      if (!isNumber(word)) throw new Failure('usage', `"${word}" is no number`);
      return Number(word);
    case undefined:
      if (word === 'true' || word === 'false') return word === 'true';
      return isNumber(word) && Number.isFinite(Number(word)) ? Number(word) : word;
    default:
      return word;
  }
}

function isNumber(word: string): boolean {
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(word);
}
