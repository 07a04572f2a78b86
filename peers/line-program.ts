import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';

/** How long a line may take that a test waits for, ms. */
const PATIENCE_MS = 20_000;

/** A running peer: lines go in, and what it prints is kept. It ends with the test process at the latest. */
export class LineProgram {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #seen = 0;
  #arrived: () => void = () => undefined;
  #errors = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-10_000);
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#arrived();
    });
  }

  /** Starts it by its command line, and waits until it is ready. */
  static async start(commandLine: readonly [string, ...string[]]): Promise<LineProgram> {
    const [command, ...args] = commandLine;
    const program = new LineProgram(spawnChild(command, args));
    await program.line(/^ready /);
    return program;
  }

  /** Gives it a line, and waits for the answer to it. */
  async do(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    return this.line(/^([2-5]\.|failed|set )/);
  }

  /** The next line that matches; those before it are passed over. Fails if none comes in 20 s. */
  async line(pattern: RegExp): Promise<string> {
    const deadline = setTimeout(() => this.#arrived(), PATIENCE_MS);
    const end = performance.now() + PATIENCE_MS;
    try {
      for (;;) {
        for (; this.#seen < this.#lines.length; ) {
          const line = this.#lines[this.#seen++] ?? '';
          if (pattern.test(line)) return line;
        }
        if (performance.now() >= end) {
          throw new Error(`no line ${pattern} among:\n${this.#lines.join('\n')}\n${this.#errors}`);
        }
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Ends it at once. */
  stop(): void {
    killGroup(this.#child);
  }
}
