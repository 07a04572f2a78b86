import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startServer } from '@reeve/server';
import { runCli } from './cli.ts';
import { fakeTerminal, type Ran } from './testing.ts';

/** A real server with data of its own, and commands that are run against it. */
export class ServedCli {
  /** For files of the test too. */
  readonly folder: string;
  readonly #server: RunningServer;

  private constructor(folder: string, server: RunningServer) {
    this.folder = folder;
    this.#server = server;
  }

  static async start(): Promise<ServedCli> {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-cli-'));
    const server = await startServer({
      dataFolder: join(folder, 'data'),
      listen: [{ transport: 'coaps', host: '127.0.0.1', port: 0 }],
      http: { host: '127.0.0.1', port: 0 },
      link: 'main',
      logLevel: 'silent',
    });
    return new ServedCli(folder, server);
  }

  /** Runs a command line. */
  async run(words: readonly string[], input = ''): Promise<Ran> {
    const { terminal, out, err } = fakeTerminal({ input });
    const to = ['--server', this.#server.url, '--data', join(this.folder, 'data')];
    const code = await runCli([...words, ...to], terminal);
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.folder, { recursive: true });
  }
}
