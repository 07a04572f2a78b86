import { type CommandOperation, parseTyped, type ResourceInfo } from '@reeve/contract';
import { limitsOf } from './limits.ts';
import { rangeFault } from './rangeFault.ts';
import type { ResourceRow } from './tree.ts';

/** What the fields of a new instance hold, by path below the instance. */
export type Texts = Readonly<Record<string, string>>;

/**
 * Resources that a new instance may begin with, the mandatory ones first; one of several values has a row for each of
 * those filled in, and one more.
 */
export function createRows(resources: readonly ResourceInfo[], texts: Texts): ResourceRow[] {
  const settable = resources.filter(({ operations, type }) => operations !== 'E' && type !== undefined);
  const sorted = settable.toSorted((a, b) => Number(b.mandatory ?? false) - Number(a.mandatory ?? false));
  return sorted.flatMap((resource) => {
    const { resourceId, multiple } = resource;
    if (!multiple) return [rowOf(resource, `/${resourceId}`)];
    let filled = 0;
    while (texts[`/${resourceId}/${filled}`]) filled++;
    return Array.from({ length: filled + 1 }, (_, index) => rowOf(resource, `/${resourceId}/${index}`));
  });
}

function rowOf(resource: ResourceInfo, path: string): ResourceRow {
  const { name, operations, type, mandatory, range, values } = resource;
  return {
    path,
    name: mandatory ? `${name}, mandatory` : name,
    operations,
    type,
    limits: limitsOf(resource),
    ...(range ? { range } : {}),
    ...(values ? { values } : {}),
    value: undefined,
    observation: undefined,
  };
}

/**
 * The Create of what was filled in; undefined if that does not fit the resources, or the number.
 *
 * @param secret whether the values must never be shown
 */
export function createOf(
  path: string,
  instance: string,
  rows: readonly ResourceRow[],
  texts: Texts,
  secret: boolean,
): CommandOperation | undefined {
  const number = instance.trim();
  if (!/^\d{0,5}$/.test(number) || Number(number) > 65_534) return undefined;
  const values = [];
  for (const row of rows) {
    const text = texts[row.path] ?? '';
    if (text === '') continue;
    const parsed = parseTyped(row.type ?? 'string', text);
    if (!parsed.ok || rangeFault(row, parsed.value) !== undefined) return undefined;
    values.push({ path: row.path, value: parsed.value, ...(secret ? { secret } : {}) });
  }
  return { kind: 'create', path, values, ...(number === '' ? {} : { instanceId: Number(number) }) };
}
