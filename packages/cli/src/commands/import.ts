import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { ApiError, type DeviceImport } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { compact } from '../compact.ts';
import { readCsv } from '../csv.ts';
import { Failure } from '../failure.ts';
import { flag, required, text } from '../options.ts';
import { readSource } from '../secret-input.ts';

export const importCommands = [
  command({
    name: 'device import',
    summary: 'Add the devices of a CSV file with their pre-shared keys: all of them or none',
    positionals: {
      file: required('FILE', 'columns name, identity, key, site, owner, group, label.*, value.PATH; - for stdin'),
    },
    options: {
      keys: text('FILE', 'new file for the keys that are made for devices without one'),
      bootstrap: flag('the keys are for the bootstrap server, which gives the devices what they register with'),
    },
    run: (context, given) => importDevices(context, given),
  }),
];

/** A device of the file, the line that it stands on, and whether its key was made here. */
interface Line {
  readonly line: number;
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

async function importDevices(
  context: Context,
  { file, keys: keysFile, bootstrap }: Readonly<{ file: string; keys: string | undefined; bootstrap: boolean }>,
): Promise<void> {
  const { terminal } = context;
  const lines = readDevices(await readSource(file, terminal));
  const made = lines.filter((line) => line.made);
  if (made.length > 0) {
    if (keysFile === undefined) {
      throw new Failure(
        'usage',
        `${made.length} devices have no key`,
        'Say where the keys made for them go: --keys FILE',
      );
    }
    // Before the devices are added: a key that is lost then is a device that has to be set up again.
    await writeKeys(keysFile, made);
  }
  try {
    const devices = lines.map(({ device }) => (bootstrap ? { ...device, purpose: 'bootstrap' as const } : device));
    const { added } = await context.api('devices.import', { body: { devices } });
    terminal.note(`Added ${added} devices.`);
    if (made.length > 0) terminal.note(`The ${made.length} keys made for them are in ${keysFile}, and nowhere else.`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status >= 500) throw error;
    // Nothing was added, so these keys are of nobody.
    if (made.length > 0 && keysFile !== undefined) await rm(keysFile);
    throw byLine(error, lines);
  }
}

/** @throws Failure `usage` with every line that is wrong */
function readDevices(csv: string): Line[] {
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
  return rows.map(({ line, fields }) => deviceOf(line, titles, fields));
}

function deviceOf(line: number, titles: readonly string[], fields: readonly string[]): Line {
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
  });
  const made = key === undefined;
  return {
    line,
    made,
    device: { endpoint: cell('name') ?? '', key: key ?? randomBytes(MADE_KEY_BYTES).toString('hex'), ...optional },
  };
}

/** The keys as CSV, which can be imported again. @throws Failure `usage` if the file is there */
async function writeKeys(file: string, made: readonly Line[]): Promise<void> {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const rows = made.map(({ device: { endpoint, identity, key } }) =>
    [endpoint, identity ?? endpoint, key].map(quoted).join(','),
  );
  const handle = await open(file, 'wx', 0o600).catch((error: Error) => {
    throw new Failure('usage', `Cannot write ${file}: ${error.message}`);
  });
  try {
    await handle.writeFile(['name,identity,key', ...rows, ''].join('\n'));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the server refused, by the lines of the file. */
function byLine({ problem, message }: ApiError, lines: readonly Line[]): Failure {
  const places = (problem.errors ?? []).map(({ at, message: why }) => {
    const [, index, field = ''] = /^body\/devices\/(\d+)\/?(.*)$/.exec(at) ?? [];
    if (index === undefined) return `${at}: ${why}`;
    const column =
      Object.entries(COLUMNS).find(([, name]) => name === field)?.[0] ?? field.replace('labels/', 'label.');
    return `Line ${lines[Number(index)]?.line}${column === '' ? '' : `, ${column}`}: ${why}`;
  });
  return new Failure('refused', ['Nothing was added.', ...(places.length > 0 ? places : [message])].join('\n  '));
}
