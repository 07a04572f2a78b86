/**
 * `npm run bench`: operations per CPU-second of the server process as ratios, measured in one run. Never a test: it
 * prints and writes what it saw. See README.md for the options.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { type Case, cases } from './cases.ts';
import type { LoadPlan, LoadReport, Window } from './load/plan.ts';
import { generate, type TargetName, targets } from './targets.ts';

const SUSTAIN_MS = 120_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    sustained: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
});

/** Benchmarks of one part, each a program of its own. */
const parts: Readonly<Record<string, readonly string[]>> = {
  store: ['store.ts'],
  dtls: ['dtls-handshake.ts'],
  'dtls-sessions': ['dtls-sessions.ts'],
};

interface Measured {
  readonly fresh: Window;
  readonly sustained?: Window;
  readonly retransmissions: number;
}

interface Row extends Pick<Case, 'name' | 'aim'> {
  readonly ours: Measured;
  readonly yardstick: Measured;
  readonly yardstickName: TargetName;
}

function median(windows: readonly Window[]): Window {
  const sorted = windows.toSorted((a, b) => a.perCpuSecond - b.perCpuSecond);
  return sorted[Math.floor(sorted.length / 2)] ?? { perCpuSecond: Number.NaN, perSecond: Number.NaN };
}

async function measure(name: TargetName, { operation, secure, devices, outstanding }: Case): Promise<Measured> {
  const profile = name === 'reeve' && options.profile !== undefined ? { profile: options.profile } : {};
  const target = await targets[name]({ operation, secure, devices, ...profile });
  const plan: LoadPlan = {
    operation,
    secure,
    port: secure ? target.coaps : target.coap,
    devices,
    outstanding,
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
const ratio = (ours: Window | undefined, yardstick: Window | undefined) =>
  ours && yardstick ? (ours.perCpuSecond / yardstick.perCpuSecond).toFixed(2) : '–';

function show(rows: readonly Row[]): string {
  const head = ['operation', 'ours/CPU-s', 'yardstick/CPU-s', 'ratio', 'sustained', 'aim', 'ours/s', 'again'];
  const body = rows.map(({ name, aim, ours, yardstick, yardstickName }) => [
    name,
    thousands(ours.fresh.perCpuSecond),
    `${thousands(yardstick.fresh.perCpuSecond)} (${yardstickName})`,
    ratio(ours.fresh, yardstick.fresh),
    ratio(ours.sustained, yardstick.sustained),
    `≥ ${aim}`,
    thousands(ours.fresh.perSecond),
    `${ours.retransmissions}/${yardstick.retransmissions}`,
  ]);
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function compare(): Promise<void> {
  const chosen = cases.filter(
    ({ name, yardstick }) =>
      (options.only === undefined || name.includes(options.only)) && (yardstick !== 'leshan' || leshanAvailable()),
  );
  const rows: Row[] = [];
  for (const one of chosen) {
    process.stderr.write(`${one.name} …\n`);
    const yardstick = await measure(one.yardstick, one);
    const ours = await measure(one.ours, one);
    rows.push({ name: one.name, aim: one.aim, ours, yardstick, yardstickName: one.yardstick });
  }
  process.stdout.write(`${show(rows)}\n`);
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}latest.json`, `${JSON.stringify({ at: new Date().toISOString(), rows }, null, 2)}\n`);
}

const [part, ...rest] = positionals;
if (part === undefined) await compare();
else if (parts[part]) {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  process.exitCode = spawnSync(process.execPath, [...parts[part], ...rest], { cwd, stdio: 'inherit' }).status ?? 1;
} else {
  process.stderr.write(`there is no benchmark "${part}": store, dtls, dtls-sessions, or none for the comparison\n`);
  process.exitCode = 2;
}
