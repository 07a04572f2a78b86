import { type ResourceInfo, unitText } from '@reeve/contract';

/** What a resource may hold, in words: `0 to 100 %`, `0 idle, 1 downloading`, `0 to 255 bytes`. */
export function limitsOf({ type, range, units, values }: Pick<ResourceInfo, 'type' | 'range' | 'units' | 'values'>) {
  const named = values?.map(({ value, name }) => `${value} ${name}`).join(', ');
  if (named !== undefined) return named;
  const inBytes = type === 'string' || type === 'opaque';
  const unit = inBytes ? 'bytes' : unitText(units);
  if (!range) return inBytes ? '' : unit;
  const span = range.least === range.largest ? `${range.least}` : `${range.least} to ${range.largest}`;
  return unit === '' ? span : `${span} ${unit}`;
}
