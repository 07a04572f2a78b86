import { randomBytes } from 'node:crypto';
import type { CredentialPurpose, DeviceImport } from '@reeve/contract';
import { compact } from '../compact.ts';
import { readCsv } from '../csv.ts';
import { Failure } from '../failure.ts';

/** A device of a file, where it stands there, e.g. `Line 3`, and whether its key was made here. */
export interface Entry {
  readonly place: string;
  readonly made: boolean;
  readonly device: DeviceImport;
}

const COLUMNS = {
  name: 'endpoint',
  identity: 'identity',
  key: 'key',
  site: 'site',
  owner: 'owner',
  group: 'labels/group',
} as const;
/** Columns of which there may be many: labels, and values that are written once the device has registered. */
const MANY = /^(label\..|value\.\/)/;
const MADE_KEY_BYTES = 16;

/** The devices of a CSV file. @throws Failure `usage` with every line that is wrong */
export function readDevices(csv: string, purpose: CredentialPurpose | undefined): Entry[] {
  const records = readCsv(csv);
  if (!Array.isArray(records)) throw new Failure('usage', `Line ${records.line}: ${records.error}`);
  const [head, ...rows] = records;
  if (!head || rows.length === 0)
    throw new Failure('usage', 'The file has no devices', 'Its first line names the columns');
  const titles = head.fields.map((title) => title.trim());
  const strange = titles.filter((title) => !Object.hasOwn(COLUMNS, title) && !MANY.test(title));
  const twice = titles.filter((title, index) => titles.indexOf(title) < index);
  const wrong = [
    ...strange.map((title) => `there is no column "${title}"`),
    ...twice.map((title) => `the column "${title}" is there twice`),
    ...(titles.includes('name') ? [] : ['the column "name" is missing']),
  ];
  if (wrong.length > 0) throw new Failure('usage', `Line ${head.line}: ${wrong.join(', ')}`);
  const short = rows.filter(({ fields }) => fields.length !== titles.length);
  const errors = short.map(({ line, fields }) => `Line ${line}: ${fields.length} fields, not ${titles.length}`);
  if (errors.length > 0) throw new Failure('usage', errors.join('\n'));
  return rows.map(({ line, fields }) => deviceOf(line, titles, fields, purpose));
}

function deviceOf(
  line: number,
  titles: readonly string[],
  fields: readonly string[],
  purpose: CredentialPurpose | undefined,
): Entry {
  const cells = new Map(titles.map((title, index) => [title, fields[index]?.trim() ?? '']));
  const cell = (title: keyof typeof COLUMNS) => cells.get(title) || undefined;
  const filled = [...cells].filter(([, value]) => value !== '');
  const labels = filled.flatMap(([title, value]) => {
    if (title === 'group') return [[title, value] as const];
    return title.startsWith('label.') ? [[title.slice('label.'.length), value] as const] : [];
  });
  const values = filled.flatMap(([title, value]) =>
    title.startsWith('value.') ? [{ path: title.slice('value.'.length), value }] : [],
  );
  const key = cell('key')?.replace(/[\s:]/g, '');
  const optional = compact({
    identity: cell('identity'),
    site: cell('site'),
    owner: cell('owner'),
    labels: labels.length > 0 ? Object.fromEntries(labels) : undefined,
    values: values.length > 0 ? values : undefined,
    purpose,
  });
  const made = key === undefined;
  return {
    place: `Line ${line}`,
    made,
    device: { endpoint: cell('name') ?? '', key: key ?? randomBytes(MADE_KEY_BYTES).toString('hex'), ...optional },
  };
}

/** What people call a field of the API: the column that holds it; of a credential, only what is wrong there. */
export function columnOf(field: string): string {
  const [column] = Object.entries(COLUMNS).find(([, name]) => name === field) ?? [];
  return column ?? field.replace('labels/', 'label.').replace(/^credentials\/\d+\/?/, '');
}
