import { describe, expect, it } from 'vitest';
import { fixAt, kinds, PLACES, START, Watched } from '../testing.ts';
import { statusOf } from './state.ts';

const { truckee, reno, stateline } = PLACES;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const RULE = '{id: state, region: {path: /6/0, in: [US-CA], fixes: 2, clearFixes: 2, band: 500m}}';

function stateOf({ state }: Watched): string | undefined {
  return state && statusOf(state).state;
}

/** A device that has been outside for two fixes. */
function breached(): Watched {
  const device = new Watched(RULE);
  device.fix(reno);
  expect(kinds(device.fix(reno, MINUTE))).toEqual(['breached']);
  return device;
}

describe('a region', () => {
  it('is never ok before a fix says so', () => {
    const device = new Watched(RULE);
    device.tick();
    expect(stateOf(device)).toBe('waiting');
    device.fix(stateline);
    expect(device.state && statusOf(device.state)).toMatchObject({ state: 'cannot-evaluate', reason: /border/ });
    device.fix(truckee, MINUTE);
    expect(stateOf(device)).toBe('ok');
  });

  it('is breached by the fix that completes the row, and says so in words', () => {
    const device = new Watched(RULE);
    expect(kinds(device.fix(truckee))).toEqual([]);
    expect(kinds(device.fix(reno, MINUTE))).toEqual([]);
    expect(stateOf(device)).toBe('pending');
    const { findings, fate } = device.fix(reno, MINUTE);
    expect(fate).toBe('evaluated');
    expect(findings).toMatchObject([
      {
        kind: 'breached',
        ruleId: 'state',
        at: device.now,
        evidence: {
          text: 'must stay in California (500 m band); at 39.529, −119.813 it was 16.3 km outside, 2 fixes in a row',
        },
      },
    ]);
    expect(findings[0]?.evidence.values).toContainEqual({
      label: 'latitude',
      value: 39.529,
      observedAt: device.now,
      receivedAt: device.now,
    });
    expect(stateOf(device)).toBe('breached');
  });

  it('counts only fixes in a row', () => {
    const device = new Watched(RULE);
    for (const place of [reno, truckee, reno, truckee, reno]) expect(kinds(device.fix(place, MINUTE))).toEqual([]);
  });

  it('neither counts nor clears an unsure fix', () => {
    const device = new Watched(RULE);
    device.fix(reno);
    expect(kinds(device.fix(stateline, MINUTE))).toEqual([]);
    expect(kinds(device.fix(reno, MINUTE))).toEqual(['breached']);
    device.fix(truckee, MINUTE);
    expect(kinds(device.fix(stateline, MINUTE))).toEqual([]);
    expect(kinds(device.fix(truckee, MINUTE))).toEqual(['cleared']);
  });

  it('shows beside its state that the newest fix is unsure', () => {
    const device = new Watched(RULE);
    device.fix(truckee);
    device.fix(stateline, MINUTE);
    expect(device.state && statusOf(device.state)).toMatchObject({ state: 'ok', reason: /too near the border/ });
    device.fix(truckee, MINUTE);
    expect(device.state && statusOf(device.state)).not.toHaveProperty('reason');
  });

  it('is cleared only by fixes inside in a row', () => {
    const device = breached();
    for (const place of [truckee, reno, truckee]) expect(kinds(device.fix(place, MINUTE))).toEqual([]);
    expect(stateOf(device)).toBe('breached');
    const { findings } = device.fix(truckee, MINUTE);
    expect(findings[0]?.evidence.text).toBe(
      'must stay in California (500 m band); at 39.328, −120.183 it was 15.5 km inside again',
    );
    const inside = findings[0]?.evidence.values.find(({ label }) => label === 'metres inside the border');
    expect(Number(inside?.value) / 1000).toBeCloseTo(15.5, 1);
    expect(stateOf(device)).toBe('ok');
  });

  it('takes two notifications of one fix as one', () => {
    const device = new Watched(RULE);
    const observedAt = START;
    device.feed(fixAt(reno, START, observedAt));
    expect(device.feed(fixAt(reno, START + MINUTE, observedAt), MINUTE)).toMatchObject({
      fate: 'repeated',
      findings: [],
    });
    expect(kinds(device.feed(fixAt(reno, START + 2 * MINUTE, observedAt + MINUTE), MINUTE))).toEqual(['breached']);
  });

  it('takes fixes without a timestamp as one when they arrived at once, else as two', () => {
    const device = new Watched(RULE);
    device.feed(fixAt(reno, START));
    expect(device.feed(fixAt(reno, START)).fate).toBe('repeated');
    expect(kinds(device.feed(fixAt(reno, START + 1), 1))).toEqual(['breached']);
  });

  it("uses the device's radius, else 50 m", () => {
    const device = new Watched(RULE);
    const fix = fixAt(reno, START, START);
    device.feed({ ...fix, values: { ...fix.values, '/6/0/3': 20_000 } });
    expect(device.state?.last).toMatchObject({ radius: 20_000, answer: 'unsure' });
    device.fix(reno, MINUTE);
    expect(device.state?.last).toMatchObject({ radius: 50, answer: 'outside' });
  });

  it('takes whole numbers of any size, and a time in seconds with a fraction', () => {
    const device = new Watched(RULE);
    const values = { '/6/0/0': 39n, '/6/0/1': -117n, '/6/0/5': START / 1_000 + 0.25 };
    expect(device.feed({ kind: 'sample', path: '/6/0', values, receivedAt: START }).fate).toBe('evaluated');
    expect(device.state?.last).toMatchObject({ lat: 39, lon: -117, at: START + 250 });
  });
});

describe('a late fix', () => {
  it('is one that is older than the newest', () => {
    const device = breached();
    expect(device.fix(truckee, MINUTE, 2 * MINUTE + 1)).toMatchObject({ fate: 'late', findings: [] });
    expect(device.fix(truckee, MINUTE, 3 * MINUTE + 1)).toMatchObject({ fate: 'late', findings: [] });
    expect(stateOf(device)).toBe('breached');
  });

  it('is one that took more than ten minutes to arrive', () => {
    const device = new Watched(RULE);
    expect(device.fix(reno, 0, 10 * MINUTE).fate).toBe('evaluated');
    expect(device.fix(reno, 5 * MINUTE, 10 * MINUTE + 1).fate).toBe('late');
  });

  it('shows that the rule cannot be evaluated when nothing else comes', () => {
    const device = new Watched(RULE);
    expect(kinds(device.fix(reno, 0, HOUR))).toEqual(['cannot-evaluate']);
    expect(stateOf(device)).toBe('cannot-evaluate');
    expect(kinds(device.fix(truckee, MINUTE))).toEqual(['evaluable-again']);
  });

  it('cannot be told from a doubtful clock, so the time of arrival counts and is shown', () => {
    const device = new Watched(RULE);
    device.feed(fixAt(reno, START, Date.UTC(1999, 0, 1)));
    const { fate, findings } = device.feed(fixAt(reno, START + MINUTE, START + HOUR), MINUTE);
    expect(fate).toBe('evaluated');
    expect(findings[0]?.evidence.text).toMatch(/clock is doubtful/);
    expect(findings[0]?.evidence.values.find(({ label }) => label === 'latitude')).toEqual({
      label: 'latitude',
      value: 39.529,
      receivedAt: START + MINUTE,
    });
  });
});

describe('a region that is not seen', () => {
  it('keeps its count and its breach while the device registers again', () => {
    const device = new Watched(RULE);
    device.fix(reno);
    expect(kinds(device.feed({ kind: 'blind', reason: 'new-registration' }, MINUTE))).toEqual([]);
    expect(stateOf(device)).toBe('waiting');
    expect(kinds(device.fix(reno, MINUTE))).toEqual(['breached']);
    device.feed({ kind: 'blind', reason: 'new-session' }, MINUTE);
    expect(device.state && statusOf(device.state)).toMatchObject({ state: 'breached', reason: /new session/ });
    device.fix(truckee, MINUTE);
    expect(kinds(device.fix(truckee, MINUTE))).toEqual(['cleared']);
  });

  it.each(['missing', 'refused', 'truncated', 'unreadable'] as const)('cannot be evaluated: %s', (reason) => {
    const device = new Watched(RULE);
    device.fix(truckee);
    expect(kinds(device.feed({ kind: 'blind', reason }, MINUTE))).toEqual(['cannot-evaluate']);
    expect(stateOf(device)).toBe('cannot-evaluate');
    device.feed({ kind: 'blind', reason: 'new-registration' }, MINUTE);
    expect(stateOf(device)).toBe('cannot-evaluate');
    expect(kinds(device.fix(truckee, MINUTE))).toEqual(['evaluable-again']);
    expect(stateOf(device)).toBe('ok');
  });

  it('cannot be evaluated once its newest fix is too old, and a repetition does not make that younger', () => {
    const device = new Watched(RULE);
    const { wakeAt } = device.feed(fixAt(truckee, START, START));
    expect(wakeAt).toBe(START + HOUR);
    expect(kinds(device.tick(HOUR - 1))).toEqual([]);
    expect(kinds(device.tick(1))).toEqual(['cannot-evaluate']);
    expect(kinds(device.feed(fixAt(truckee, device.now + 1, START), 1))).toEqual([]);
    expect(device.state && statusOf(device.state)).toMatchObject({ state: 'cannot-evaluate', reason: /too old/ });
  });

  it('cannot be evaluated when no fix ever comes', () => {
    const device = new Watched(RULE);
    expect(device.tick().wakeAt).toBe(START + HOUR);
    expect(kinds(device.tick(HOUR))).toEqual(['cannot-evaluate']);
  });

  it('cannot be evaluated from a message without a position', () => {
    const device = new Watched(RULE);
    const sample = (path: string, values: Record<string, number | string>) =>
      device.feed({ kind: 'sample', path, values, receivedAt: device.now });
    expect(sample('/6/0', { '/6/0/5': START / 1_000 }).fate).toBe('unusable');
    expect(sample('/6/0', { '/6/0/0': 39 }).fate).toBe('unusable');
    expect(sample('/6/0', { '/6/0/0': 'north', '/6/0/1': 1 }).fate).toBe('unusable');
    expect(sample('/6/0', { '/6/0/0': 91, '/6/0/1': 1 }).fate).toBe('unusable');
    expect(stateOf(device)).toBe('cannot-evaluate');
  });

  it('never mixes messages: half an instance, or another one, is not a fix', () => {
    const device = new Watched(RULE);
    const sample = (path: string, values: Record<string, number>) =>
      device.feed({ kind: 'sample', path, values, receivedAt: device.now }).fate;
    expect(sample('/6/0/0', { '/6/0/0': 39 })).toBe('irrelevant');
    expect(sample('/6/1', { '/6/1/0': 39, '/6/1/1': -117 })).toBe('irrelevant');
    expect(sample('/3', { '/3/0/9': 39 })).toBe('irrelevant');
    expect(sample('/', { '/3/0/9': 39 })).toBe('irrelevant');
    expect(sample('/6', { '/6/0/0': 39, '/6/0/1': -117 })).toBe('evaluated');
  });
});
