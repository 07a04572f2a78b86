import type { SetValue } from '@reeve/contract';
import type { Row } from '../store/tables.ts';
import type { ModelOf, Models } from '../telemetry/models.ts';

type DeviceRow = Row<'devices'>;

/** `{endpoint}`, `{site}`, `{owner}` or `{label.KEY}`. */
const PLACEHOLDER = /\{(endpoint|site|owner|label\.([A-Za-z0-9_.-]+))\}/g;

/**
 * A value with the device's own facts in place of its placeholders, and as a number or boolean where the resource is one;
 * undefined if the device lacks a fact, so that nothing wrong is written.
 */
export function filled(
  written: SetValue,
  row: DeviceRow,
  models: Models,
  model: ModelOf | undefined,
): SetValue | undefined {
  const { path, value, type } = written;
  if (typeof value !== 'string') return written;
  const text = filledText(value, row);
  if (text === undefined) return undefined;
  const wanted = models.resourceAt(path, model)?.type ?? type;
  return { ...written, value: inType(text, wanted) };
}

/** A text with the device's own facts in place of its placeholders; undefined if the device lacks one. */
export function filledText(value: string, row: DeviceRow): string | undefined {
  let lacks = false;
  const text = value.replace(PLACEHOLDER, (_, name: string, label: string | undefined) => {
    const ofLabel = label !== undefined && Object.hasOwn(row.labels, label) ? row.labels[label] : undefined;
    const fact = label === undefined ? row[name as 'endpoint' | 'site' | 'owner'] : ofLabel;
    if (fact === undefined) lacks = true;
    return fact ?? '';
  });
  return lacks ? undefined : text;
}

function inType(text: string, type: string | undefined): SetValue['value'] {
  switch (type) {
    case 'integer':
    case 'unsigned':
    case 'float':
    case 'time': {
      const number = Number(text);
      return text.trim() !== '' &&
        Number.isFinite(number) &&
        !(Number.isInteger(number) && !Number.isSafeInteger(number))
        ? number
        : text;
    }
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
    default:
      return text;
  }
}
