/**
 * `npm run bench`: operations per CPU-second of the server process as ratios, measured in one run. Never a test: it
 * prints and writes what it saw. See README.md for the options.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Case, cases, type Run } from './cases.ts';
import { type MaterialFiles, makeMaterial } from './load/material.ts';
import type { LoadPlan, LoadReport, Window } from './load/plan.ts';
import { generate, isHere, targets } from './targets.ts';

const SUSTAIN_MS = 120_000;
/** Devices with a raw key or certificate, at most. */
const CERTIFIED = 500;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    sustained: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

/** Benchmarks of one part, each a program of its own. */
const parts: Readonly<Record<string, readonly string[]>> = {
  store: ['store.ts'],
  dtls: ['--expose-gc', 'dtls-handshake.ts'],
  'dtls-sessions': ['dtls-sessions.ts'],
  storm: ['storm.ts'],
  memory: ['memory.ts'],
  inside: ['--max-semi-space-size=64', 'inside.ts'],
};

interface Measured {
  readonly fresh: Window;
  readonly sustained?: Window;
  readonly retransmissions: number;
}

interface Row extends Case {
  readonly measured: { readonly ours: Measured; readonly yardstick: Measured };
}

function median(windows: readonly Window[]): Window {
  const sorted = windows.toSorted((a, b) => a.perCpuSecond - b.perCpuSecond);
  return sorted[Math.floor(sorted.length / 2)] ?? { perCpuSecond: Number.NaN, perSecond: Number.NaN };
}

async function measure({ target: name, load }: Run, material: MaterialFiles): Promise<Measured> {
  process.stderr.write(`${name}: ${load.operation}, ${load.credential} …\n`);
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const target = await targets[name]({ load, material, ...profile });
  const plan: LoadPlan = {
    ...load,
    first: 0,
    port: load.credential === 'none' ? target.coap : target.coaps,
    material: material.all,
    ...(target.serverKey === undefined ? {} : { serverKey: target.serverKey }),
    pid: target.pid,
    warmUpMs: options.quick ? 3_000 : 10_000,
    windows: options.quick ? 2 : 5,
    windowMs: 2_000,
    ...(options.sustained ? { sustainMs: SUSTAIN_MS } : {}),
  };
  const { fresh, sustained, retransmissions } = JSON.parse(await generate(JSON.stringify(plan))) as LoadReport;
  await target.close();
  return {
    fresh: median(fresh),
    ...(sustained.length > 0 ? { sustained: median(sustained) } : {}),
    retransmissions,
  };
}

const thousands = (rate: number) => `${(rate / 1000).toFixed(1)} k`;
const ratio = (ours: Window | undefined, yardstick: Window | undefined) => {
  const value = ours && yardstick ? ours.perCpuSecond / yardstick.perCpuSecond : undefined;
  return value === undefined ? '–' : value.toFixed(value < 0.5 ? 3 : 2);
};

function show(rows: readonly Row[]): string {
  const head = ['operation', 'ours/CPU-s', 'yardstick/CPU-s', 'ratio', 'sustained', 'aim', 'ours/s', 'again'];
  const body = rows.map(({ name, aim, yardstick: { target, load }, measured: { ours, yardstick } }) => [
    name,
    thousands(ours.fresh.perCpuSecond),
    `${thousands(yardstick.fresh.perCpuSecond)} (${target}, ${load.operation})`,
    ratio(ours.fresh, yardstick.fresh),
    ratio(ours.sustained, yardstick.sustained),
    `≥ ${aim}`,
    thousands(ours.fresh.perSecond),
    `${ours.retransmissions}/${yardstick.retransmissions}`,
  ]);
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function compare(wantedNames: readonly string[]): Promise<void> {
  const wanted = (name: string) => wantedNames.length === 0 || wantedNames.some((text) => name.includes(text));
  const chosen = cases.filter(({ name, yardstick }) => wanted(name) && isHere(yardstick.target));
  const material = makeMaterial(CERTIFIED);
  const rows: Row[] = [];
  /** What several comparisons look at is measured once. */
  const known = new Map<string, Promise<Measured>>();
  const measureOnce = (run: Run): Promise<Measured> => {
    const key = JSON.stringify(run);
    const measured = known.get(key) ?? measure(run, material);
    known.set(key, measured);
    return measured;
  };
  for (const one of chosen) {
    const yardstick = await measureOnce(one.yardstick);
    const ours = await measureOnce(one.ours);
    rows.push({ ...one, measured: { ours, yardstick } });
  }
  material.remove();
  process.stdout.write(`${show(rows)}\n`);
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}latest.json`, `${JSON.stringify({ at: new Date().toISOString(), rows }, null, 2)}\n`);
}

const [first = '', ...rest] = positionals;
const part = parts[first];
if (part) {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  process.exitCode = spawnSync(process.execPath, [...part, ...rest], { cwd, stdio: 'inherit' }).status ?? 1;
} else if (positionals.some((text) => !cases.some(({ name }) => name.includes(text)))) {
  const names = cases.map(({ name }) => `"${name}"`).join(', ');
  process.stderr.write(
    `there is no such benchmark: the parts are ${Object.keys(parts).join(', ')}; the cases ${names}\n`,
  );
  process.exitCode = 2;
} else await compare(positionals);
