import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { cases, type Judged } from './cases.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** What the tests of a side say: each file is of one side. */
const scripts = (side: Judged) =>
  globSync(`*.${side}.test.ts`, { cwd: folder })
    .map((file) => readFileSync(`${folder}${file}`, 'utf8'))
    .join('\n');

it.each(['server', 'client'] as const)('has a test for each case that judges the %s', (side) => {
  const text = scripts(side);
  const judged = cases.filter(({ judges }) => judges.includes(side));
  expect(judged.map(({ id }) => id).filter((id) => !text.includes(`'${id}'`))).toEqual([]);
});

it('is the table of the documentation, in which every case that is played passes', () => {
  const document = readFileSync(fileURLToPath(new URL('../docs/conformance.md', import.meta.url)), 'utf8');
  const rows = document.split('\n').filter((line) => /^\| \S*int-\d/.test(line));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const shown = cases.map(({ id, judges, why }) => {
    const side = (one: Judged) => (judges.includes(one) ? 'passed' : '');
    return why === undefined ? [id, side('server'), side('client')] : [id, `not played: ${why}`, ''];
  });
  expect(cells.map(([, id, , server, client]) => [id, server, client])).toEqual(shown);
});
