import { type AccountKeys, BootstrapKeys } from '../account-keys.ts';
import { compact } from '../compact.ts';
import type { CredentialPurpose } from '../credentials.ts';
import { readCsv } from './csv.ts';
import { IMPORT_COLUMNS, type ImportEntry, type ImportRead, importOf } from './entry.ts';

/** Columns of which there may be many: labels, and values that are written once the device has registered. */
const MANY = /^(label\..|value\.\/)/;
/** Columns of keys for accounts on servers elsewhere, by short server id. */
const ACCOUNT = new RegExp(`^account\\.([1-9]\\d{0,4})\\.(${Object.keys(BootstrapKeys.properties).join('|')})$`);
/** Those of them that are in hex, and come as tools print them. */
const HEX_PARTS: readonly string[] = ['key', 'senderId', 'recipientId', 'salt'];
const MADE_KEY_BYTES = 16;
const KEY = /^([0-9a-f]{2}){16,64}$/i;

/** The devices of a CSV file; those without a key get one that is made here. */
export function readCsvDevices(csv: string, purpose: CredentialPurpose | undefined): ImportRead {
  const records = readCsv(csv);
  if (!Array.isArray(records)) return refusal(`Line ${records.line}: ${records.error}`);
  const [head, ...rows] = records;
  if (!head || rows.length === 0) return refusal('The file has no devices: its first line names the columns');
  const titles = head.fields.map((title) => title.trim());
  const strange = titles.filter(
    (title) => !Object.hasOwn(IMPORT_COLUMNS, title) && !MANY.test(title) && !ACCOUNT.test(title),
  );
  const twice = titles.filter((title, index) => titles.indexOf(title) < index);
  const wrong = [
    ...strange.map((title) => `there is no column "${title}"`),
    ...twice.map((title) => `the column "${title}" is there twice`),
    ...(titles.includes('name') ? [] : ['the column "name" is missing']),
  ];
  if (wrong.length > 0) return refusal(`Line ${head.line}: ${wrong.join(', ')}`);
  if (rows.some(({ fields }) => faultsOf(titles, fields).length > 0)) {
    const names = new Set<string>();
    const faults = rows.flatMap(({ line, fields }) => {
      const name = cellOf('name', titles, fields);
      // The server would tell that, too, but is not asked as long as a line alone is wrong.
      const again = names.has(name) ? [`, name: "${name}" is there twice`] : [];
      if (name !== '') names.add(name);
      return [...faultsOf(titles, fields), ...again].map((fault) => `Line ${line}${fault}`);
    });
    return refusal(...faults);
  }
  return importOf(rows.map(({ line, fields }) => entryOf(line, titles, fields, purpose)));
}

/** What a line alone says to be wrong with it; all else is for the server to tell. */
function faultsOf(titles: readonly string[], fields: readonly string[]): string[] {
  if (fields.length !== titles.length) return [`: ${fields.length} fields, not ${titles.length}`];
  const key = cellOf('key', titles, fields);
  return [
    ...(cellOf('name', titles, fields) === '' ? [', name: is missing'] : []),
    ...(key === '' || KEY.test(keyOf(key)) ? [] : [', key: must be 16 to 64 bytes in hex']),
  ];
}

function cellOf(title: keyof typeof IMPORT_COLUMNS, titles: readonly string[], fields: readonly string[]): string {
  return fields[titles.indexOf(title)]?.trim() ?? '';
}

/** A key as tools print it, without what they put between its bytes. */
function keyOf(text: string): string {
  return text.replace(/[\s:]/g, '');
}

function refusal(...errors: string[]): ImportRead {
  return { ok: false, errors };
}

function entryOf(
  line: number,
  titles: readonly string[],
  fields: readonly string[],
  purpose: CredentialPurpose | undefined,
): ImportEntry {
  const cells = new Map(titles.map((title, index) => [title, fields[index]?.trim() ?? '']));
  const cell = (title: keyof typeof IMPORT_COLUMNS) => cells.get(title) || undefined;
  const filled = [...cells].filter(([, value]) => value !== '');
  const labels = filled.flatMap(([title, value]) => {
    if (title === 'group') return [[title, value] as const];
    return title.startsWith('label.') ? [[title.slice('label.'.length), value] as const] : [];
  });
  const values = filled.flatMap(([title, value]) =>
    title.startsWith('value.') ? [{ path: title.slice('value.'.length), value }] : [],
  );
  const accountKeys = accountKeysOf(filled);
  const given = cell('key');
  const key = given === undefined ? undefined : keyOf(given);
  const optional = compact({
    identity: cell('identity'),
    site: cell('site'),
    owner: cell('owner'),
    labels: labels.length > 0 ? Object.fromEntries(labels) : undefined,
    values: values.length > 0 ? values : undefined,
    accountKeys,
    purpose,
  });
  return {
    place: `Line ${line}`,
    made: key === undefined,
    device: { endpoint: cell('name') ?? '', key: key ?? madeKey(), ...optional },
  };
}

/** What the cells say of accounts on servers elsewhere; undefined if nothing. */
function accountKeysOf(cells: readonly (readonly [title: string, value: string])[]): AccountKeys | undefined {
  const byServer: AccountKeys = {};
  for (const [title, value] of cells) {
    const [, server, part] = ACCOUNT.exec(title) ?? [];
    if (server === undefined || part === undefined) continue;
    byServer[server] = { ...byServer[server], [part]: HEX_PARTS.includes(part) ? keyOf(value) : value };
  }
  return Object.keys(byServer).length > 0 ? byServer : undefined;
}

/** In hex. */
function madeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(MADE_KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
