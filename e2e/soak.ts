/**
 * `npm run soak`: kills a server under load again and again, and looks for everything that it had acknowledged. Options:
 * `--kills N` (200), `--devices N` (60), `--seed N` (of when to kill, and of what each device does).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Api } from '@reeve/contract';
import { seededRandom } from '../tooling/testing/fuzz.ts';
import { TestServer, until } from './harness.ts';
import { type Acknowledged, type SoakCounts, SoakLoad } from './soak-load.ts';

export interface SoakOptions {
  readonly kills: number;
  /** Half of them over NoSec, half over DTLS. */
  readonly devices: number;
  readonly seed: number;
  /** A line for people. */
  readonly log: (line: string) => void;
}

export interface SoakResult {
  /** What was acknowledged and is not there, one line each. */
  readonly losses: readonly string[];
  /** What `PRAGMA integrity_check` says of the file in the end. */
  readonly integrity: string;
  readonly acknowledged: SoakCounts;
}

const LATITUDE = '/6/0/0';
/** The server lives this long under load at most, ms. */
const LIFE_MS = 1_500;
/** Acknowledgements that a life must have seen, so that there is something to lose. */
const LEAST_ACKNOWLEDGED = 20;
const HISTORY_PAGE = 10_000;

const total = ({ registers, updates, notifications }: SoakCounts) => registers + updates + notifications;

/** Everything of one device that was acknowledged and that the server does not show. */
async function missing(api: Api, load: SoakLoad, endpoint: string, acknowledged: Acknowledged): Promise<string[]> {
  const params = { device: endpoint };
  const { registration, presence, location } = await api('devices.show', { params });
  const losses: string[] = [];
  const { registrationId, contactAt, latitudes } = acknowledged;
  if (
    registrationId !== undefined &&
    registration?.registrationId !== registrationId &&
    load.holds(endpoint, registrationId)
  ) {
    losses.push(`${endpoint}: registration ${registrationId} is now ${registration?.registrationId}`);
  }
  if ((presence.lastContactAt ?? 0) < contactAt) {
    losses.push(`${endpoint}: contact of ${contactAt} is missing, the last is ${presence.lastContactAt}`);
  }
  const newest = latitudes.at(-1);
  if (newest !== undefined && (location?.latitude ?? 0) < newest) {
    losses.push(`${endpoint}: latitude ${newest} is missing, the newest is ${location?.latitude}`);
  }
  const stored = await history(api, endpoint, latitudes.length);
  for (const latitude of latitudes) {
    if (!stored.has(latitude)) losses.push(`${endpoint}: latitude ${latitude} is missing in the history`);
  }
  return losses;
}

/** The newest latitudes in the history of a device: some more than are looked for, or all. */
async function history(api: Api, endpoint: string, count: number): Promise<Set<number>> {
  const found = new Set<number>();
  const params = { device: endpoint };
  // Later ones may have come in the meantime.
  const limit = Math.min(HISTORY_PAGE, count + 1000);
  let to: number | undefined;
  for (;;) {
    const query = { path: LATITUDE, limit, ...(to === undefined ? {} : { to }) };
    const { at, value } = await api('devices.history', { params, query });
    for (const one of value) if (typeof one === 'number') found.add(one);
    const [oldest] = at;
    if (found.size >= count + 500 || at.length < limit || oldest === undefined || oldest === to) return found;
    to = oldest;
  }
}

async function missingOfAll(api: Api, load: SoakLoad, taken: ReadonlyMap<string, Acknowledged>): Promise<string[]> {
  const losses: string[] = [];
  for (const [endpoint, acknowledged] of taken) losses.push(...(await missing(api, load, endpoint, acknowledged)));
  return losses;
}

async function addDevices({ api, coap, coaps }: TestServer, load: SoakLoad, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const endpoint = `soak-${index}`;
    const secure = index % 2 === 1;
    const key = createHash('sha256').update(endpoint).digest().subarray(0, 16);
    await api('devices.add', { body: { endpoint, ...(secure ? { key: key.toString('hex') } : { noSec: true }) } });
    await api('devices.observe', { params: { device: endpoint }, body: { path: '/6/0' } });
    await load.add({
      endpoint,
      serverUri: secure ? coaps : coap,
      ...(secure ? { psk: { identity: Buffer.from(endpoint), key } } : {}),
    });
  }
}

/** Runs the whole; rejects only if the server does not come back or no load comes about. */
export async function soak({ kills, devices, seed, log }: SoakOptions): Promise<SoakResult> {
  const random = seededRandom(seed);
  const load = new SoakLoad(seededRandom(seed + 1));
  const server = await TestServer.start({ noSec: true });
  const losses: string[] = [];
  const everything = new Map<string, number[]>();
  try {
    await addDevices(server, load, devices);
    for (let kill = 1; kill <= kills; kill++) {
      const before = total(load.counts);
      await until('load after a restart', async () => total(load.counts) >= before + LEAST_ACKNOWLEDGED);
      await sleep(LIFE_MS * random());
      await server.kill();
      const taken = load.take();
      for (const [endpoint, { latitudes }] of taken) {
        everything.set(endpoint, [...(everything.get(endpoint) ?? []), ...latitudes]);
      }
      // No device may take its leave while its registration is looked up.
      load.pause();
      await server.restart();
      losses.push(...(await missingOfAll(server.api, load, taken)));
      load.resume();
      const { registers, updates, notifications } = load.counts;
      log(
        `kill ${kill}/${kills}: ${registers} Registers, ${updates} Updates, ${notifications} notifications acknowledged, ` +
          `${losses.length + load.forgotten.length} lost`,
      );
    }
    load.close();
    const last = load.take();
    for (const [endpoint, acknowledged] of last) {
      const latitudes = [...(everything.get(endpoint) ?? []), ...acknowledged.latitudes];
      losses.push(...(await missing(server.api, load, endpoint, { ...acknowledged, latitudes })));
    }
    await server.kill();
    const integrity = integrityOf(join(server.folder, 'data', 'reeve.db'));
    losses.push(...load.forgotten.map((registration) => `${registration}: the server no longer knew the registration`));
    return { losses, integrity, acknowledged: load.counts };
  } finally {
    load.close();
    await server.close();
  }
}

function integrityOf(file: string): string {
  const db = new DatabaseSync(file);
  try {
    return String(db.prepare('PRAGMA integrity_check').get()?.integrity_check);
  } finally {
    db.close();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      devices: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const log = (line: string) => process.stdout.write(`${line}\n`);
  log(`seed ${values.seed}`);
  const result = await soak({
    kills: Number(values.kills),
    devices: Number(values.devices),
    seed: Number(values.seed),
    log,
  });
  for (const loss of result.losses) log(`LOST ${loss}`);
  log(
    `${result.losses.length} lost, integrity ${result.integrity}, acknowledged ${JSON.stringify(result.acknowledged)}`,
  );
  process.exit(result.losses.length === 0 && result.integrity === 'ok' ? 0 : 1);
}
