import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import type { LinkUp } from '../link/port.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { call, deviceWith, openTestCore, organisationId, rest, START, sessionOf, type TestCore } from '../test-core.ts';
import { requestBytes } from './cost.ts';

const DEVICES = 2000;
const PATH = '/3/0/9';
const COST = requestBytes({ kind: 'observe', path: PATH }, sessionOf(undefined));
const policy = `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {labels: {fleet: trucks}}
rules:
  - {id: low, threshold: {path: ${PATH}, below: 20, maxAge: 10h}, respond: [alarm]}
`;
const names = Array.from({ length: DEVICES }, (_, index) => `truck-${index}`);
const battery = deviceWith({ [PATH]: { type: 'integer', value: 80 } });

const turn = () => new Promise((resolve) => setImmediate(resolve));
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds() && turns < 10_000; turns++) await turn();
}

/** Every device registers at the same moment. */
async function storm(core: TestCore, queueMode: boolean): Promise<void> {
  await core.deliver(
    ...names.map(
      (endpoint): LinkUp => ({
        kind: 'register',
        at: core.time.now,
        session: sessionOf(undefined, { address: endpoint }),
        exchange: core.exchange(),
        endpoint,
        lifetime: 86_400,
        version: '1.1',
        binding: 'U',
        queueMode,
        offer: { rootPath: '/', contentFormats: [112], objects: [{ objectId: 3, instances: [0] }] },
        extra: {},
      }),
    ),
  );
  await rest();
}

const store = openMemoryStore();

/** A fleet under a policy, observed. */
beforeAll(async () => {
  const changes = names.map((endpoint) => {
    const row = {
      organisationId,
      deviceId: newId.device(),
      endpoint,
      labels: { fleet: 'trucks' },
      noSec: 1,
      createdAt: 0,
    };
    return { put: 'devices', row } as const;
  });
  await store.commit({ changes });
  const core = await openTestCore({ store, noSec: true });
  core.script.behaviour = battery;
  await core.handlers['policies.apply'](call({ body: { source: policy } }));
  await storm(core, false);
  await until(() => core.performed('observe').length === DEVICES);
});

/** Their server restarts, and they come back all at once. */
async function restarted(rate: number, queueMode = false) {
  const downlink = { bytesPerSecond: rate * COST };
  const core = await openTestCore({ store, noSec: true, downlink, time: { now: START + 60_000 } });
  core.script.behaviour = battery;
  const { now: begin } = core.time;
  await storm(core, queueMode);
  const observed = () => core.performed('observe').length;
  /** Lets time pass in tenths of a second, and sees to it that nothing goes faster than it may. */
  const pass = async (seconds: number) => {
    const end = core.time.now + seconds * 1000;
    while (core.time.now < end) {
      core.time.now += 100;
      core.pacer.tick(core.time.now);
      await turn();
      await turn();
      expect(observed()).toBeLessThanOrEqual(rate * (1 + (core.time.now - begin) / 1000) + 1);
    }
  };
  return { core, observed, pass };
}

describe(`${DEVICES} devices that come back at once after a restart`, () => {
  it('are answered at once, and observed again as fast as the limit allows and no faster', async () => {
    const { core, observed, pass } = await restarted(100);
    expect(core.sentOf('answer')).toHaveLength(DEVICES);
    await until(() => observed() === 100);
    expect(observed()).toBe(100);
    expect(core.pacer.figures(core.time.now).waiting.observations).toBe(DEVICES - 100);
    await pass(10);
    expect(observed()).toBeGreaterThanOrEqual(1090);
    await pass(10);
    expect(observed()).toBe(DEVICES);
    expect(core.pacer.figures(core.time.now)).toMatchObject({ waiting: { observations: 0 }, oldestMs: 0 });
    expect(await core.store.count('observations')).toBe(DEVICES);
  });

  it('P9: wait for their next contact if they fell asleep meanwhile', async () => {
    const { core, observed, pass } = await restarted(10, true);
    await pass(92);
    const awake = observed();
    expect(awake).toBeGreaterThanOrEqual(925);
    await pass(60);
    // Two or three got their turn in the last second that they were awake.
    expect(observed() - awake).toBeLessThanOrEqual(15);
    const late = core.fleet.byEndpoint(organisationId, `truck-${DEVICES - 1}`);
    const { registration, session } = late ?? expect.fail();
    const before = observed();
    await core.update(session ?? expect.fail(), registration?.registrationId ?? expect.fail());
    expect(observed()).toBe(before + 1);
  });
});
