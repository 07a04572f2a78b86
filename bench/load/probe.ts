/**
 * Devices that are connected and say something now and then, as devices do. Takes a `ProbePlan` as argument, prints a
 * `ProbeReport`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LeanDevice } from './device.ts';
import { identities } from './identity.ts';
import type { ProbePlan, ProbeReport } from './plan.ts';

const PATROL_MS = 2;
/** How long the last answers may take. */
const PATIENCE_MS = 2_000;

const plan = JSON.parse(process.argv[2] ?? '') as ProbePlan;
const identityOf = identities(plan);
const free: LeanDevice[] = [];
/** When each device that waits for an answer has asked. */
const asked = new Map<LeanDevice, number>();
const latencies: number[] = [];

function onFree(device: LeanDevice): void {
  const at = asked.get(device);
  asked.delete(device);
  if (at !== undefined) latencies.push(performance.now() - at);
  free.push(device);
}

/** The latency that so many of a hundred do not exceed. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

const all: LeanDevice[] = [];
for (let index = 0; index < plan.devices; index++) {
  const device = await LeanDevice.open(plan.first + index, plan, identityOf(plan.first + index), onFree);
  all.push(device);
  device.start();
  while (free.length + asked.size <= index) await sleep(1);
}

const start = performance.now();
let sent = 0;
const patrol = setInterval(() => {
  const now = performance.now();
  for (const device of all) device.retransmit(now);
  const due = (Math.min(now - start, plan.durationMs) * plan.perSecond) / 1000;
  while (sent < due) {
    const device = free.shift();
    if (!device) return;
    sent += 1;
    asked.set(device, now);
    device.next();
  }
}, PATROL_MS);
await sleep(plan.durationMs + PATIENCE_MS);
clearInterval(patrol);
latencies.sort((a, b) => a - b);
const report: ProbeReport = {
  sent,
  answered: latencies.length,
  medianMs: percentile(latencies, 50),
  slowMs: percentile(latencies, 99),
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
