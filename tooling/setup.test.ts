import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spawnChild } from './testing/children.ts';

/** What the fake `npm ci` leaves behind: this Node, and a Vite that counts its runs. */
const NPM = `#!/bin/sh
echo "$@" >> npm.log
mkdir -p node_modules/node/bin node_modules/vite/bin
ln -sf '${process.execPath}' node_modules/node/bin/node
cp vite.js node_modules/vite/bin/vite.js
sleep 0.2
`;
const VITE = `
const fs = require('node:fs');
fs.appendFileSync('vite.log', 'built\\n');
fs.mkdirSync('packages/console/dist', { recursive: true });
fs.writeFileSync('packages/console/dist/index.html', '');
`;

describe('the set-up of a fresh clone', () => {
  let root: string;
  const at = (name: string) => join(root, name);
  const lock = () => at('.reeve-setup.lock');
  const runs = (log: string) => (existsSync(at(log)) ? readFileSync(at(log), 'utf8').trim().split('\n').length : 0);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'reeve-setup-'));
    const write = (name: string, text: string, mode = 0o644) => {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), text, { mode });
    };
    write('package-lock.json', '{}');
    write('packages/console/index.html', '');
    write('packages/contract/src/index.ts', '');
    write('tooling/run-tests.ts', 'process.exitCode = Number(process.argv[2]);');
    write('vite.js', VITE);
    write('bin/npm', NPM, 0o755);
    copyFileSync(join(import.meta.dirname, 'setup.cjs'), at('tooling/setup.cjs'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Starts the set-up and what comes after it, which ends with `code`. */
  function start(code: number) {
    const child = spawnChild(process.execPath, [at('tooling/setup.cjs'), 'test', `${code}`], {
      env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` },
      stdio: 'ignore',
    });
    return once(child, 'exit').then(([status]) => status);
  }

  it('installs and builds once, then passes the exit code on', async () => {
    expect(await start(3)).toBe(3);
    expect(await start(0)).toBe(0);
    expect([runs('npm.log'), runs('vite.log')]).toEqual([1, 1]);
    expect(readFileSync(at('npm.log'), 'utf8')).toMatch(/^ci --include=dev --ignore-scripts=false /);
    expect(existsSync(lock())).toBe(false);
  });

  it('installs again when the lock file or the binary is another', async () => {
    await start(0);
    writeFileSync(at('package-lock.json'), '{"changed": true}');
    await start(0);
    rmSync(at('node_modules/node/bin/node'));
    await start(0);
    expect(runs('npm.log')).toBe(3);
  });

  it('lets one of several first starts do it', async () => {
    expect(await Promise.all([start(0), start(1), start(2)])).toEqual([0, 1, 2]);
    expect([runs('npm.log'), runs('vite.log')]).toEqual([1, 1]);
  });

  it('takes over the lock of a process that died, in one of several starts', async () => {
    const { pid } = spawnSync('true');
    writeFileSync(lock(), `${pid}`);
    expect(await Promise.all([start(0), start(1), start(2)])).toEqual([0, 1, 2]);
    expect(runs('npm.log')).toBe(1);
  });

  it('fails when the installation fails, and leaves no lock', async () => {
    writeFileSync(at('bin/npm'), '#!/bin/sh\nexit 1\n');
    expect(await start(0)).toBe(1);
    expect(existsSync(lock())).toBe(false);
  });
});
