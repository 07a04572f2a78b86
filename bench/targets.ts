import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createApi } from '@reeve/contract';
import { generatedPsk, startLeshanServer } from '../peers/leshan/driver.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import type { Operation } from './load/plan.ts';
import type { ReeveReady } from './targets/reeve.ts';

/** A server under test, on a core of its own. */
export interface Target {
  readonly pid: number;
  readonly coap: number;
  readonly coaps: number;
  close(): Promise<void>;
}

/** What a server has to be ready for. */
export interface TargetOptions {
  readonly operation: Operation;
  readonly secure: boolean;
  readonly devices: number;
  /** Folder for CPU profiles of our own server. */
  readonly profile?: string;
}

const SERVER_CORE = ['taskset', '-c', '0'] as const;
const GENERATOR_CORE = ['taskset', '-c', '1'] as const;
const OBSERVED = '/3/0/9';
/** What waits for the disk outlives a small young generation, and is then copied for nothing. */
const SERVER_FLAGS = ['--max-semi-space-size=64'] as const;

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Starts one of our programs on a core; resolves with its first line. */
async function start(
  [command, ...core]: readonly [string, ...string[]],
  args: readonly string[],
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawnChild(command, [...core, process.execPath, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('a benchmark needs pipes');
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${args.join(' ')} ended`)));
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
  return { child, line };
}

/** Runs the load generator; resolves with what it prints. */
export async function generate(plan: string): Promise<string> {
  const { child, line } = await start(GENERATOR_CORE, [fileOf('load/generator.ts'), plan]);
  killGroup(child);
  return line;
}

async function startEcho(program: string): Promise<Target> {
  const { child, line } = await start(SERVER_CORE, [fileOf(program)]);
  const close = async () => killGroup(child);
  return { pid: child.pid ?? 0, coap: Number(line), coaps: 0, close };
}

async function startReeve({ operation, secure, devices, profile }: TargetOptions): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const program = [fileOf('targets/reeve.ts'), join(folder, 'data')];
  const { child, line } = await start(SERVER_CORE, [...SERVER_FLAGS, ...flags, ...program]);
  const { url, tokenFile, coap, coaps } = JSON.parse(line) as ReeveReady;
  const api = createApi(url, { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` });
  for (let index = 0; index < devices; index++) {
    const { identity: endpoint, key } = generatedPsk(index);
    await api('devices.add', {
      body: { endpoint, ...(secure ? { key: Buffer.from(key).toString('hex') } : { noSec: true }) },
    });
    if (operation === 'notification') {
      await api('devices.observe', { params: { device: endpoint }, body: { path: OBSERVED } });
    }
  }
  const close = async () => {
    const gone = once(child, 'exit');
    child.stdin?.end();
    await gone;
    rmSync(folder, { recursive: true });
  };
  return { pid: child.pid ?? 0, coap, coaps, close };
}

async function startLeshan({ operation, secure, devices }: TargetOptions): Promise<Target> {
  const server = await startLeshanServer({
    // A device whose key it knows must use it.
    ...(secure ? { devices } : {}),
    quiet: true,
    ...(operation === 'notification' ? { observe: OBSERVED } : {}),
    javaFlags: ['-Xmx4g'],
    wrapper: SERVER_CORE,
  });
  const port = (uri: string) => Number(new URL(uri.replace(/^coaps?/, 'http')).port);
  return {
    pid: server.child.pid ?? 0,
    coap: port(server.coap),
    coaps: port(server.coaps),
    close: () => server.kill(),
  };
}

export type TargetName = 'echo' | 'coap core' | 'reeve' | 'leshan';

export const targets: Readonly<Record<TargetName, (options: TargetOptions) => Promise<Target>>> = {
  echo: () => startEcho('targets/echo.ts'),
  'coap core': () => startEcho('targets/coap-echo.ts'),
  reeve: startReeve,
  leshan: startLeshan,
};
