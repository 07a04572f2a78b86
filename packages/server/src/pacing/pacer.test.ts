import { describe, expect, it } from 'vitest';
import { connect, deviceRow, registrationOf, START } from '../commands/test-commands.ts';
import type { DeviceId } from '../ids.ts';
import { type Device, Fleet } from '../registry/fleet.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Row } from '../store/tables.ts';
import type { DownlinkLimits } from './limits.ts';
import { Pacer } from './pacer.ts';

const DAY = 24 * 3_600_000;

async function openTestPacer(limits: Partial<DownlinkLimits> = {}, store = openMemoryStore()) {
  const time = { now: START };
  const fleet = new Fleet();
  const pacer = await Pacer.load({ store, limits, now: () => time.now });
  const device = (name: string, more: Partial<Row<'devices'>> = {}, registration = {}): Device => {
    const deviceId = name as DeviceId;
    const added = fleet.put(deviceRow({ deviceId, endpoint: name, ...more }));
    fleet.setRegistration(added, registrationOf(deviceId, registration));
    connect(fleet, added);
    return added;
  };
  const went: string[] = [];
  /** Asks without urgency, and notes what comes of it. */
  const ask = (of: Device, bytes = 100): void => {
    void Promise.resolve(pacer.ask(of, 'background', bytes, 'observations')).then((turn) =>
      went.push(`${of.row.deviceId} ${turn}`),
    );
  };
  const pass = async (ms: number) => {
    time.now += ms;
    pacer.tick(time.now);
    await new Promise((resolve) => setImmediate(resolve));
    return went.splice(0);
  };
  return { store, time, fleet, pacer, device, ask, pass };
}

describe('the rate of what can wait', () => {
  it('is limited for a site, first come first served', async () => {
    const { device, ask, pass, pacer } = await openTestPacer({ sites: { depot: 100 } });
    for (const name of ['a', 'b', 'c']) ask(device(name, { site: 'depot' }));
    ask(device('elsewhere', { site: 'port' }));
    ask(device('nowhere'));
    expect(await pass(0)).toEqual(['a go', 'elsewhere go', 'nowhere go']);
    expect(pacer.heldOf('b' as DeviceId, 'observations')).toBe('site');
    expect(pacer.figures(START + 500)).toMatchObject({ waiting: { observations: 2 }, oldestMs: 500 });
    expect(await pass(1)).toEqual(['b go']);
    expect(await pass(999)).toEqual([]);
    expect(await pass(1)).toEqual(['c go']);
    expect(pacer.figures(START)).toMatchObject({ waiting: { observations: 0 }, oldestMs: 0 });
  });

  it('remembers no site longer than it matters', async () => {
    const { device, ask, pass, pacer, time } = await openTestPacer({ sites: { slow: 100, quick: 1e6 } });
    for (let site = 0; site < 1000; site++) ask(device(`d${site}`, { site: `site-${site}` }));
    for (const name of ['a', 'b']) ask(device(name, { site: 'slow' }), 6100);
    expect(pacer.figures(time.now).sites).toBe(1001);
    expect(await pass(60_000)).toHaveLength(1001);
    // One waits there, or what was sent is not paid off.
    expect(pacer.figures(time.now).sites).toBe(1);
    expect(await pass(2_000)).toEqual(['b go']);
    expect(await pass(200_000)).toEqual([]);
    expect(pacer.figures(time.now).sites).toBe(0);
  });

  it('is limited for all, sites in turn, and a newcomer overtakes nobody', async () => {
    const { device, ask, pass, pacer, time } = await openTestPacer({ bytesPerSecond: 100 });
    for (const name of ['a1', 'a2', 'a3']) ask(device(name, { site: 'a' }));
    ask(device('b1', { site: 'b' }));
    expect(await pass(0)).toEqual(['a1 go']);
    expect(pacer.heldOf('b1' as DeviceId, 'observations')).toBe('server');
    time.now += 500;
    ask(device('c1', { site: 'c' }));
    expect(await pass(500)).toEqual(['a2 go']);
    expect(await pass(1000)).toEqual(['b1 go']);
    expect(await pass(1000)).toEqual(['c1 go']);
    expect(await pass(1000)).toEqual(['a3 go']);
  });

  it('P9: leaves to its next contact a device that fell asleep while it waited, and charges it nothing', async () => {
    const { device, ask, pass } = await openTestPacer({ sites: { depot: 100 } });
    ask(device('first', { site: 'depot' }), 2000);
    ask(device('sleepy', { site: 'depot', awakeSeconds: 5 }, { queueMode: 1 }));
    ask(device('next', { site: 'depot' }));
    expect(await pass(20_000)).toEqual(['first go', 'sleepy later', 'next go']);
  });

  it('does not hold back what is urgent or normal, but counts it', async () => {
    const { device, pacer, ask, pass } = await openTestPacer({ sites: { depot: 100 } });
    const truck = device('truck', { site: 'depot' });
    for (let count = 0; count < 5; count++) {
      expect(pacer.ask(truck, 'urgent', 100, 'commands')).toBe('go');
      expect(pacer.ask(truck, 'normal', 100, 'commands')).toBe('go');
    }
    ask(truck);
    expect(await pass(1000)).toEqual([]);
    expect(await pass(1)).toEqual(['truck go']);
    expect(pacer.figures(START).sentBytes).toEqual({ urgent: 500, normal: 500, background: 100 });
  });

  it('takes back what something else is to be asked for in place of', async () => {
    const { device, pacer, ask, pass } = await openTestPacer({ sites: { depot: 100 } });
    ask(device('a', { site: 'depot' }));
    ask(device('b', { site: 'depot' }));
    pacer.recall('b' as DeviceId, 'observations');
    expect(await pass(0)).toEqual(['a go', 'b later']);
    pacer.forget('a' as DeviceId);
    expect(pacer.figures(START).waiting.observations).toBe(0);
  });
});

describe('the budget of a device', () => {
  it('holds back what is not urgent until the day ends, over restarts', async () => {
    const before = await openTestPacer();
    const thin = { downlinkBytesPerDay: 250 };
    const device = before.device('thin', thin);
    expect(before.pacer.ask(device, 'normal', 100, 'commands')).toBe('go');
    expect(before.pacer.ask(device, 'background', 100, 'observations')).toBe('go');
    expect(before.pacer.ask(device, 'normal', 51, 'commands')).toBe('later');
    await before.pass(0);

    const { pacer, time, device: again } = await openTestPacer({}, before.store);
    const same = again('thin', thin);
    expect(pacer.usedToday(same)).toBe(200);
    expect(pacer.ask(same, 'background', 51, 'observations')).toBe('later');
    expect(pacer.ask(same, 'urgent', 1000, 'commands')).toBe('go');
    expect(pacer.usedToday(same)).toBe(1200);
    expect(pacer.ask(same, 'normal', 1, 'commands')).toBe('later');
    time.now = START + DAY - 1;
    expect(pacer.affords(same, 'normal', 1)).toBe(false);
    time.now = START + DAY;
    expect(pacer.ask(same, 'normal', 51, 'commands')).toBe('go');
  });

  it('lets something larger than itself go as the first of a day', async () => {
    const { pacer, device } = await openTestPacer();
    const thin = device('thin', { downlinkBytesPerDay: 50 });
    expect(pacer.ask(thin, 'normal', 90, 'commands')).toBe('go');
    expect(pacer.ask(thin, 'normal', 10, 'commands')).toBe('later');
  });

  it('is nothing that is kept for a device without one', async () => {
    const { pacer, device, store, pass } = await openTestPacer();
    expect(pacer.ask(device('truck'), 'normal', 1e9, 'commands')).toBe('go');
    await pass(0);
    expect(await store.count('downlinkUse')).toBe(0);
  });
});
