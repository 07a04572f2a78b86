import { describe, expect, it } from 'vitest';
import type { LinkRecord } from '../link/port.ts';
import type { StoredValue } from '../store/tables.ts';
import { openTestCore, START } from '../test-core.ts';
import type { Report } from './ingest.ts';
import { reporting } from './test-reporting.ts';
import { MAX_TEXT_PER_DEVICE, MAX_VALUES_PER_DEVICE } from './values.ts';

const integer = (value: number): StoredValue => ({ type: 'integer', value });
const record = (path: string, value: number, time?: number): LinkRecord => ({
  path,
  stored: integer(value),
  ...(time === undefined ? {} : { time }),
});
const fix = (latitude: number, longitude: number, seconds?: number): LinkRecord[] => [
  { path: '/6/0/0', stored: { type: 'float', value: latitude } },
  { path: '/6/0/1', stored: { type: 'float', value: longitude } },
  ...(seconds === undefined ? [] : [{ path: '/6/0/5', stored: { type: 'time', value: seconds } }]),
];
/** A device that tells records. */
async function telling() {
  const device = await reporting();
  /** @returns the samples that became values */
  const report = async (records: readonly LinkRecord[], more: Partial<Report> & { truncated?: boolean } = {}) => {
    const { truncated = false, ...rest } = more;
    const path = records[0]?.path ?? '/3/0/9';
    const { samples = [] } = await device.take({ path, body: { kind: 'records', records, truncated }, ...rest });
    return samples.filter(({ current }) => current !== undefined);
  };
  return { ...device, report };
}

describe('a report', () => {
  it('becomes value, history and evaluated rule in one commit', async () => {
    const { core, control, deviceId, report, value, history, rule } = await telling();
    await report([record('/3/0/9', 10)]);
    expect(control.batches).toHaveLength(1);
    expect(value()).toMatchObject({ stored: integer(10), receivedAt: START, clock: 'none', truncated: 0 });
    expect(await core.store.get('values', { deviceId, path: '/3/0/9' })).toEqual(value());
    expect(await history()).toEqual({ at: [START], receivedAt: [START], value: [10] });
    expect(rule()?.verdict.kind).toBe('breached');
    expect(await core.journal('rule.transition')).toMatchObject([
      { payload: { ruleId: 'low', from: 'unknown', to: 'breached' } },
    ]);
    const [stored] = await core.store.list('ruleStates', { where: { deviceId, ruleKey: rule()?.key ?? '' } });
    expect(stored?.state).toEqual(rule());
  });

  it('whose commit fails changes nothing in memory', async () => {
    const { control, report, value, rule } = await telling();
    const before = rule();
    control.failure = new Error('as wanted');
    await expect(report([record('/3/0/9', 10)])).rejects.toThrow('as wanted');
    expect(value()).toBeUndefined();
    expect(rule()).toBe(before);
  });

  it('that is not fresh is history, and neither the value nor evaluated', async () => {
    const { report, value, history, rule } = await telling();
    await report([record('/3/0/9', 80)]);
    await report([record('/3/0/9', 10)], { fresh: false, receivedAt: START + 1 });
    expect(value()?.stored.value).toBe(80);
    expect((await history()).value).toEqual([80, 10]);
    expect(rule()?.verdict.kind).toBe('ok');
  });

  it('that is truncated is shown as such, and never evaluated', async () => {
    const { report, value, rule } = await telling();
    await report([record('/3/0/9', 10)], { truncated: true });
    expect(value()).toMatchObject({ stored: integer(10), truncated: 1 });
    expect(rule()).toMatchObject({
      verdict: { kind: 'unknown' },
      sight: { kind: 'cannot-evaluate', reason: 'truncated' },
    });
  });

  it.each([
    ['empty', { kind: 'empty' } as const, 'missing'],
    ['undecodable', { kind: 'undecodable', detail: 'odd' } as const, 'unreadable'],
  ])('that is %s makes the rule blind, and leaves the value', async (_, body, reason) => {
    const { report, value, rule } = await telling();
    await report([record('/3/0/9', 80)]);
    await report([], { body });
    expect(value()?.stored.value).toBe(80);
    expect(rule()?.sight).toMatchObject({ kind: 'cannot-evaluate', reason });
  });

  it('of several moments is a series: all are history, the newest is the value', async () => {
    const { report, value, history } = await telling();
    const minute = 60_000;
    const moments = [START - 2 * minute, START, START - minute];
    await report(
      moments.map((time, n) => record('/3/0/9', 50 + n, time)),
      { receivedAt: START },
    );
    expect(await history()).toEqual({
      at: [START - 2 * minute, START - minute, START],
      receivedAt: [START, START, START],
      value: [50, 52, 51],
    });
    expect(value()).toMatchObject({ stored: integer(51), observedAt: START, clock: 'good' });
  });

  it('of an older moment does not take the place of a newer value', async () => {
    const { report, value, history } = await telling();
    await report([record('/3/0/9', 80, START - 1_000)]);
    await report([record('/3/0/9', 70, START - 5_000)], { receivedAt: START + 1 });
    expect(value()?.stored.value).toBe(80);
    expect((await history()).value).toEqual([70, 80]);
    await report([record('/3/0/9', 60, START - 1_000)], { receivedAt: START + 2 });
    expect(value()?.stored.value).toBe(60);
  });

  it.each([
    ['before 2020', 1_500_000_000_000],
    ['far ahead', START + 600_000],
  ])('of a clock that is %s counts from its arrival, and says so', async (_, time) => {
    const { report, value, history } = await telling();
    await report([record('/3/0/9', 80, time)]);
    expect(value()).toMatchObject({ observedAt: time, receivedAt: START, clock: 'doubtful' });
    expect((await history()).at).toEqual([START]);
    await report([record('/3/0/9', 70)], { receivedAt: START + 1 });
    expect(value()?.stored.value).toBe(70);
  });
});

describe('a fix', () => {
  it('is one sample, measured when it says', async () => {
    const { report, value, history, rule } = await telling();
    const seconds = START / 1000 - 30;
    await report(fix(39.529, -119.813, seconds), { path: '/6/0' });
    expect(value('/6/0/0')).toMatchObject({ observedAt: seconds * 1000, clock: 'good' });
    expect((await history('/6/0/1')).at).toEqual([seconds * 1000]);
    expect(rule('state')?.verdict.kind).toBe('breached');
  });

  it('is never made of two reports', async () => {
    const { report, rule } = await telling();
    const [latitude, longitude] = fix(39.529, -119.813);
    if (!latitude || !longitude) throw new Error('no fix');
    await report([latitude], { path: '/6/0' });
    await report([longitude], { path: '/6/0', receivedAt: START + 1 });
    expect(rule('state')?.verdict.kind).toBe('unknown');
  });
});

describe('the resources of a device', () => {
  it('are bounded, also within one report; what does not fit is neither value nor history', async () => {
    const { core, deviceId, report, value, history } = await telling();
    const paths = Array.from({ length: MAX_VALUES_PER_DEVICE + 10 }, (_, n) => `/9999/${n}/1`);
    await report(paths.map((path) => record(path, 1)));
    expect(core.values.of(deviceId)).toHaveLength(MAX_VALUES_PER_DEVICE);
    expect(value(`/9999/${MAX_VALUES_PER_DEVICE}/1`)).toBeUndefined();
    expect((await history(`/9999/${MAX_VALUES_PER_DEVICE}/1`)).at).toEqual([]);
    const refused = { check: 'limit', endpoint: 'truck-1', count: 1, detail: expect.stringContaining('10 values') };
    expect(core.failedHandshakes.list()).toMatchObject([refused]);
    await report([record('/9999/0/1', 2)], { receivedAt: START + 1 });
    expect(value('/9999/0/1')?.stored.value).toBe(2);
  });

  it('are bounded also for what comes late: each begins a history', async () => {
    const { core, deviceId, report, value, history } = await telling();
    const paths = Array.from({ length: MAX_VALUES_PER_DEVICE + 10 }, (_, n) => `/9999/${n}/1`);
    await report(
      paths.slice(0, 1500).map((path) => record(path, 1)),
      { fresh: false },
    );
    await report(
      paths.slice(1500).map((path) => record(path, 1)),
      { fresh: false, receivedAt: START + 1 },
    );
    expect(core.values.of(deviceId)).toHaveLength(MAX_VALUES_PER_DEVICE);
    expect(value('/9999/0/1')?.stored.value).toBe(1);
    expect((await history(`/9999/${MAX_VALUES_PER_DEVICE}/1`)).at).toEqual([]);
    expect(core.failedHandshakes.list()).toMatchObject([
      { check: 'limit', detail: expect.stringContaining('10 values') },
    ]);
  });

  it('are bounded by the length of their texts, of which shorter ones make room again', async () => {
    const { core, deviceId, report, value, history } = await telling();
    const text = (path: string, length: number): LinkRecord => ({
      path,
      stored: { type: 'string', value: 'x'.repeat(length) },
    });
    const half = MAX_TEXT_PER_DEVICE / 2;
    await report([text('/9999/0/1', half), text('/9999/0/2', half), text('/9999/0/3', 1), record('/9999/0/4', 1)]);
    const kept = () => core.values.of(deviceId).map(({ path }) => path);
    expect(kept()).toEqual(['/9999/0/1', '/9999/0/2', '/9999/0/4']);
    expect((await history('/9999/0/3')).at).toEqual([]);
    expect(core.failedHandshakes.list()).toMatchObject([
      { check: 'limit', detail: expect.stringContaining('1 values') },
    ]);
    // The same path twice in a report takes the room of one.
    await report([text('/9999/0/2', half), text('/9999/0/2', half - 1), text('/9999/0/3', 1)], {
      receivedAt: START + 1,
    });
    expect(value('/9999/0/2')?.stored.value).toHaveLength(half - 1);
    expect(kept()).toContain('/9999/0/3');
    await report([text('/9999/0/1', half + 1)], { receivedAt: START + 2 });
    expect(value('/9999/0/1')?.stored.value).toHaveLength(half);
    const again = await openTestCore({ store: core.store });
    expect(again.fleet.get(deviceId)?.values?.characters).toBe(MAX_TEXT_PER_DEVICE);
  });

  it('are loaded after a restart', async () => {
    const { core, deviceId, report } = await telling();
    await report([record('/3/0/9', 80, START - 5), ...fix(1, 2)]);
    const again = await openTestCore({ store: core.store });
    expect(again.values.of(deviceId)).toEqual(expect.arrayContaining(core.values.of(deviceId)));
    expect(again.values.of(deviceId)).toHaveLength(3);
  });
});

describe('what a device sends of its own accord', () => {
  it('SM-3: is a series, judged in the order of its times; the newest becomes the value', async () => {
    const { report, value, history, core } = await telling();
    const at = (minutes: number) => START - minutes * 60_000;
    await report([record('/3/0/9', 10, at(3)), record('/3/0/9', 30, at(1)), record('/3/0/9', 50, at(2))], {
      path: '/',
    });
    expect(await history()).toMatchObject({ at: [at(3), at(2), at(1)], value: [10, 50, 30] });
    expect(value()).toMatchObject({ stored: integer(30), observedAt: at(1) });
    expect(await core.journal('rule.transition')).toMatchObject([
      { payload: { to: 'breached' } },
      { payload: { to: 'cleared' } },
    ]);
  });

  it('SM-3: keeps each value of a series, also if its times can not be believed', async () => {
    const { report, value, history } = await telling();
    await report([record('/3/0/9', 1, 25_462_634_000), record('/3/0/9', 2, 25_462_635_000), record('/3/0/9', 3)], {
      path: '/',
    });
    expect((await history()).value).toEqual([1, 2, 3]);
    expect(value()?.stored).toEqual(integer(3));
  });

  it('tells of several objects at once, and nothing of what it leaves out', async () => {
    const { report, rule } = await telling();
    await report([...fix(37, -120), record('/3/0/9', 10)], { path: '/' });
    expect([rule('low')?.verdict.kind, rule('state')?.verdict.kind]).toEqual(['breached', 'ok']);
    await report([record('/6/0/3', 5), record('/3/0/7', 3)], { path: '/' });
    expect([rule('low')?.verdict.kind, rule('state')?.verdict.kind]).toEqual(['breached', 'ok']);
  });
});
