import { type CommandOperation, parseTyped } from '@reeve/contract';
import { rangeFault } from './rangeFault.ts';
import type { ResourceRow } from './tree.ts';

/** The Write of what was typed, if that fits the resource. @param secret whether it must never be shown */
export function writeOperation(
  row: Pick<ResourceRow, 'path' | 'operations' | 'range'>,
  type: string,
  text: string,
  secret: boolean,
): CommandOperation | undefined {
  const parsed = parseTyped(type, text);
  if (!parsed.ok || rangeFault(row, parsed.value) !== undefined) return undefined;
  const { path } = row;
  const typed = row.operations === 'unknown' ? { type } : {};
  const value = { path, value: parsed.value, ...typed, ...(secret ? { secret } : {}) };
  return { kind: 'write', mode: 'replace', path, values: [value] };
}
