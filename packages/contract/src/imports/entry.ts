import type { Problem } from '../common.ts';
import { type DeviceImport, MAX_IMPORTED } from '../devices.ts';

/** A device of a file, where it stands there, e.g. `Line 3`, and whether its key was made here. */
export interface ImportEntry {
  readonly place: string;
  readonly made: boolean;
  readonly device: DeviceImport;
}

/** The devices of a file, or everything that is wrong with it. */
export type ImportRead =
  | { readonly ok: true; readonly entries: readonly ImportEntry[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** The devices of a file, unless they are more than one import takes. */
export function importOf(entries: readonly ImportEntry[]): ImportRead {
  if (entries.length <= MAX_IMPORTED) return { ok: true, entries };
  return { ok: false, errors: [`There are ${entries.length} devices in it; ${MAX_IMPORTED} can be added at a time`] };
}

/** Columns of a CSV file of devices, and the fields of the API that they fill. */
export const IMPORT_COLUMNS = {
  name: 'endpoint',
  identity: 'identity',
  key: 'key',
  site: 'site',
  owner: 'owner',
  group: 'labels/group',
} as const;

/** The keys that were made here, as CSV that can be imported again. */
export function madeKeysCsv(entries: readonly ImportEntry[]): string {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const rows = entries
    .filter(({ made }) => made)
    .map(({ device: { endpoint, identity = endpoint, key = '' } }) => [endpoint, identity, key].map(quoted).join(','));
  return ['name,identity,key', ...rows, ''].join('\n');
}

/** What the server refused of an import, each with its place in the file. */
export function importErrors({ errors = [], detail, title }: Problem, entries: readonly ImportEntry[]): string[] {
  const places = errors.map(({ at, message }) => {
    const [, index, field = ''] = /^body\/devices\/(\d+)\/?(.*)$/.exec(at) ?? [];
    if (index === undefined) return `${at}: ${message}`;
    const column = columnOf(field);
    return `${entries[Number(index)]?.place}${column === '' ? '' : `, ${column}`}: ${message}`;
  });
  return places.length > 0 ? places : [detail ?? title];
}

/** What people call a field of the API: the column that holds it; of a credential, only what is wrong there. */
function columnOf(field: string): string {
  const [column] = Object.entries(IMPORT_COLUMNS).find(([, name]) => name === field) ?? [];
  const account = /^accountKeys\/(.+)$/.exec(field)?.[1];
  if (account !== undefined) return `account.${account.replace('/', '.')}`;
  return column ?? field.replace('labels/', 'label.').replace(/^credentials\/\d+\/?/, '');
}
