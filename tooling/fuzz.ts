/**
 * `npm run fuzz -- --minutes N [--only TEXT]`: every fuzz target again and again, each round with a new seed, until the
 * time is over or one fails. Prints a line for each round, and the seed from which a failure is replayed.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inputs for each target in one round: some minutes of work. */
const RUNS_PER_ROUND = 100_000;
const TARGET_LINE = /^fuzz (.+): (\d+) inputs, REEVE_FUZZ_SEED=\d+$/gm;

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, only: { type: 'string', default: '' } },
});
const minutes = Number(options.minutes);
if (!(minutes > 0)) {
  process.stderr.write('--minutes takes a number above 0\n');
  process.exit(2);
}

const files = globSync('packages/*/src/**/*fuzz.test.ts', { cwd: root }).filter((file) => file.includes(options.only));
if (files.length === 0) {
  process.stderr.write(`no fuzzing test has ${options.only} in its path\n`);
  process.exit(2);
}

const end = Date.now() + minutes * 60_000;
const inputs = new Map<string, number>();
for (let round = 1; Date.now() < end; round++) {
  const seed = randomInt(2 ** 31);
  const { status, stdout, stderr } = spawnSync('vitest', ['run', '--project', 'unit', ...files], {
    cwd: root,
    env: { ...process.env, REEVE_FUZZ_SEED: String(seed), REEVE_FUZZ_RUNS: String(RUNS_PER_ROUND) },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  for (const [, target = '', count] of stdout.matchAll(TARGET_LINE)) {
    inputs.set(target, (inputs.get(target) ?? 0) + Number(count));
  }
  if (status !== 0) {
    process.stdout.write(`${stdout}${stderr}\nround ${round} failed; replay it with REEVE_FUZZ_SEED=${seed} `);
    process.stdout.write(`REEVE_FUZZ_RUNS=${RUNS_PER_ROUND} npm test fuzz.test.ts\n`);
    process.exit(1);
  }
  const left = Math.max(0, Math.round((end - Date.now()) / 60_000));
  process.stdout.write(`round ${round}: ${inputs.size} targets held, seed ${seed}, ${left} min left\n`);
}
for (const [target, count] of inputs) process.stdout.write(`${String(count).padStart(12)}  ${target}\n`);
