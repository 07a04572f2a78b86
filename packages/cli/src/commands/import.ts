import { open, rm } from 'node:fs/promises';
import {
  ApiError,
  type ImportEntry,
  importErrors,
  madeKeysCsv,
  readCsvDevices,
  readLeshanSecurity,
} from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { flag, required, text } from '../options.ts';
import { readSource } from '../secret-input.ts';
import { counted } from '../words.ts';

export const importCommands = [
  command({
    name: 'device import',
    summary: 'Add the devices of a CSV file, or of what Leshan exports, with their keys: all of them or none',
    positionals: {
      file: required(
        'FILE',
        'columns name, identity, key, site, owner, group, label.*, value.PATH, account.*; - for stdin',
      ),
    },
    options: {
      keys: text('FILE', 'new file for the keys that are made for devices without one'),
      bootstrap: flag('the keys are for the bootstrap server, which gives the devices what they register with'),
      leshan: flag('FILE is security information of Leshan; so it is if its name ends in .json'),
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

async function importDevices(context: Context, given: Given): Promise<void> {
  const { terminal } = context;
  const { file, keys: keysFile, bootstrap, ca } = given;
  const leshan = given.leshan || file.endsWith('.json');
  if (ca !== undefined && !leshan) throw new Failure('usage', '--ca goes with --leshan');
  const purpose = bootstrap ? 'bootstrap' : undefined;
  const source = await readSource(file, terminal);
  const read = leshan ? readLeshanSecurity(source, { authority: ca, purpose }) : readCsvDevices(source, purpose);
  if (!read.ok) throw new Failure('usage', read.errors.join('\n'));
  const { entries } = read;
  const made = entries.filter((each) => each.made).length;
  if (made > 0) {
    if (keysFile === undefined) {
      throw new Failure('usage', `${made} devices have no key`, 'Say where the keys made for them go: --keys FILE');
    }
    // Before the devices are added: a key that is lost then is a device that has to be set up again.
    await writeKeys(keysFile, entries);
  }
  try {
    const devices = entries.map(({ device }) => device);
    const { added } = await context.api('devices.import', { body: { devices } });
    terminal.note(`Added ${counted(added, 'device')}.`);
    if (made > 0) terminal.note(`The ${made} keys made for them are in ${keysFile}, and nowhere else.`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status >= 500) throw error;
    // Nothing was added, so these keys are of nobody.
    if (made > 0 && keysFile !== undefined) await rm(keysFile);
    throw new Failure('refused', ['Nothing was added.', ...importErrors(error.problem, entries)].join('\n  '));
  }
}

/** @throws Failure `usage` if the file is there */
async function writeKeys(file: string, entries: readonly ImportEntry[]): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: Error) => {
    throw new Failure('usage', `Cannot write ${file}: ${error.message}`);
  });
  try {
    await handle.writeFile(madeKeysCsv(entries));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
