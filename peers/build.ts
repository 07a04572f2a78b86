import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasPeer } from '../tooling/testing/peers.ts';

/** How a peer is compiled into the git-ignored folder `target/` beside its sources. */
interface Recipe {
  /** What a message calls it, e.g. `pion (built by Go)`. */
  readonly name: string;
  /** Folder of the peer; its `build.ts` builds it when it is run. */
  readonly folder: string;
  /** Files and folders in it that the build reads. */
  readonly sources: readonly string[];
  /** What builds it, run in `folder`. */
  readonly command: readonly [string, ...string[]];
}

/** A peer that is built once and again when its sources change. */
export class PeerBuild {
  readonly #recipe: Recipe;
  readonly #target: string;
  readonly #stampFile: string;
  readonly #lockFile: string;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.#target = join(recipe.folder, 'target');
    this.#stampFile = join(this.#target, 'built-from');
    this.#lockFile = join(this.#target, 'build.lock');
  }

  /** Path of a file in `target/`. */
  path(name: string): string {
    return join(this.#target, name);
  }

  /** Whether tests can use the peer: builds it if need be. What happens if it cannot be built, `hasPeer` says. */
  isHere(): boolean {
    return this.#isBuilt() || hasPeer(this.#recipe.name, [process.execPath, join(this.#recipe.folder, 'build.ts')]);
  }

  /**
   * Builds the peer, unless `target/` was made from the present sources. Concurrent callers, in this process or another,
   * wait for the first.
   *
   * @throws Error with the command's output when the build fails
   */
  async build(): Promise<void> {
    mkdirSync(this.#target, { recursive: true });
    while (!this.#isBuilt()) {
      if (!this.#takeLock()) {
        await sleep(200);
        continue;
      }
      try {
        const digest = this.#sourcesDigest();
        await this.#run();
        writeFileSync(this.#stampFile, digest);
      } finally {
        rmSync(this.#lockFile, { force: true });
      }
    }
  }

  #isBuilt(): boolean {
    return readOptional(this.#stampFile) === this.#sourcesDigest();
  }

  /** Digest of everything that the build reads; the stamp of a finished build holds it. */
  #sourcesDigest(): string {
    const hash = createHash('sha256').update(this.#recipe.command.join(' '));
    const files = this.#recipe.sources.flatMap((source) => filesIn(join(this.#recipe.folder, source)));
    for (const file of files.sort()) hash.update(file).update(readFileSync(file));
    return hash.digest('hex');
  }

  #takeLock(): boolean {
    try {
      writeFileSync(this.#lockFile, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      const owner = Number(readOptional(this.#lockFile));
      if (owner > 0 && !isAlive(owner)) rmSync(this.#lockFile, { force: true });
      return false;
    }
  }

  #run(): Promise<void> {
    const [command, ...args] = this.#recipe.command;
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: this.#recipe.folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} could not build ${this.#recipe.name} (exit code ${code}):\n${output}`));
      });
    });
  }
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
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
