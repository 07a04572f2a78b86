import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

/**
 * `npm test`: types, style and dead code, then every test. The last line says `N passed, N failed, N skipped`;
 * a failed check counts as one failed test. Arguments are file filters for a developer's quick run.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);

const checks: readonly [string, readonly string[]][] = [
  ['types', ['tsc', '--noEmit']],
  ['style', ['biome', 'ci', '--colors=off', '.']],
  ['dead code', ['knip', '--no-progress']],
];

let failed = 0;
let passed = 0;
if (filters.length === 0) {
  for (const [name, [command, ...args]] of checks) {
    const { status } = spawnSync(command ?? '', args, { cwd: root, stdio: 'inherit' });
    if (status === 0) passed += 1;
    else {
      failed += 1;
      process.stdout.write(`FAILED: ${name}\n`);
    }
  }
}

const vitest = await startVitest('test', filters, { root, run: true, watch: false });
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const module of vitest.state.getTestModules()) {
  if (module.errors().length > 0) counts.failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
  }
}
counts.failed += vitest.state.getUnhandledErrors().length;
await vitest.close();

process.stdout.write(`\n${passed + counts.passed} passed, ${failed + counts.failed} failed, ${counts.skipped} skipped\n`);
process.exit(failed + counts.failed > 0 || passed + counts.passed === 0 ? 1 : 0);
