import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** Children started by the tests of this process; none of them may outlive it. */
const children = new Set<ChildProcess>();

function killAll(): void {
  for (const child of children) killGroup(child);
}

process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

/** Kills a child and everything it started. */
export function killGroup(child: ChildProcess): void {
  children.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** `spawn` in a process group of its own that is killed when the test process ends, however it ends. */
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options, detached: true });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}
