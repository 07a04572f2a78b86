import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * Reads lines `+ PID` and `- PID`; when the pipe breaks it kills the process groups that are left. So children die with
 * the process of the tests, whatever ended that.
 */
const WATCH = `
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) kept=; for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done; pids=$kept ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid"; done
`;

let watcher: ChildProcess | undefined;

function startWatcher(): ChildProcess {
  // Detached, or Ctrl-C would end it.
  const shell = spawn('sh', ['-c', WATCH], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  return shell;
}

/** Kills a child and everything it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** `spawn` in a process group of its own that is killed when the test process ends, however it ends. */
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  watcher ??= startWatcher();
  const { stdin } = watcher;
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options, detached: true });
  if (child.pid !== undefined) stdin?.write(`+ ${child.pid}\n`);
  child.once('exit', () => stdin?.write(`- ${child.pid}\n`));
  return child;
}
