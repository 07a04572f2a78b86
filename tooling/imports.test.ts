import { join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeWords, packageNames, readManifest, readTable, readText, type Source, sourcesIn } from './workspace.ts';

/** Tests and their helpers may import what they like. */
const TEST_CODE =
  /(\.test\.tsx?|\/test-[^/]+\.ts|\/testing(-[^/]+)?\.ts|\/(testing|peers)\/.*|\/contract-(suite|fixtures)\.ts)$/;

interface Import {
  /** The module's specifier. */
  readonly from: string;
  /** What is between `import` and `from`; empty for the other forms. */
  readonly names: string;
}

/** Every module that a file names: static, dynamic and type imports, and re-exports. */
function importsOf({ text }: Pick<Source, 'text'>): Import[] {
  const statements = text.matchAll(/^\s*(?:import|export)\s+([^'";]*?)\s*from\s+'([^']+)'/gm);
  const others = text.matchAll(/\b(?:import\s+|(?:import|require)\s*\(\s*)['"]([^'"]+)['"]/g);
  return [
    ...[...statements].map(([, names = '', from = '']) => ({ from, names })),
    ...[...others].map(([, from = '']) => ({ from, names: '' })),
  ];
}

/** `@scope/name/file` and `name/file` are of the packages `@scope/name` and `name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const productSources = (folder: string) => sourcesIn(folder).filter(({ file }) => !TEST_CODE.test(file));

/** Each "file imports module" of these sources that is not allowed. */
function offences(sources: readonly Source[], allowed: (imported: Import, file: string) => boolean): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter((imported) => !allowed(imported, source.file))
      .map(({ from }) => `${source.file} imports ${from}`),
  );
}

const rows = readTable(readText('docs/architecture.md'), 'package').map(([name = '', , packages = '', node = '']) => ({
  name: codeWords(name)[0] ?? '',
  packages: codeWords(packages),
  node: node === 'any' ? ('any' as const) : codeWords(node),
}));

it('finds every form of import', () => {
  const text = `
    import a from 'a';
    import {
      b,
    } from 'b';
    import type { C } from 'c';
    export * from 'd';
    import 'e';
    const f = await import('f');
    type G = import('g').G;
    const h = require("h");`;
  expect(importsOf({ text }).map(({ from }) => from)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
});

it('names every package, and lets it import only those further up', () => {
  const names = rows.map(({ name }) => name);
  expect(names.toSorted()).toEqual(packageNames().toSorted());
  for (const [index, { name, packages }] of rows.entries()) {
    for (const imported of packages) expect(names.slice(0, index), `${name} imports ${imported}`).toContain(imported);
  }
});

describe.each(rows)('$name', ({ name, packages, node }) => {
  const folder = `packages/${name}`;
  const sources = productSources(`${folder}/src`);
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = readManifest(folder);

  it('has sources', () => expect(sources).not.toEqual([]));

  it('imports only the packages and the modules of Node that its row allows', () => {
    const refused = offences(sources, ({ from }) => {
      if (from.startsWith('@reeve/')) return packages.includes(from.slice('@reeve/'.length));
      if (from.startsWith('node:')) return node === 'any' || node.includes(from.slice('node:'.length));
      return true;
    });
    expect(refused).toEqual([]);
  });

  it('opens no sockets if it does no I/O: of `net` it may know the syntax of addresses', () => {
    if (node === 'any') return;
    const syntax = /^\{ (isIP|isIPv4|isIPv6)(, (isIP|isIPv4|isIPv6))* \}$/;
    expect(offences(sources, ({ from, names }) => from !== 'node:net' || syntax.test(names))).toEqual([]);
  });

  it('depends only on the packages that its row allows', () => {
    const depended = Object.keys({ ...dependencies, ...devDependencies }).filter((each) => each.startsWith('@reeve/'));
    expect(packages.map((each) => `@reeve/${each}`)).toEqual(expect.arrayContaining(depended));
  });

  it('imports only dependencies that its package.json has, and files of its own', () => {
    // The types of foreign packages are dependencies of the whole repository.
    const types = readManifest('.').devDependencies ?? {};
    const refused = offences(sources, ({ from, names }, file) => {
      if (from.startsWith('node:')) return true;
      if (from.startsWith('.')) return normalize(join(file, '..', from)).startsWith(`${folder}/`);
      const name = packageOf(from);
      if (name in dependencies || name in devDependencies || name in optionalDependencies) return true;
      return names.startsWith('type ') && `@types/${name}` in types;
    });
    expect(refused).toEqual([]);
  });

  it('names what it imports dynamically', () => {
    // Methods may be called `import`, too.
    const unnamed = /(?<!\.)\bimport\((?!\w+:)\s*[^'\s]/;
    expect(sources.filter(({ text }) => unnamed.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

describe('inside the server', () => {
  const folder = 'packages/server/src';
  const sources = productSources(folder);
  const outside = (part: string) => sources.filter(({ file }) => !file.startsWith(`${folder}/${part}/`));

  it('only link/, and trust/ for certificates, import dtls', () => {
    const others = outside('link').filter(({ file }) => !file.startsWith(`${folder}/trust/`));
    expect(offences(others, ({ from }) => from !== '@reeve/dtls')).toEqual([]);
  });

  it('only link/ imports more of coap than its codes', () => {
    expect(offences(outside('link'), ({ from, names }) => from !== '@reeve/coap' || names === '{ Code }')).toEqual([]);
  });

  it('only link/ opens UDP sockets', () => {
    expect(offences(outside('link'), ({ from }) => from !== 'node:dgram')).toEqual([]);
  });

  it('only store/ knows SQL', () => {
    const sql = /\b(SELECT\s|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE|PRAGMA|BEGIN IMMEDIATE)/;
    expect(offences(outside('store'), ({ from }) => from !== 'node:sqlite')).toEqual([]);
    expect(
      outside('store')
        .filter(({ text }) => sql.test(text))
        .map(({ file }) => file),
    ).toEqual([]);
  });

  it('only main.ts and its configuration, and index.ts for tests, name an adapter', () => {
    const adapter = /^(store\/(?:sqlite|memory)|bus\/local|link\/(?:main|worker)-thread\.ts)/;
    const refused = offences(sources, ({ from }, file) => {
      const target = relative(folder, join(file, '..', from));
      const [portFolder = ''] = target.split('/');
      if (!from.startsWith('.') || !adapter.test(target)) return true;
      return [`${portFolder}/`, 'main.ts', 'server-config.ts', 'index.ts'].some((place) =>
        file.startsWith(`${folder}/${place}`),
      );
    });
    expect(refused).toEqual([]);
  });
});
