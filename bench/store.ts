/**
 * Cost of durable commits in the embedded store: one-row patches of registrations, as a plain Update makes them, then
 * the same with a sample each, as a notification does.
 *
 * Prints operations per CPU-second of this process, both threads together, fsync included.
 * Run with `node bench/store.ts [seconds]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeviceId, newId } from '../packages/server/src/ids.ts';
import type { Batch, Store } from '../packages/server/src/store/port.ts';
import { openSqliteStore } from '../packages/server/src/store/sqlite/store.ts';
import type { Row } from '../packages/server/src/store/tables.ts';

const DEVICES = 2_000;
const IN_FLIGHT = 500;
const seconds = Number(process.argv[2] ?? 5);

function registration(
  deviceId: DeviceId,
  organisationId: Row<'organisations'>['organisationId'],
): Row<'registrations'> {
  return {
    deviceId,
    organisationId,
    registrationId: newId.registration(),
    endpoint: `urn:dev:os:bench-${deviceId}`,
    identity: Buffer.from(deviceId).toString('hex'),
    lifetime: 300,
    version: '1.1',
    binding: 'U',
    queueMode: 0,
    rootPath: '/',
    contentFormats: [110, 112, 11542],
    objects: [1, 3, 4, 6, 8].map((objectId) => ({ objectId, instances: [0] })),
    extra: {},
    registeredAt: Date.now(),
    state: 'registered',
  };
}

/** Keeps `IN_FLIGHT` commits under way for the given time and prints their cost. */
async function measure(name: string, store: Store, batchOf: (turn: number) => Batch): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const cpu = process.cpuUsage();
  const started = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() < until) await store.commit(batchOf(done++));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const { user, system } = process.cpuUsage(cpu);
  const used = (user + system) / 1e6;
  const wall = (performance.now() - started) / 1000;
  console.log(
    `${name}: ${Math.round(done / used)} per CPU-second (${((used / done) * 1e6).toFixed(2)} µs each), ` +
      `${Math.round(done / wall)} per second`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
const store = await openSqliteStore({ file: join(folder, 'store.db') });
const organisationId = newId.organisation();
const devices = Array.from({ length: DEVICES }, () => newId.device());
const device = (turn: number): DeviceId => devices[turn % DEVICES] ?? newId.device();
for (const deviceId of devices) {
  const contact = { deviceId, organisationId, lastContactAt: Date.now(), address: '[2001:db8::1]:56830' };
  await store.commit({
    changes: [
      { put: 'registrations', row: registration(deviceId, organisationId) },
      { put: 'contacts', row: contact },
    ],
  });
}

await measure('patch of one row', store, (turn) => ({
  changes: [{ patch: 'contacts', key: { deviceId: device(turn) }, set: { lastContactAt: Date.now() } }],
}));
await measure('patch and sample', store, (turn) => ({
  changes: [{ patch: 'contacts', key: { deviceId: device(turn) }, set: { lastContactAt: Date.now() } }],
  samples: [
    {
      deviceId: device(turn),
      path: '/3/0/9',
      at: Date.now(),
      receivedAt: Date.now(),
      stored: { type: 'integer', value: turn % 100 },
    },
  ],
}));

await store.close();
rmSync(folder, { recursive: true });
