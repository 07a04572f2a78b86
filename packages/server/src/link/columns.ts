import type { PackForm } from '@reeve/lwm2m';
import type { StoredValue } from '../store/tables.ts';
import type { LinkBody, LinkRecord } from './operation-port.ts';

/**
 * Values without times that a device told in a form in which such devices have told before. Columns instead of records:
 * the form is one for all of them, and nothing is made for each value, however often they are told.
 */
export interface LinkColumns {
  readonly kind: 'columns';
  readonly form: PackForm;
  /** In the order of the form's paths, in their stored form. */
  readonly values: readonly StoredValue['value'][];
}

/** What a notification or Send tells. */
export type LinkTold = LinkBody | LinkColumns;

/** The same as records, for whoever looks at each value for itself. */
export function asRecords<Told extends LinkTold>(
  told: Told,
): Exclude<Told, LinkColumns> | Extract<LinkBody, { kind: 'records' }>;
export function asRecords(told: LinkTold): LinkBody {
  if (told.kind !== 'columns') return told;
  const { form, values } = told;
  const records = form.paths.map((path, index): LinkRecord => {
    return { path, stored: { type: form.types[index] ?? 'none', value: values[index] ?? null } };
  });
  return { kind: 'records', records, truncated: false };
}
