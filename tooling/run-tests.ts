import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startVitest, type TestModule, type TestSuite, type Vitest } from 'vitest/node';

/**
 * `npm test`: types, style and dead code, then every test. The last line says `N passed, N failed, N skipped`; each
 * check counts as one test. Arguments are file filters for a developer's quick run, which leaves the checks out.
 * With `CI` set a skipped test fails the run: a green CI means that everything ran.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);

const checks = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'style', command: 'biome', args: ['ci', '--colors=off', '.'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress', '--treat-config-hints-as-errors'] },
] as const;

const counts = { passed: 0, failed: 0, skipped: 0 };

if (filters.length === 0) {
  for (const { name, command, args } of checks) {
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (status === 0) counts.passed += 1;
    else {
      counts.failed += 1;
      process.stdout.write(`FAILED: ${name}\n`);
    }
  }
}

const vitest = await startVitest('test', filters, { root, run: true, watch: false });
count(vitest);
await vitest.close();

const { passed, failed, skipped } = counts;
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed > 0 || passed === 0 || (process.env.CI && skipped > 0) ? 1 : 0);

/** Counts tests, and whatever went wrong outside of one: a file that does not load, a hook, an unhandled rejection. */
function count({ state }: Vitest): void {
  counts.failed += state.getUnhandledErrors().length;
  for (const module of state.getTestModules()) {
    countErrors(module);
    for (const suite of module.children.allSuites()) countErrors(suite);
    for (const test of module.children.allTests()) {
      const result = test.result().state;
      counts[result === 'pending' ? 'failed' : result] += 1;
    }
  }
}

function countErrors(group: TestModule | TestSuite): void {
  if (group.errors().length > 0) counts.failed += 1;
}
