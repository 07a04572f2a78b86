/**
 * What one operation costs the whole server without sockets: CPU time of all threads, and bytes that its main thread
 * allocates, with the functions that do. The devices live in the same process and are part of both. On a busy machine
 * times say little, but bytes are the same in each run, and what is not allocated need not be collected.
 *
 * Run: `npm run bench -- inside OPERATION [none|psk] [SECONDS]`
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type HeapProfiler, Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from '@reeve/contract';
import { defaultPorts, type ServerConfig, startServer } from '@reeve/server';
import type { OpenLink } from '../packages/server/src/link/port.ts';
import { runLink } from '../packages/server/src/link/runner.ts';
import { generatedPsk } from '../peers/leshan/driver.ts';
import { observedBy, READ } from './load/content.ts';
import { LeanDevice } from './load/device.ts';
import { identities } from './load/identity.ts';
import type { DevicePlan } from './load/plan.ts';
import { Ring } from './load/ring.ts';
import { openUnwired, unwire } from './load/unwired.ts';
import { readingLink } from './targets/reading.ts';

const [operation = 'update', credential = 'none', seconds = '10'] = process.argv.slice(2) as [
  DevicePlan['operation']?,
  DevicePlan['credential']?,
  string?,
];
/** So many register that none does so more often than a server lets one device (packages/server/src/registry/rate.ts). */
const DEVICES = operation === 'registration' ? 10_000 : 2000;
const OUTSTANDING = 256;
const STARTING = 50;
const WARM_UP_MS = 8000;
const SHOWN = 40;

unwire();
const folder = mkdtempSync(join(tmpdir(), 'reeve-inside-'));
const config: ServerConfig = {
  dataFolder: join(folder, 'data'),
  listen: [{ transport: credential === 'none' ? 'coap' : 'coaps', host: '127.0.0.1', port: 0 }],
  http: { host: '127.0.0.1', port: 0 },
  link: 'main',
  logLevel: 'silent',
};
const ports = defaultPorts(config);
const read = { path: READ, devices: DEVICES, outstanding: OUTSTANDING };
const unwired: OpenLink = (linkConfig, deliver) => runLink(linkConfig, deliver, openUnwired);
const openLink = operation === 'read' ? readingLink(unwired, read) : unwired;
const server = await startServer(config, { ...ports, openLink });
const api = createApi(server.url, { authorization: `Bearer ${readFileSync(server.tokenFile, 'utf8').trim()}` });
const observed = observedBy(operation);
const plan: DevicePlan = {
  operation,
  credential,
  devices: DEVICES,
  outstanding: OUTSTANDING,
  first: 0,
  port: server.coap[0]?.port ?? 0,
};
const identityOf = identities(plan);

const waiting = new Ring<LeanDevice>(DEVICES);
let ready = 0;
let done = 0;
let underWay = 0;
let running = false;

function fill(): void {
  while (underWay < OUTSTANDING) {
    const device = waiting.shift();
    if (!device) return;
    underWay += 1;
    device.next();
  }
}

function free(device: LeanDevice): void {
  if (running) done += 1;
  else ready += 1;
  // Devices that are read only answer.
  if (operation === 'read') return;
  waiting.push(device);
  if (!running) return;
  underWay -= 1;
  fill();
}

async function comeUp(): Promise<void> {
  const until = async (reached: () => boolean) => {
    while (!reached()) await sleep(1);
  };
  for (let index = 0; index < DEVICES; index++) {
    const { identity: endpoint, key } = generatedPsk(index);
    const psk = { kind: 'psk', key: Buffer.from(key).toString('hex') } as const;
    await api('devices.add', {
      body: { endpoint, ...(credential === 'none' ? { noSec: true } : { credential: psk }) },
    });
    if (observed) await api('devices.observe', { params: { device: endpoint }, body: { path: observed } });
  }
  for (let index = 0; index < DEVICES; index++) {
    await until(() => ready > index - STARTING);
    (await LeanDevice.open(index, plan, identityOf(index), free)).start();
  }
  await until(() => ready >= DEVICES);
}

/** Microseconds of CPU time for an operation, in each second. */
async function timed(): Promise<number[]> {
  const all: number[] = [];
  for (let second = 0; second < Number(seconds); second++) {
    const [before, since] = [done, process.cpuUsage()];
    await sleep(1000);
    const { user, system } = process.cpuUsage(since);
    all.push((user + system) / (done - before));
  }
  return all;
}

/** Bytes for an operation by the function that allocates them, most first. */
async function allocated(): Promise<readonly [string, number][]> {
  const session = new Session();
  session.connect();
  const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
  await session.post('HeapProfiler.startSampling', { samplingInterval: 16_384, ...all });
  const before = done;
  await sleep(3000);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  const operations = done - before;
  const bytes = new Map<string, number>();
  const add = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
    const { functionName, url, lineNumber } = callFrame;
    const place = `${functionName || '(anonymous)'} ${url.split('/packages/').at(-1)}:${lineNumber + 1}`;
    bytes.set(place, (bytes.get(place) ?? 0) + selfSize / operations);
    children.forEach(add);
  };
  add(profile.head);
  return [...bytes].sort(([, a], [, b]) => b - a);
}

await comeUp();
running = true;
fill();
await sleep(WARM_UP_MS);
const times = await timed();
const places = await allocated();
const sum = places.reduce((bytes, [, more]) => bytes + more, 0);
const least = Math.min(...times).toFixed(1);
console.log(`${operation}, ${credential}: ${least} µs of CPU at least, ${(sum / 1000).toFixed(1)} kB allocated`);
console.log(`each second: ${times.map((time) => time.toFixed(1)).join(' ')} µs`);
for (const [place, bytes] of places.slice(0, SHOWN)) console.log(`${bytes.toFixed(0).padStart(7)} ${place}`);
await server.close();
rmSync(folder, { recursive: true });
process.exit(0);
