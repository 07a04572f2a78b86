import type { CommandOperation } from '@reeve/contract';
import { parseInput } from './parseInput.ts';
import type { ResourceRow } from './tree.ts';

type Parsed =
  | { readonly ok: true; readonly operation: CommandOperation | undefined }
  | { readonly ok: false; readonly error: string };

const PATH = /^(\/\d{1,5}){1,4}$/;

/**
 * One request for several resources, as people write it: a line for each, `/3/0/9` to read it, `/1/0/1 = 60` to write.
 *
 * @param rowOf what is known of the resource at a path: its type
 * @returns no operation for nothing but empty lines
 */
export function parseComposite(text: string, rowOf: (path: string) => ResourceRow | undefined): Parsed {
  const lines = text.split('\n').flatMap((line, index) => {
    const [path = '', ...value] = line.split('=');
    const written = value.length > 0 ? value.join('=').trim() : undefined;
    return line.trim() === '' ? [] : [{ number: index + 1, path: path.trim(), written }];
  });
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
    const parsed = parseInput(rowOf(path)?.type ?? 'string', written);
    if (!parsed.ok) return { ok: false, error: `Line ${number}: expected ${parsed.expected}` };
    values.push({ path, value: parsed.value });
  }
  return { ok: true, operation: { kind: 'write-composite', values } };
}
