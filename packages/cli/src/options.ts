import { PATH_PATTERN } from '@reeve/contract';
import { Failure } from './failure.ts';

/** What was written on the command line, by name: each time an option was given, in order. */
export type Given = Readonly<Record<string, readonly string[] | undefined>>;

/** One positional or option: how it is shown and read. */
export interface Spec<T> {
  /** What its value is, for people; undefined for a flag. */
  readonly value: string | undefined;
  readonly summary: string;
  readonly required: boolean;
  /** Takes every further word of the command line. */
  readonly many?: true;
  /** @throws Failure `usage` */
  readonly read: (given: readonly string[]) => T;
}

export type ReadAll<S extends Readonly<Record<string, Spec<unknown>>>> = {
  readonly [K in keyof S]: S[K] extends Spec<infer T> ? T : never;
};

/** A word that has to be there. */
export function required(value: string, summary: string): Spec<string> {
  const read = ([word]: readonly string[]) => {
    if (word === undefined || word === '') throw new Failure('usage', `${value} is missing`);
    return word;
  };
  return { value, summary, required: true, read };
}

/** Words of which at least one has to be there; the last positional of a command. */
export function words(value: string, summary: string): Spec<readonly string[]> {
  return { value, summary, required: true, many: true, read: (given) => given };
}

const pathPattern = new RegExp(PATH_PATTERN);

/** An LwM2M path, which has to be there. */
export function path(value: string, summary: string): Spec<string> {
  const word = required(value, summary);
  return { ...word, read: (given) => pathOf(word.read(given)) };
}

/** One or more LwM2M paths. */
export function paths(value: string, summary: string): Spec<readonly [string, ...string[]]> {
  const { read, ...first } = path(value, summary);
  return {
    ...first,
    value: `${value}…`,
    many: true,
    read: ([word = '', ...more]) => [read([word]), ...more.map(pathOf)],
  };
}

/** @throws Failure `usage` */
export function pathOf(word: string): string {
  if (pathPattern.test(word)) return word;
  throw new Failure(
    'usage',
    `"${word}" is no path: /OBJECT, /OBJECT/INSTANCE or /OBJECT/INSTANCE/RESOURCE, in numbers`,
  );
}

/** Text, or nothing. */
export function text(value: string, summary: string): Spec<string | undefined>;
export function text(value: string, summary: string, fallback: string): Spec<string>;
export function text(value: string, summary: string, fallback?: string): Spec<string | undefined> {
  return { value, summary: withDefault(summary, fallback), required: false, read: (given) => given.at(-1) ?? fallback };
}

/** May be given several times. */
export function several(value: string, summary: string): Spec<readonly string[]> {
  return { value, summary: `${summary}; may be repeated`, required: false, read: (given) => given };
}

export function flag(summary: string): Spec<boolean> {
  return { value: undefined, summary, required: false, read: (given) => given.length > 0 };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** A whole number within a range. */
export function whole(value: string, summary: string, range: Range): Spec<number | undefined>;
export function whole(value: string, summary: string, range: Range, fallback: number): Spec<number>;
export function whole(value: string, summary: string, range: Range, fallback?: number): Spec<number | undefined> {
  const read = (given: readonly string[]) => {
    const word = given.at(-1);
    if (word === undefined) return fallback;
    const number = /^\d{1,15}$/.test(word) ? Number(word) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    throw new Failure('usage', `${value} is a whole number from ${range.min} to ${range.max}, not "${word}"`);
  };
  return { value, summary: withDefault(summary, fallback), required: false, read };
}

/** A decimal number. */
export function decimal(summary: string): Spec<number | undefined> {
  const read = (given: readonly string[]) => {
    const word = given.at(-1);
    if (word === undefined) return undefined;
    if (/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(word)) return Number(word);
    throw new Failure('usage', `"${word}" is no number`);
  };
  return { value: 'NUMBER', summary, required: false, read };
}

/** One of some words. */
export function choice<const W extends string>(words: readonly W[], summary: string): Spec<W | undefined>;
export function choice<const W extends string>(words: readonly W[], summary: string, fallback: W): Spec<W>;
export function choice<const W extends string>(
  words: readonly W[],
  summary: string,
  fallback?: W,
): Spec<W | undefined> {
  const value = words.join('|');
  const read = (given: readonly string[]) => {
    const word = given.at(-1);
    if (word === undefined) return fallback;
    const known = words.find((each) => each === word);
    if (known === undefined) throw new Failure('usage', `"${word}" is none of ${words.join(', ')}`);
    return known;
  };
  return { value, summary: withDefault(summary, fallback), required: false, read };
}

/** An instant: a date, or date and time, as ISO 8601 has them; without a zone in UTC. */
export function instant(summary: string): Spec<number | undefined> {
  const read = (given: readonly string[]) => {
    const word = given.at(-1);
    if (word === undefined) return undefined;
    const iso = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.exec(word);
    const at = iso ? Date.parse(iso[2] !== undefined && iso[3] === undefined ? `${word}Z` : word) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    throw new Failure('usage', `"${word}" is no date: write 2027-01-31 or 2027-01-31T12:00:00Z`);
  };
  return { value: 'DATE', summary, required: false, read };
}

/** `key=value` pairs, gathered from an option that is repeated. */
export function pairs(summary: string): Spec<Readonly<Record<string, string>> | undefined> {
  const read = (given: readonly string[]) => {
    if (given.length === 0) return undefined;
    return Object.fromEntries(given.map(pairOf));
  };
  return { value: 'KEY=VALUE', summary: `${summary}; may be repeated`, required: false, read };
}

function pairOf(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw new Failure('usage', `A label is KEY=VALUE, not "${word}"`);
  return [word.slice(0, at), word.slice(at + 1)];
}

function withDefault(summary: string, fallback: string | number | undefined): string {
  return fallback === undefined ? summary : `${summary} (default ${fallback})`;
}
