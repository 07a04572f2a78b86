import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from '@reeve/coap';
import { afterEach, describe, expect, it } from 'vitest';
import { Artifacts } from '../artifacts/artifacts.ts';
import type { LinkDown, LinkOperation, RequestOutcome, SessionId } from '../link/port.ts';
import type { Device } from '../registry/fleet.ts';
import { noteHeard, noteUnanswered } from '../registry/reach.ts';
import { openSealer } from '../store/sealing.ts';
import type { Report } from '../telemetry/ingest.ts';
import { openTestCore, organisationId, rest, sessionOf } from '../test-core.ts';
import { updateLimits } from './limits.ts';
import { servePart } from './serving.ts';
import { Updates } from './updates.ts';

const CONTENT = randomBytes(200_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const who = { organisationId, actor: { kind: 'person', name: 'Ada' } } as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const answered = (code: number, body: Extract<RequestOutcome, { kind: 'answered' }>['body'] = { kind: 'empty' }) =>
  ({ kind: 'answered', code, body }) as const satisfies RequestOutcome;

/** A device with object 5, as far as the server sees it. */
class Pump {
  state = 0;
  result = 0;
  version = '1.0';
  bytes = Buffer.alloc(0);
  readonly asked: LinkOperation[] = [];
  /** Answers nothing from this many parts on. */
  silentAfter = Number.POSITIVE_INFINITY;
  delivery = 2;

  answer(operation: LinkOperation): RequestOutcome {
    this.asked.push(operation);
    const parts = this.asked.filter(({ kind }) => kind === 'write-part').length;
    switch (operation.kind) {
      case 'write-part':
        if (parts > this.silentAfter) return { kind: 'timeout' };
        if (operation.offset !== this.bytes.length && operation.offset !== 0)
          return answered(Code.RequestEntityIncomplete);
        this.bytes = Buffer.concat([this.bytes.subarray(0, operation.offset), operation.bytes]);
        this.state = this.bytes.length === operation.size ? 2 : 1;
        return answered(this.state === 2 ? Code.Changed : Code.Continue);
      case 'execute':
        [this.state, this.result, this.version] = [0, 1, '2.0'];
        return answered(Code.Changed);
      case 'write':
        [this.state, this.result] = operation.records[0]?.stored.value === '' ? [0, 0] : [1, 0];
        return answered(Code.Changed);
      default: {
        const values = { '/5/0/3': this.state, '/5/0/5': this.result, '/5/0/9': this.delivery, '/3/0/3': this.version };
        const records = Object.entries(values).flatMap(([path, value]) =>
          'path' in operation && path.startsWith(operation.path) ? [{ path, stored: { type: 'integer', value } }] : [],
        );
        return answered(Code.Content, { kind: 'records', records, truncated: false });
      }
    }
  }

  count(kind: LinkOperation['kind']): number {
    return this.asked.filter((operation) => operation.kind === kind).length;
  }
}

async function begin() {
  const core = await openTestCore();
  const { store, time, fleet, pacer } = core;
  const dataFolder = mkdtempSync(join(tmpdir(), 'reeve-updates-'));
  folders.push(dataFolder);
  const sealer = await openSealer({ keyFile: join(dataFolder, 'key') });
  const now = () => time.now;
  const artifacts = await Artifacts.load({ store, dataFolder, now });
  const described = { name: 'pump', version: '2.0', kind: 'firmware', bytes: CONTENT.length, sha256: SHA256 } as const;
  const { artifactId } = await artifacts.add(described, who);
  await artifacts.append(organisationId, artifactId, 0, CONTENT);
  const artifact = artifacts.get(organisationId, artifactId) ?? expect.fail();
  let reading = 0;
  const read = artifacts.read.bind(artifacts);
  artifacts.read = (...what) => {
    reading++;
    return read(...what).finally(() => reading--);
  };
  const pump = new Pump();
  const lost: string[] = [];
  const sent: LinkDown[] = [];
  const reports: Report[] = [];
  const origins = new Map([['coaps', 'coaps://192.0.2.200:5684']]);
  const load = () =>
    Updates.load({
      ...{ store, sealer, fleet, artifacts, pacer, now },
      perform: async (_, operation) => pump.answer(operation),
      received: async (_, report) => {
        reports.push(report);
      },
      lost: (device, how) => {
        lost.push(how);
        noteUnanswered(fleet, device, how);
      },
      origins: () => origins,
    });
  const registered = async (endpoint: string): Promise<Device> => {
    const device = fleet.byEndpoint(organisationId, endpoint) ?? (await core.add(endpoint));
    await core.register(sessionOf(endpoint), { endpoint });
    return device;
  };
  const device = await registered('truck-1');
  let updates = await load();
  /** Lets so many seconds pass. */
  const pass = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      time.now += 1000;
      await updates.tick(time.now);
      await settled();
    }
  };
  /** Files are read in their own time. */
  const settled = async () => {
    for (let asked = -1; asked < pump.asked.length || reading > 0; ) {
      asked = pump.asked.length;
      await rest();
    }
  };
  return {
    ...{ core, pump, lost, reports, artifact, device, registered, pass, settled },
    get updates() {
      return updates;
    },
    /** What a device that asks for a part is answered. */
    part: async (asked: Parameters<typeof servePart>[0]) => {
      const { credentials } = core;
      await servePart(asked, { fleet, credentials, artifacts, updates, send: (message) => sent.push(message) });
      return sent.at(-1);
    },
    row: async () => (await store.list('updates'))[0] ?? expect.fail(),
    restart: async () => {
      updates.close();
      updates = await load();
    },
  };
}

describe('an update', () => {
  it('waits for a device that fell silent, and goes on behind the last part, after a restart too', async () => {
    const all = await begin();
    all.pump.silentAfter = 100;
    await all.updates.start(all.device, { artifact: all.artifact }, who);
    await all.settled();
    expect(all.lost).toEqual(['timeout']);
    expect(all.pump.bytes).toHaveLength(100 * 1024);
    expect(await all.row()).toMatchObject({ state: 'running', step: { kind: 'pushing', offset: 100 * 1024 } });
    await all.restart();
    await all.pass(30);
    expect(all.pump.count('write-part')).toBe(101);
    all.pump.silentAfter = Number.POSITIVE_INFINITY;
    all.updates.heard(await all.registered('truck-1'));
    await all.settled();
    await all.pass(5);
    expect(await all.row()).toMatchObject({ state: 'succeeded', detail: 'the device runs 2.0' });
    expect(all.reports).toMatchObject([
      { path: '/3/0/3', fresh: true, body: { records: [{ stored: { value: '2.0' } }] } },
    ]);
    // Each part once, and the one that was not answered.
    expect(all.pump.count('write-part')).toBe(Math.ceil(CONTENT.length / 1024) + 1);
    expect(Buffer.compare(all.pump.bytes, CONTENT)).toBe(0);
  });

  it('QM-3: pauses while a device in queue mode sleeps, and sends it nothing', async () => {
    const all = await begin();
    await all.core.register(sessionOf('truck-1'), { endpoint: 'truck-1', queueMode: true });
    all.pump.silentAfter = 10;
    await all.updates.start(all.device, { artifact: all.artifact }, who);
    await all.settled();
    expect(all.pump.count('write-part')).toBe(11);
    await all.pass(100);
    expect(all.pump.count('write-part')).toBe(11);
    expect(all.device.session).toBeDefined();
    all.pump.silentAfter = Number.POSITIVE_INFINITY;
    noteHeard(all.device, all.core.time.now);
    all.updates.heard(all.device);
    await all.settled();
    await all.pass(5);
    expect(await all.row()).toMatchObject({ state: 'succeeded' });
    expect(all.pump.count('write-part')).toBe(Math.ceil(CONTENT.length / 1024) + 1);
  });

  it('ends when its time is over', async () => {
    const all = await begin();
    all.pump.silentAfter = 0;
    await all.updates.start(all.device, { artifact: all.artifact, expireSeconds: 60 }, who);
    await all.settled();
    await all.pass(61);
    expect(await all.row()).toMatchObject({ state: 'failed', detail: expect.stringContaining('its time was over') });
    expect(updateLimits.expiryMs).toBeGreaterThan(3_600_000);
  });

  it('can be cancelled until it is installed, and takes back what is there', async () => {
    const all = await begin();
    all.pump.delivery = 0;
    await all.updates.start(all.device, { artifact: all.artifact }, who);
    await all.settled();
    expect(await all.row()).toMatchObject({ step: { kind: 'downloading' }, delivery: 'pull' });
    expect(all.pump.state).toBe(1);
    expect(await all.updates.cancel(await all.row())).toMatchObject({ state: 'cancelled' });
    await all.settled();
    expect(all.pump.state).toBe(0);
    await expect(all.updates.cancel(await all.row())).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('is one at a time for an object instance', async () => {
    const all = await begin();
    all.pump.silentAfter = 0;
    await all.updates.start(all.device, { artifact: all.artifact }, who);
    await expect(all.updates.start(all.device, { artifact: all.artifact }, who)).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });

  it('serves parts to its own device alone, and as long as it runs', async () => {
    const all = await begin();
    all.pump.delivery = 0;
    await all.updates.start(all.device, { artifact: all.artifact }, who);
    await all.settled();
    const offer = all.pump.asked.find((operation) => operation.kind === 'write');
    const uri = offer?.kind === 'write' ? String(offer.records[0]?.stored.value) : '';
    const token = uri.split('/').at(-1) ?? '';
    expect(uri).toMatch(/^coaps:\/\/192\.0\.2\.200:5684\/artifacts\/[\w-]{22}$/);
    const other = await all.registered('truck-2');
    const fetch = async (by: Device, num: number, said = token, sessionId = by.session?.sessionId) => {
      if (!by.session || !sessionId) throw new Error('not in contact');
      const session = { ...by.session, sessionId };
      const exchange = all.core.exchange();
      return all.part({ kind: 'fetch', exchange, at: all.core.time.now, session, token: said, num, szx: 6 });
    };
    expect(await fetch(all.device, 3)).toMatchObject({ kind: 'part', num: 3, size: CONTENT.length });
    expect((await all.row()).done).toBe(0);
    expect(all.updates.current(await all.row()).done).toBe(4096);
    expect(await fetch(other, 0)).toMatchObject({ kind: 'answer', code: Code.NotFound });
    expect(await fetch(all.device, 0, 'A'.repeat(22))).toMatchObject({ kind: 'answer', code: Code.NotFound });
    await all.restart();
    expect(await fetch(all.device, 0)).toMatchObject({ kind: 'part', num: 0 });
    // Over a new connection, before the device has registered there.
    const anew = 'coaps+tcp|anew' as SessionId;
    expect(await fetch(all.device, 1, token, anew)).toMatchObject({ kind: 'part', num: 1 });
    expect(await fetch(other, 0, token, anew)).toMatchObject({ kind: 'answer', code: Code.NotFound });
    await all.updates.cancel(await all.row());
    expect(await fetch(all.device, 0)).toMatchObject({ kind: 'answer', code: Code.NotFound });
  });
});
