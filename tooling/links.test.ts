import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { packageNames, readText } from './workspace.ts';

const ROOT = join(import.meta.dirname, '..');

/** Markdown of these folders, not of those below. */
const pages = [
  '.',
  'docs',
  'examples',
  'peers/leshan',
  'peers/leshan-1.5',
  ...packageNames().map((name) => `packages/${name}`),
].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

it.each(pages)('%s links to files that are there', (page) => {
  const targets = [...readText(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
});
