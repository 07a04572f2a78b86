/**
 * `npm run conformance [-- --write]`: plays every case of OMA's Enabler Test Specification that can be played here, and
 * prints the table of what became of them; `--write` puts it into docs/conformance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { markdownTable, type Result, summary } from './table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));
const TEST_NAME = /^(\S+ (?:server|client)): /;

const vitest = await startVitest('test', ['conformance/'], { root, run: true, watch: false });
const results = new Map<string, Result[]>();
for (const module of vitest.state.getTestModules()) {
  for (const test of module.children.allTests()) {
    const [, key] = TEST_NAME.exec(test.name) ?? [];
    const { state } = test.result();
    if (key !== undefined) results.set(key, [...(results.get(key) ?? []), state === 'pending' ? 'failed' : state]);
  }
}
await vitest.close();

const table = markdownTable(results);
process.stdout.write(`\n${table}\n\n${summary(results)}\n`);
if (process.argv.includes('--write')) {
  const [before = ''] = readFileSync(document, 'utf8').split('| case |');
  writeFileSync(document, `${before}${table}\n`);
}
const failed = [...results.values()].flat().includes('failed');
process.exit(failed || results.size === 0 ? 1 : 0);
