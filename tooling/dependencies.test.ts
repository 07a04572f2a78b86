import { expect, it } from 'vitest';
import { codeWords, packageNames, readManifest, readText } from './workspace.ts';

const page = readText('docs/dependencies.md');

/** Rows of the page's tables that name a package: name, version, licence, users. */
const named = page
  .split('\n')
  .map((line) => /^\| `([^`]+)` \| (\S+) \| ([^|]+) \| ([^|]+) \| .+ \|$/.exec(line)?.slice(1))
  .filter((row) => row !== undefined)
  .map(([name = '', version = '', licence = '', users = '']) => ({ name, version, licence: licence.trim(), users }));

function foreign(folder: string): [name: string, version: string][] {
  const { dependencies, devDependencies, optionalDependencies } = readManifest(folder);
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([name]) => !name.startsWith('@reeve/'),
  );
}

it('names every dependency of every package.json with its version, and no other', () => {
  const folders = ['.', ...packageNames().map((name) => `packages/${name}`)];
  const used = new Set(folders.flatMap(foreign).map(([name, version]) => `${name} ${version}`));
  expect(named.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual([...used].toSorted());
});

it('says which packages use it', () => {
  for (const { name, users } of named) {
    const actual = packageNames().filter((each) => foreign(`packages/${each}`).some(([used]) => used === name));
    if (actual.length > 0) expect(users.split(', ').toSorted(), name).toEqual(actual.toSorted());
  }
});

it('names the licence of what is installed', () => {
  for (const { name, licence } of named) {
    expect(JSON.parse(readText(`node_modules/${name}/package.json`)).license, name).toBe(licence);
  }
});

it('names the overrides', () => {
  const { overrides } = JSON.parse(readText('package.json'));
  for (const [name, version] of Object.entries(overrides)) {
    expect(codeWords(page)).toContain(name);
    expect(page).toContain(`overridden to ${version}`);
  }
});
