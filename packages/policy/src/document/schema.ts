import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { DECIMAL } from '../decimal.ts';
import { LIMITS } from '../limits.ts';
import { nearestWord } from './nearest.ts';

/** One thing wrong with a document, told at the place where it is wrong. Lines and columns count from 1. */
export interface PolicyError {
  readonly line: number;
  readonly column: number;
  /** Where in the document, `rules[0].region.in[1]`; empty for the document itself. */
  readonly key: string;
  readonly message: string;
  /** What would have been right, in words. */
  readonly expected: string;
  /** The valid word that was most likely meant. */
  readonly nearest?: string;
}

/** Marks a value that was wrong; its error has been reported. */
export const INVALID = Symbol('invalid');

/** What is wrong, apart from where. */
export type Complaint = Pick<PolicyError, 'message' | 'expected' | 'nearest'>;

/** Collects the errors of one document. */
export interface Reporter {
  report(offset: number, key: string, complaint: Complaint): void;
}

/** A declared part of a document: what is expected in words, and how it is read. */
export interface Schema<T> {
  readonly expected: string;
  read(node: ParsedNode, key: string, to: Reporter): T | typeof INVALID;
}

/** The type of what a schema reads. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

type ScalarResult<T> = { ok: true; value: T } | { ok: false; nearest?: string | undefined };

/**
 * A single value, read from the text as it was written, so that `1.10` stays `1.10`. `parse` sees only
 * text that is no longer than `LIMITS.textLength`.
 */
export function scalar<T>(expected: string, parse: (text: string) => ScalarResult<T>): Schema<T> {
  return {
    expected,
    read(node, key, to) {
      const offset = node.range[0];
      if (!isScalar(node) || node.value === null) return reject(to, offset, key, nodeProblem(node), expected);
      const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
      if (text.length > LIMITS.textLength) {
        return reject(to, offset, key, `longer than ${LIMITS.textLength} characters`, expected);
      }
      const result = parse(text);
      return result.ok
        ? result.value
        : reject(to, offset, key, `${JSON.stringify(text)} is not valid`, expected, result.nearest);
    },
  };
}

/** Exactly one of the words. */
export function word<const W extends string>(...words: readonly W[]): Schema<W> {
  return scalar(listWords(words), (text) => {
    const value = words.find((known) => known === text);
    return value === undefined ? { ok: false, nearest: nearestWord(text, words) } : { ok: true, value };
  });
}

/** Text of at least one character that fits the pattern. */
export function text(expected = 'text', pattern = /^[^\p{Cc}]+$/u): Schema<string> {
  return scalar(expected, (value) => (pattern.test(value) ? { ok: true, value } : { ok: false }));
}

/** A decimal number within bounds, both inclusive. */
export function number(min: number, max: number, expected: string): Schema<number> {
  return scalar(expected, (written) => {
    const value = DECIMAL.test(written) ? Number(written) : Number.NaN;
    return value >= min && value <= max ? { ok: true, value } : { ok: false };
  });
}

/** A whole number within bounds, both inclusive. */
export function integer(min: number, max: number): Schema<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return scalar(expected, (written) => {
    const value = /^[-+]?\d+$/.test(written) ? Number(written) : Number.NaN;
    return value >= min && value <= max ? { ok: true, value } : { ok: false };
  });
}

/** A list of one to `max` items, no two of the same `identity`. */
export function list<T>(item: Schema<T>, max: number, identity?: (value: T) => string): Schema<readonly T[]> {
  const expected = `a list of 1 to ${max} items, each ${item.expected}`;
  return {
    expected,
    read(node, key, to) {
      const offset = node.range[0];
      if (!isSeq(node)) return reject(to, offset, key, nodeProblem(node), expected);
      if (node.items.length === 0) return reject(to, offset, key, 'the list is empty', expected);
      if (node.items.length > max) return reject(to, offset, key, `${node.items.length} items`, expected);
      const values: T[] = [];
      const taken = new Set<string>();
      let valid = true;
      node.items.forEach((child, index) => {
        const place = `${key}[${index}]`;
        const value = item.read(child, place, to);
        const name = value === INVALID ? undefined : identity?.(value);
        if (name !== undefined && taken.has(name)) {
          reject(to, child.range[0], place, `${JSON.stringify(name)} is already taken`, 'each name once');
          valid = false;
        }
        if (name !== undefined) taken.add(name);
        if (value === INVALID) valid = false;
        else values.push(value);
      });
      return valid ? values : INVALID;
    },
  };
}

/** One item, or a list of them; read as a list either way. */
export function oneOrMore<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  const many = list(item, max);
  return {
    expected: `${item.expected}, or a list of them`,
    read(node, key, to) {
      if (isSeq(node)) return many.read(node, key, to);
      const value = item.read(node, key, to);
      return value === INVALID ? INVALID : [value];
    },
  };
}

/** A single value or a map: the shape of what was written decides which is read. */
export function either<A, B>(plain: Schema<A>, map: Schema<B>): Schema<A | B> {
  const expected = `${plain.expected}, or ${map.expected}`;
  return {
    expected,
    read(node, key, to) {
      if (isMap(node)) return map.read(node, key, to);
      const either: Reporter = { report: (at, where, complaint) => to.report(at, where, { ...complaint, expected }) };
      if (isScalar(node) && node.value !== null) return plain.read(node, key, either);
      return reject(to, node.range[0], key, nodeProblem(node), expected);
    },
  };
}

export function reject(
  to: Reporter,
  offset: number,
  key: string,
  message: string,
  expected: string,
  nearest?: string,
): typeof INVALID {
  to.report(offset, key, { message, expected, ...(nearest === undefined ? {} : { nearest }) });
  return INVALID;
}

/** Why this node can't be what was asked for. */
export function nodeProblem(node: ParsedNode): string {
  if (isAlias(node)) return 'aliases are not allowed';
  if (isMap(node)) return 'found a map';
  if (isSeq(node)) return 'found a list';
  return node.value === null
    ? 'has no value'
    : `${JSON.stringify(String(node.value).slice(0, LIMITS.keptText))} is not valid`;
}

/** `a`, `a or b`, `a, b or c`. */
export function listWords(words: readonly string[], conjunction: 'or' | 'and' = 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}
