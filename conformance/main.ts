/**
 * `npm run conformance [-- --write]`: plays every case of OMA's Enabler Test Specification that can be played here, and
 * prints the table of what became of them; `--write` puts it into docs/protocol-coverage.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { document, outcome, type Result, shownIn } from './table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
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

const told = outcome(results);
process.stdout.write(`\n${told}\n`);
if (process.argv.includes('--write')) {
  const page = readFileSync(document, 'utf8');
  writeFileSync(
    document,
    page.replace(shownIn(page), () => told),
  );
}
const failed = [...results.values()].flat().includes('failed');
process.exit(failed || results.size === 0 ? 1 : 0);
