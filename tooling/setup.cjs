'use strict';
// Brings a fresh clone to the point where it runs, on any Node >= 20, and does nothing on a clone that is ready.
// Plain CommonJS: it runs before Node 24 is installed.
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const at = (...parts) => path.join(root, ...parts);
const nodeBinary = at('node_modules', 'node', 'bin', 'node');
const stampFile = at('node_modules', '.reeve-setup');
const lockFile = at('.reeve-setup.lock');

/** What the installed tree was made from: another lock file, platform or architecture needs another tree. */
function installStamp() {
  const lock = fs.readFileSync(at('package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex');
}

function isInstalled() {
  if (!fs.existsSync(nodeBinary)) return false;
  try {
    return fs.readFileSync(stampFile, 'utf8') === installStamp();
  } catch {
    return false;
  }
}

/** Newest change of the console's sources; a build older than it is made again. */
function newestChange(folder) {
  let newest = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const file = path.join(folder, entry.name);
    const time = entry.isDirectory() ? newestChange(file) : fs.statSync(file).mtimeMs;
    if (time > newest) newest = time;
  }
  return newest;
}

function isConsoleBuilt() {
  try {
    const built = fs.statSync(at('packages', 'console', 'dist', 'index.html')).mtimeMs;
    return built >= Math.max(newestChange(at('packages', 'console')), newestChange(at('packages', 'contract', 'src')));
  } catch {
    return false;
  }
}

function environment() {
  const bin = at('node_modules', '.bin');
  return { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` };
}

function run(title, command, args) {
  process.stderr.write(`${title} …\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error || status !== 0) {
    process.stderr.write(
      `${title} failed${error ? `: ${error.message}` : ''}. Run it by hand to see why:\n  cd ${root} && ${command} ${args.join(' ')}\n`,
    );
    process.exit(1);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The process that holds the lock; 0 if nobody does, or it did not come to say so. */
function lockHolder() {
  try {
    return Number(fs.readFileSync(lockFile, 'utf8'));
  } catch {
    return 0;
  }
}

/** A crash can leave an empty lock, and after a reboot another process can have the pid in it: so age counts too. */
function isStale(pid) {
  const age = Date.now() - (fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return pid === 0 ? age > 5_000 : !isAlive(pid) || age > 15 * 60_000;
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function takeLock() {
  let told = false;
  for (;;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      // Another process may have found the same lock stale, and removed ours in its place.
      pause(200);
      if (lockHolder() === process.pid) return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const pid = lockHolder();
      if (isStale(pid)) {
        fs.rmSync(lockFile, { force: true });
        continue;
      }
      if (!told) process.stderr.write(`Waiting for another set-up (process ${pid || 'unknown'}) …\n`);
      told = true;
      pause(300);
    }
  }
}

/** One set-up at a time: two first starts at once would spoil each other's tree. */
function withLock(work) {
  const release = () => fs.rmSync(lockFile, { force: true });
  takeLock();
  process.once('exit', release);
  work();
  process.off('exit', release);
  release();
}

/** Installs packages and builds the console, each only if missing. */
function setUp() {
  if (isInstalled() && isConsoleBuilt()) return;
  withLock(() => {
    if (!isInstalled()) {
      const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
      run('Installing packages (once)', 'npm', ['ci', '--include=dev', '--ignore-scripts=false', ...quiet]);
      fs.writeFileSync(stampFile, installStamp());
    }
    if (!isConsoleBuilt()) {
      const vite = at('node_modules', 'vite', 'bin', 'vite.js');
      run('Building the console', nodeBinary, [vite, 'build', at('packages', 'console'), '--logLevel', 'error']);
    }
  });
}

/** Runs a script under the installed Node 24; signals and the exit code pass through. */
function execNode(args) {
  const child = spawn(nodeBinary, args, { stdio: 'inherit', env: environment() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`Node 24 does not start: ${error.message}. Remove node_modules and try again.\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal) process.removeAllListeners(signal);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

/** What runs under Node 24: flags and script. Messages live short: a young generation of 64 MB spares a busy server a quarter. */
const scripts = {
  reeve: ['--max-semi-space-size=64', at('packages', 'cli', 'src', 'main.ts')],
  test: [at('tooling', 'run-tests.ts')],
  fuzz: [at('tooling', 'fuzz.ts')],
  soak: [at('e2e', 'soak.ts')],
  bench: [at('bench', 'main.ts')],
  conformance: [at('conformance', 'main.ts')],
};

if (require.main === module) {
  const [name, ...args] = process.argv.slice(2);
  if (!Object.hasOwn(scripts, name ?? '')) {
    process.stderr.write(`usage: setup.cjs ${Object.keys(scripts).join('|')} [arguments]\n`);
    process.exit(2);
  }
  setUp();
  execNode([...scripts[name], ...args]);
}

module.exports = { setUp, execNode, scripts };
