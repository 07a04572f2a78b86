import { spawnSync } from 'node:child_process';

/**
 * Whether a foreign program that a test needs is here.
 *
 * On a developer's machine a missing peer skips its tests with one visible line; with `CI` set it is a failure,
 * because a green CI must mean that everything ran.
 *
 * @param name what to print, e.g. `openssl`
 * @param probe command line whose exit code 0 says that the peer is here
 * @returns true when the tests can run; use as `describe.skipIf(!hasPeer(...))`
 */
export function hasPeer(name: string, probe: readonly [string, ...string[]]): boolean {
  const [command, ...args] = probe;
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  if (!error && status === 0) return true;
  if (process.env.CI) throw new Error(`CI must have the peer "${name}" (${probe.join(' ')} failed)`);
  process.stdout.write(`skipped: tests that need ${name}, which is not here\n`);
  return false;
}
