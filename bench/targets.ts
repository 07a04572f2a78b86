import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApi } from '@reeve/contract';
import { generatedPsk, leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import { opensslBuild } from '../peers/openssl/build.ts';
import { killGroup, spawnChild } from '../tooling/testing/children.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { observedBy, READ } from './load/content.ts';
import { type MaterialFiles, readMaterial } from './load/material.ts';
import type { Load } from './load/plan.ts';
import type { MemoryReport, ReeveOptions, ReeveReady } from './targets/reeve.ts';

/** A server under test, on a core of its own. */
export interface Target {
  readonly pid: number;
  /** Port of CoAP, and of CoAP over DTLS; 0 if it has none. */
  readonly coap: number;
  readonly coaps: number;
  /** The server's raw key, if it has one of its own. */
  readonly serverKey?: string;
  /** Bytes after a garbage collection; `idle`: when all is forgotten that lives only for a while. */
  memory?(when: 'now' | 'idle'): Promise<Memory>;
  close(): Promise<void>;
}

interface Memory {
  readonly heap: number;
  readonly resident: number;
  /** Heap before any device was known. */
  readonly empty?: number;
}

/** What a server has to be ready for. */
export interface TargetOptions {
  readonly load: Load;
  readonly material: MaterialFiles;
  /** Folder for CPU profiles of our own server. */
  readonly profile?: string;
  /** Whether its memory will be looked at. */
  readonly memory?: boolean;
}

type Command = readonly [string, ...string[]];

const SERVER_CORE = ['taskset', '-c', '0'] as const;
const GENERATOR_CORE = ['taskset', '-c', '1'] as const;
/** What waits for the disk outlives a small young generation, and is then copied for nothing. */
const SERVER_FLAGS = ['--max-semi-space-size=64'] as const;
const OPENSSL_CIPHER = 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0';

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const profiled = (folder: string | undefined) =>
  folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];

interface Started {
  readonly child: ChildProcess;
  readonly line: string;
  /** The next line. */
  next(): Promise<string>;
}

/** Starts a program; resolves with its first line. */
async function start([command, ...args]: Command): Promise<Started> {
  const child = spawnChild(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('a benchmark needs pipes');
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${args.join(' ')} ended`)));
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await Promise.race([lines.next(), ended])).value);
  return { child, line: await next(), next };
}

/** Runs a program on the core of the load generator, with a plan; resolves with what it prints. */
export async function generate(plan: string, program = 'load/generator.ts', nice = 0): Promise<string> {
  const command = ['nice', '-n', `${nice}`, process.execPath, fileOf(program), plan];
  const { child, line } = await start([...GENERATOR_CORE, ...command]);
  killGroup(child);
  return line;
}

/** Ends a program that ends with its input: it can write its profile. */
async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.stdin?.end();
  await gone;
}

/** A program whose first line ends with its only port. */
async function startEcho(command: Command, end = async (child: ChildProcess) => killGroup(child)): Promise<Target> {
  const { child, line } = await start([...SERVER_CORE, ...command]);
  const port = Number(line.split(' ').at(-1));
  return { pid: child.pid ?? 0, coap: port, coaps: port, close: () => end(child) };
}

async function startReeve({ load, material, profile, memory }: TargetOptions): Promise<Target> {
  const { operation, credential, devices } = load;
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  const { certificate, key } = material;
  const options: ReeveOptions = {
    dataFolder: join(folder, 'data'),
    certificate,
    key,
    ...(operation === 'read' ? { read: { path: READ, devices, outstanding: load.outstanding } } : {}),
  };
  const observed = observedBy(operation);
  const flags = [...SERVER_FLAGS, ...profiled(profile), ...(memory ? ['--expose-gc'] : [])];
  const program = [fileOf('targets/reeve.ts'), JSON.stringify(options)];
  const { child, line, next } = await start([...SERVER_CORE, process.execPath, ...flags, ...program]);
  const report = async (when: 'now' | 'idle'): Promise<MemoryReport> => {
    child.stdin?.write(`${when}\n`);
    return JSON.parse(await next());
  };
  const empty = memory ? (await report('now')).heap : 0;
  const { url, tokenFile, coap, coaps } = JSON.parse(line) as ReeveReady;
  const api = createApi(url, { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` });
  const { root, devices: held } = readMaterial(material.all);
  if (credential === 'certificate') await api('authorities.add', { body: { certificate: root, name: 'benchmark' } });
  const proofOf = (index: number) => {
    if (credential === 'raw-key') return { kind: credential, publicKey: held[index]?.publicKey ?? '' };
    if (credential === 'certificate') return { kind: credential, authority: 'benchmark' };
    return { kind: 'psk' as const, key: Buffer.from(generatedPsk(index).key).toString('hex') };
  };
  for (let index = 0; index < devices; index++) {
    const { identity: endpoint } = generatedPsk(index);
    const admitted = credential === 'none' ? { noSec: true } : { credential: proofOf(index) };
    await api('devices.add', { body: { endpoint, ...admitted } });
    if (observed !== undefined) {
      await api('devices.observe', { params: { device: endpoint }, body: { path: observed } });
    }
  }
  const { rawKey } = await api('server.identity', {});
  const close = async () => {
    await ended(child);
    rmSync(folder, { recursive: true });
  };
  const serverKey = rawKey.publicKey;
  return {
    pid: child.pid ?? 0,
    coap,
    coaps,
    serverKey,
    memory: async (when) => ({ ...(await report(when)), empty }),
    close,
  };
}

async function startLeshan({ load }: TargetOptions): Promise<Target> {
  const { operation, credential, devices, outstanding } = load;
  const observe = observedBy(operation);
  const server = await startLeshanServer({
    // A device whose key it knows must use it.
    ...(credential === 'psk' ? { devices } : {}),
    quiet: true,
    ...(observe === undefined ? {} : { observe }),
    ...(operation === 'read' ? { read: { path: READ, devices, outstanding } } : {}),
    javaFlags: ['-Xmx4g'],
    wrapper: SERVER_CORE,
  });
  const port = (uri: string) => Number(new URL(uri.replace(/^coaps?/, 'http')).port);
  return {
    pid: server.child.pid ?? 0,
    coap: port(server.coap),
    coaps: port(server.coaps),
    memory: (when) => leshanMemory(server.child.pid ?? 0, when),
    close: () => server.kill(),
  };
}

/** Exchanges live for 247 s (RFC 7252 §4.8.2), and are looked at from time to time. */
const LESHAN_IDLE_MS = 300_000;

async function leshanMemory(pid: number, when: 'now' | 'idle'): Promise<Memory> {
  if (when === 'idle') await sleep(LESHAN_IDLE_MS);
  // Counts what is alive: it collects garbage first.
  const histogram = execFileSync('jcmd', [`${pid}`, 'GC.class_histogram'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const [, heap] = /^Total\s+\d+\s+(\d+)/m.exec(histogram) ?? [];
  const [, resident] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { heap: Number(heap), resident: Number(resident) * 1024 };
}

function startOpenssl({ material: { root, certificate, key } }: TargetOptions): Promise<Target> {
  const trust = ['--certificate', certificate, '--key', key, '--ca', root];
  return startEcho([opensslBuild.path('echo'), '--cipher', OPENSSL_CIPHER, '--groups', 'P-256', ...trust]);
}

function startDtls({ material, profile }: TargetOptions): Promise<Target> {
  return startEcho([process.execPath, ...profiled(profile), fileOf('targets/dtls.ts'), material.all], ended);
}

export type TargetName = 'echo' | 'coap core' | 'dtls' | 'reeve' | 'leshan' | 'openssl';

export const targets: Readonly<Record<TargetName, (options: TargetOptions) => Promise<Target>>> = {
  echo: () => startEcho([process.execPath, fileOf('targets/echo.ts')]),
  'coap core': () => startEcho([process.execPath, fileOf('targets/coap-echo.ts')]),
  dtls: startDtls,
  reeve: startReeve,
  leshan: startLeshan,
  openssl: startOpenssl,
};

/** Whether a server can be started here. */
export function isHere(target: TargetName): boolean {
  if (target === 'leshan') return leshanAvailable();
  return target !== 'openssl' || (hasPeer('OpenSSL', ['openssl', 'version']) && opensslBuild.isHere());
}
