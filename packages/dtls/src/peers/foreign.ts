import type { ChildProcess } from 'node:child_process';
import { killGroup, spawnChild } from '../../../../tooling/testing/children.ts';

/** A process of a peer, what it is told and what it says. */
export class Foreign {
  readonly #child: ChildProcess;
  #output = '';
  #errors = '';
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor([command, ...args]: readonly [string, ...string[]]) {
    this.#child = spawnChild(command, args);
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#output += text;
      this.#wake();
    });
    this.#child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2_000);
    });
    this.#child.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#child.stdin?.on('error', () => {}); // an end is told by `close`
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Resolves when it has said `text`; what came before is forgotten. */
  async hear(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#ended) throw new Error(`ended without "${text}", but with: ${this.#output}\n${this.#errors}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#output = this.#output.slice(this.#output.indexOf(text) + text.length);
  }

  /** Ends its input, as people do who want it to say goodbye. */
  finish(): void {
    this.#child.stdin?.end();
  }

  end(): void {
    killGroup(this.#child);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
