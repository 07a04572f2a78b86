import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The Maven project of the Leshan peers. */
export const projectFolder = import.meta.dirname;

const target = join(projectFolder, 'target');
const stampFile = join(target, 'built-from');
const lockFile = join(target, 'build.lock');

/** Digest of everything that the build reads; the stamp of a finished build holds it. */
function sourcesDigest(): string {
  const hash = createHash('sha256');
  const sources = join(projectFolder, 'src');
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of [join(projectFolder, 'pom.xml'), ...files]) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

/** Whether `target/` holds classes and libraries made from the present sources. */
export function isBuilt(): boolean {
  return readOptional(stampFile) === sourcesDigest();
}

/**
 * Compiles the peers and copies the Leshan libraries beside them with Maven, unless that is done already.
 * Concurrent callers, in this process or another, wait for the first.
 *
 * @throws Error with Maven's output when the build fails
 */
export async function buildLeshan(): Promise<void> {
  mkdirSync(target, { recursive: true });
  while (!isBuilt()) {
    if (!takeLock()) {
      await sleep(200);
      continue;
    }
    try {
      const digest = sourcesDigest();
      await maven();
      writeFileSync(stampFile, digest);
    } finally {
      rmSync(lockFile, { force: true });
    }
  }
}

function takeLock(): boolean {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(readOptional(lockFile));
    if (owner > 0 && !isAlive(owner)) rmSync(lockFile, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function maven(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', ['-q', '-B', '-DskipTests', 'package'], {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Maven could not build peers/leshan (exit code ${code}):\n${output}`));
    });
  });
}

if (import.meta.main) await buildLeshan();
