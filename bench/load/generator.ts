/** The load generator: the same program drives every server. Takes a `LoadPlan` as argument, prints a `LoadReport`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './cpu.ts';
import { LeanDevice } from './device.ts';
import { identities } from './identity.ts';
import type { LoadPlan, LoadReport, Window } from './plan.ts';
import { Requester } from './requester.ts';
import { Ring } from './ring.ts';

/** Handshakes and Registers under way at a time while the devices come up. */
const STARTING = 50;
const COME_UP_MS = 60_000;

/** What the generator drives. */
interface Client {
  start(): void;
  next(): void;
  retransmit(now: number): boolean;
}

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const { operation, port } = plan;
const identityOf = identities(plan);
const clients: Client[] = [];
/** Clients that are free. */
const waiting = new Ring<Client>(Math.max(plan.devices, plan.outstanding));
let ready = 0;
let underWay = 0;
let done = 0;
let retransmissions = 0;
let running = false;

function fill(): void {
  while (underWay < plan.outstanding) {
    const client = waiting.shift();
    if (!client) return;
    underWay += 1;
    client.next();
  }
}

function free(client: Client): void {
  if (operation === 'read') {
    // Its devices only answer.
    if (running) done += 1;
    else ready += 1;
    return;
  }
  if (running) {
    done += 1;
    underWay -= 1;
  } else ready += 1;
  waiting.push(client);
  if (running) fill();
}

async function comeUp(): Promise<void> {
  const end = performance.now() + COME_UP_MS;
  const until = async (reached: () => boolean) => {
    while (!reached()) {
      if (performance.now() > end) throw new Error(`only ${ready} of ${plan.devices} devices came up`);
      await sleep(1);
    }
  };
  for (let index = 0; index < plan.devices; index++) {
    await until(() => ready > index - STARTING);
    const client =
      operation === 'get'
        ? await Requester.open(port, free)
        : await LeanDevice.open(plan.first + index, plan, identityOf(plan.first + index), free);
    clients.push(client);
    client.start();
  }
  await until(() => ready >= plan.devices);
}

async function windows(): Promise<Window[]> {
  const all: Window[] = [];
  for (let i = 0; i < plan.windows; i++) {
    const before = { done, cpu: cpuSeconds(plan.pid), at: performance.now() };
    await sleep(plan.windowMs);
    const operations = done - before.done;
    all.push({
      perCpuSecond: operations / (cpuSeconds(plan.pid) - before.cpu),
      perSecond: (operations * 1000) / (performance.now() - before.at),
    });
  }
  return all;
}

const patrol = setInterval(() => {
  const now = performance.now();
  for (const client of clients) if (client.retransmit(now)) retransmissions += 1;
}, 250);

await comeUp();
running = true;
// Clients that take several requests at a time are free several times.
if (operation === 'get') {
  for (let i = clients.length; i < plan.outstanding; i++) {
    const client = clients[i % clients.length];
    if (client) waiting.push(client);
  }
}
fill();
await sleep(plan.warmUpMs);
const fresh = await windows();
let sustained: Window[] = [];
if (plan.sustainMs !== undefined) {
  await sleep(plan.sustainMs);
  sustained = await windows();
}
clearInterval(patrol);
const report: LoadReport = { fresh, sustained, retransmissions };
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
