import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { cases, type Judged } from './cases.ts';
import { document, outcome, shownIn } from './table.ts';

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

it('are the table of the documentation, in which every case that is played passes', () => {
  const sides = cases.flatMap(({ id, judges }) => judges.map((side) => `${id} ${side}`));
  const passed = new Map(sides.map((side) => [side, ['passed' as const]]));
  expect(shownIn(readFileSync(document, 'utf8'))).toBe(outcome(passed));
});
