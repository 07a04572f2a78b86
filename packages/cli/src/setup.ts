import type { SetupItem } from '@reeve/contract';
import type { Context } from './command.ts';
import { clean } from './table.ts';

/** What to set on a device, on stderr; a key that was made goes to stdout, so that a script can take it from there. */
export function showSetup(
  { terminal }: Context,
  setup: readonly SetupItem[],
  key: string | undefined,
  given: boolean,
): void {
  const rows = setup.map(({ about, path, value }) => [path === undefined ? about : `${about} (${path})`, clean(value)]);
  const secret = setup.some(({ path }) => path === '/21/x/1') ? ['Master Secret', '/21/x/0'] : ['PSK', '/0/x/5'];
  const [name = '', place = ''] = secret;
  if (key !== undefined) rows.push([`${name} in hex (${place})`, 'the next line; it is shown this once']);
  else if (given) rows.push([`${name} (${place})`, 'the key that you gave']);
  const width = Math.max(...rows.map(([term = '']) => term.length)) + 3;
  terminal.note('Set on the device, in its server account:');
  for (const [term = '', value = ''] of rows) terminal.note(`  ${term.padEnd(width)}${value}`);
  if (key !== undefined) terminal.out(key);
}
