/**
 * What a storm of handshakes with certificates leaves for devices that are connected: how long their Updates take with
 * and without it. The server has one core for all of its threads; the storm has what the devices leave of the other.
 *
 * Run: `npm run bench -- storm`
 */
import { makeMaterial } from './load/material.ts';
import type { DevicePlan, LoadPlan, LoadReport, ProbePlan, ProbeReport } from './load/plan.ts';
import { generate, targets } from './targets.ts';

const CONNECTED = 100;
const STORMING = 300;
const UPDATES_PER_SECOND = 200;
const PROBE_MS = 10_000;
const WARM_UP_MS = 3_000;
const NICE = 10;

const material = makeMaterial(CONNECTED + STORMING);
const credential = 'certificate';
const target = await targets.reeve({
  load: { operation: 'update', credential, devices: CONNECTED + STORMING, outstanding: CONNECTED },
  material,
});
const server: Pick<DevicePlan, 'port' | 'credential' | 'material'> = {
  port: target.coaps,
  credential,
  material: material.all,
};

async function probe(): Promise<ProbeReport> {
  const plan: ProbePlan = {
    ...server,
    operation: 'update',
    first: 0,
    devices: CONNECTED,
    outstanding: CONNECTED,
    perSecond: UPDATES_PER_SECOND,
    durationMs: PROBE_MS,
  };
  return JSON.parse(await generate(JSON.stringify(plan), 'load/probe.ts'));
}

/** Handshakes for the time of a probe. */
async function storm(): Promise<LoadReport> {
  const plan: LoadPlan = {
    ...server,
    operation: 'handshake',
    first: CONNECTED,
    devices: STORMING,
    outstanding: STORMING,
    pid: target.pid,
    warmUpMs: WARM_UP_MS,
    windows: 1,
    windowMs: PROBE_MS,
  };
  return JSON.parse(await generate(JSON.stringify(plan), 'load/generator.ts', NICE));
}

function show(name: string, { sent, answered, medianMs, slowMs }: ProbeReport): void {
  const times = `median ${medianMs.toFixed(1)} ms, 99 % within ${slowMs.toFixed(1)} ms`;
  console.log(`${name}: ${answered} of ${sent} Updates answered, ${times}`);
}

// What the first devices warm up is not the storm's doing.
await probe();
show('quiet', await probe());
const raging = storm();
const during = await probe();
const { fresh } = await raging;
show('storm', during);
console.log(`storm: ${Math.round(fresh[0]?.perSecond ?? 0)} handshakes per second beside them`);
await target.close();
material.remove();
