import { type CommandOperation, parseTyped } from '@reeve/contract';
import type { ResourceRow } from './tree.ts';

type Parsed =
  | { readonly ok: true; readonly operation: CommandOperation | undefined }
  | { readonly ok: false; readonly error: string };

const PATH = /^(\/\d{1,5}){1,4}$/;

/**
 * One request for several resources, as people write it: a line for each, `/3/0/9` to read it, `/1/0/1 = 60` to write,
 * `remove /11/0/1/2` to remove a resource instance together with what is written (LwM2M 1.2).
 *
 * @param rowOf what is known of the resource at a path: its type
 * @param secret whether what is written must never be shown
 * @returns no operation for nothing but empty lines
 */
export function parseComposite(
  text: string,
  rowOf: (path: string) => ResourceRow | undefined,
  secret: boolean,
): Parsed {
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [lineOf(line, index + 1)]));
  const strange = lines.find(({ path }) => !PATH.test(path));
  if (strange) return { ok: false, error: `Line ${strange.number}: "${strange.path}" is no path` };
  if (lines.length === 0) return { ok: true, operation: undefined };
  const reads = lines.filter(({ written }) => written === undefined);
  if (reads.length === lines.length) {
    return { ok: true, operation: { kind: 'read-composite', paths: [...new Set(lines.map(({ path }) => path))] } };
  }
  if (reads[0]) return { ok: false, error: `Line ${reads[0].number}: the others are written, this one is read` };
  const values = [];
  for (const { number, path, written = '' } of lines) {
    if (written === null) {
      values.push({ path, value: null });
      continue;
    }
    const parsed = parseTyped(rowOf(path)?.type ?? 'string', written);
    if (!parsed.ok) return { ok: false, error: `Line ${number}: expected ${parsed.expected}` };
    values.push({ path, value: parsed.value, ...(secret ? { secret } : {}) });
  }
  return { ok: true, operation: { kind: 'write-composite', values } };
}

interface Line {
  readonly number: number;
  readonly path: string;
  /** Absent if it is read, null if it is removed. */
  readonly written?: string | null;
}

function lineOf(line: string, number: number): Line {
  const removed = /^\s*remove\s+(.*)$/.exec(line)?.[1];
  if (removed !== undefined) return { number, path: removed.trim(), written: null };
  const [path = '', ...value] = line.split('=');
  return { number, path: path.trim(), ...(value.length > 0 ? { written: value.join('=').trim() } : {}) };
}
