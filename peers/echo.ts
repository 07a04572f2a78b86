import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';

/** A running echo server. It ends with the test process at the latest. */
export interface EchoServer {
  readonly child: ChildProcess;
  /** UDP port on 127.0.0.1. */
  readonly port: number;
  /** Ends it at once. */
  stop(): void;
}

/**
 * Starts a peer that prints `ready PORT` once it listens: `peers/openssl`, `peers/pion` or the Scandium echo.
 *
 * @throws Error with what it wrote to standard error if it ends before
 */
export async function startEchoServer([command, ...args]: readonly [string, ...string[]]): Promise<EchoServer> {
  const child = spawnChild(command, args);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-10_000);
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${command} ended before it was ready:\n${errors}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line.split(' ')[1])));
  });
  return { child, port, stop: () => killGroup(child) };
}
