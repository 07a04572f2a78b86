import { open, rm } from 'node:fs/promises';
import { ApiError } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { flag, required, text } from '../options.ts';
import { readSource } from '../secret-input.ts';
import { columnOf, type Entry, readDevices } from './import-csv.ts';
import { readSecurity } from './import-leshan.ts';

export const importCommands = [
  command({
    name: 'device import',
    summary: 'Add the devices of a CSV file, or of what Leshan exports, with their keys: all of them or none',
    positionals: {
      file: required('FILE', 'columns name, identity, key, site, owner, group, label.*, value.PATH; - for stdin'),
    },
    options: {
      keys: text('FILE', 'new file for the keys that are made for devices without one'),
      bootstrap: flag('the keys are for the bootstrap server, which gives the devices what they register with'),
      leshan: flag('FILE is security information of Leshan, as JSON'),
      ca: text('NAME', 'with --leshan: the authority of devices with certificates (see ca add)'),
    },
    run: (context, given) => importDevices(context, given),
  }),
];

interface Given {
  readonly file: string;
  readonly keys: string | undefined;
  readonly bootstrap: boolean;
  readonly leshan: boolean;
  readonly ca: string | undefined;
}

async function importDevices(context: Context, { file, keys: keysFile, bootstrap, leshan, ca }: Given): Promise<void> {
  const { terminal } = context;
  if (ca !== undefined && !leshan) throw new Failure('usage', '--ca goes with --leshan');
  const purpose = bootstrap ? 'bootstrap' : undefined;
  const source = await readSource(file, terminal);
  const entries = leshan ? readSecurity(source, { ca, purpose }) : readDevices(source, purpose);
  const made = entries.filter((each) => each.made);
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
    const devices = entries.map(({ device }) => device);
    const { added } = await context.api('devices.import', { body: { devices } });
    terminal.note(`Added ${added} devices.`);
    if (made.length > 0) terminal.note(`The ${made.length} keys made for them are in ${keysFile}, and nowhere else.`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status >= 500) throw error;
    // Nothing was added, so these keys are of nobody.
    if (made.length > 0 && keysFile !== undefined) await rm(keysFile);
    throw byPlace(error, entries);
  }
}

/** The keys as CSV, which can be imported again. @throws Failure `usage` if the file is there */
async function writeKeys(file: string, made: readonly Entry[]): Promise<void> {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const rows = made.map(({ device: { endpoint, identity = endpoint, key = '' } }) =>
    [endpoint, identity, key].map(quoted).join(','),
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

/** What the server refused, by the places of the file. */
function byPlace({ problem, message }: ApiError, entries: readonly Entry[]): Failure {
  const places = (problem.errors ?? []).map(({ at, message: why }) => {
    const [, index, field = ''] = /^body\/devices\/(\d+)\/?(.*)$/.exec(at) ?? [];
    if (index === undefined) return `${at}: ${why}`;
    const column = columnOf(field);
    return `${entries[Number(index)]?.place}${column === '' ? '' : `, ${column}`}: ${why}`;
  });
  return new Failure('refused', ['Nothing was added.', ...(places.length > 0 ? places : [message])].join('\n  '));
}
