import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { downloads, routes, streams, uploads } from '@reeve/contract';
import { describe, expect, it } from 'vitest';

/** What the page does not use, and why. */
const unused: Readonly<Record<string, string>> = {
  'server.metrics': 'for Prometheus',
  'downloads.backup': 'a copy belongs on another machine, by a schedule: ./reeve backup',
  // One thing of a list that the page has as a whole.
  'artifacts.show': 'artifacts.list has it',
  'bootstrap.show': 'bootstrap.list has it',
  'bootstrap.template': 'bootstrap.templates has it',
  'commands.show': 'commands.list has it',
  'credentials.list': 'devices.show has them',
  'handshakes.show': 'handshakes.list has it',
  'policies.show': 'policies.list has it',
  'updates.show': 'updates.list has it',
};

/** How sources name each operation of the API. */
const names = [
  ...Object.keys(routes).map((name) => [name, `'${name}'`] as const),
  ...Object.entries({ streams, uploads, downloads }).flatMap(([table, entries]) =>
    Object.keys(entries).map((name) => [`${table}.${name}`, `${table}.${name}`] as const),
  ),
];

describe('the console', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
  const used = names.filter(([, text]) => source.includes(text)).map(([name]) => name);

  it('uses every operation of the API but those that are excepted', () => {
    const all = names.map(([name]) => name);
    expect(all.filter((name) => !used.includes(name)).toSorted()).toEqual(Object.keys(unused).toSorted());
  });
});
