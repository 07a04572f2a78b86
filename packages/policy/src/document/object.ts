import { isMap, isScalar, type ParsedNode } from 'yaml';
import { nearestWord } from './nearest.ts';
import { type Complaint, INVALID, listWords, nodeProblem, type Reporter, reject, type Schema } from './schema.ts';

/** A key of a map. `always` says whether the value is there after reading: written, or filled in by a default. */
export interface Field<T, Always extends boolean> {
  readonly schema: Schema<T>;
  readonly always: Always;
  readonly required: boolean;
  readonly fallback?: T;
}

/** A key that must be written. */
export function required<T>(schema: Schema<T>): Field<T, true> {
  return { schema, always: true, required: true };
}

/** A key that may be left out. */
export function optional<T>(schema: Schema<T>): Field<T, false> {
  return { schema, always: false, required: false };
}

/** A key that reads as `fallback` when it is left out. */
export function withDefault<T>(schema: Schema<T>, fallback: NoInfer<T>): Field<T, true> {
  return { schema, always: true, required: false, fallback };
}

type Fields = Readonly<Record<string, Field<unknown, boolean>>>;

/** What a map with these fields reads as. */
type Shape<F extends Fields> = {
  readonly [K in keyof F as F[K]['always'] extends true ? K : never]: F[K] extends Field<infer T, boolean> ? T : never;
} & {
  readonly [K in keyof F as F[K]['always'] extends true ? never : K]?: F[K] extends Field<infer T, boolean> ? T : never;
};

/** A rule that holds between the keys of a map; the complaint is told at `at`, or at the map when it is absent. */
export interface Contradiction extends Complaint {
  readonly at?: string;
}

/** A map with exactly these keys. `check` sees a map whose keys are each valid by themselves. */
export function object<F extends Fields>(
  expected: string,
  fields: F,
  check: (value: Shape<F>) => Contradiction | undefined = () => undefined,
): Schema<Shape<F>> {
  const names = Object.keys(fields);
  return {
    expected,
    read(node, key, to) {
      const entries = readEntries(node, key, expected, to);
      if (entries === INVALID) return INVALID;
      let valid = true;
      for (const [name, entry] of entries) {
        if (names.includes(name)) continue;
        reject(to, entry.offset, join(key, name), 'unknown key', listWords(names), nearestWord(name, names));
        valid = false;
      }
      const value: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        const entry = entries.get(name);
        const read = entry ? readField(entry, field, join(key, name), to) : absent(field);
        if (read === MISSING) reject(to, node.range[0], join(key, name), 'is missing', field.schema.expected);
        if (read === MISSING || read === INVALID) valid = false;
        else if (read !== undefined) value[name] = read;
      }
      if (!valid) return INVALID;
      // The loop above has put in exactly what Shape says; the type system can't follow it.
      const shaped = value as Shape<F>;
      const contradiction = check(shaped);
      if (contradiction === undefined) return shaped;
      const { at, ...complaint } = contradiction;
      const offset = at === undefined ? node.range[0] : (entries.get(at)?.offset ?? node.range[0]);
      to.report(offset, at === undefined ? key : join(key, at), complaint);
      return INVALID;
    },
  };
}

/** A map from free names to values of one kind. */
export function record<T>(expected: string, item: Schema<T>, max: number): Schema<Readonly<Record<string, T>>> {
  return {
    expected,
    read(node, key, to) {
      const entries = readEntries(node, key, expected, to);
      if (entries === INVALID) return INVALID;
      if (entries.size > max)
        return reject(to, node.range[0], key, `${entries.size} keys`, `${expected}, at most ${max}`);
      const values: [string, T][] = [];
      let valid = true;
      for (const [name, entry] of entries) {
        const value = readField(entry, required(item), join(key, name), to);
        if (value === INVALID || value === MISSING) valid = false;
        else values.push([name, value]);
      }
      return valid ? Object.fromEntries(values) : INVALID;
    },
  };
}

interface Entry {
  /** Where the key is written. */
  readonly offset: number;
  readonly value: ParsedNode | null;
}

const MISSING = Symbol('missing');

function absent<T>(field: Field<T, boolean>): T | undefined | typeof MISSING {
  return field.required ? MISSING : field.fallback;
}

function readField<T>(entry: Entry, field: Field<T, boolean>, key: string, to: Reporter): T | typeof INVALID {
  if (entry.value === null) return reject(to, entry.offset, key, 'has no value', field.schema.expected);
  return field.schema.read(entry.value, key, to);
}

function readEntries(
  node: ParsedNode,
  key: string,
  expected: string,
  to: Reporter,
): Map<string, Entry> | typeof INVALID {
  if (!isMap(node)) return reject(to, node.range[0], key, nodeProblem(node), expected);
  const entries = new Map<string, Entry>();
  let valid = true;
  for (const pair of node.items) {
    const offset = pair.key.range[0];
    if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
      reject(to, offset, key, 'a key that is not text', expected);
      valid = false;
    } else if (entries.has(pair.key.value)) {
      reject(to, offset, join(key, pair.key.value), 'the key is written twice', 'each key once');
      valid = false;
    } else {
      entries.set(pair.key.value, { offset, value: pair.value });
    }
  }
  return valid ? entries : INVALID;
}

function join(key: string, name: string): string {
  return key === '' ? name : `${key}.${name}`;
}
