import { describe, expect, it } from 'vitest';
import { kinds, START, Watched } from '../testing.ts';
import { statusOf } from './state.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function stateOf({ state }: Watched): string | undefined {
  return state && statusOf(state).state;
}

describe('a threshold', () => {
  const PATIENT = '{id: battery, threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2}}';

  it('is breached once the value has been beyond it long enough, without a further sample', () => {
    const device = new Watched(PATIENT);
    device.value(19);
    expect(stateOf(device)).toBe('pending');
    expect(device.value(18n, MINUTE).wakeAt).toBe(START + 5 * MINUTE);
    expect(kinds(device.tick(4 * MINUTE - 1))).toEqual([]);
    const { findings } = device.tick(1);
    expect(findings[0]?.evidence.text).toBe(
      'Battery Level (/3/0/9) must not be below 20 for 5 min and in 2 samples in a row; it was 18, 2 samples in a row, for 5 min',
    );
  });

  it('is not breached by one sample, however long ago', () => {
    const device = new Watched(PATIENT);
    device.value(19);
    expect(kinds(device.tick(30 * MINUTE))).toEqual([]);
    expect(kinds(device.value(19, 1))).toEqual(['breached']);
  });

  it('starts anew when the value was well in between', () => {
    const device = new Watched(PATIENT);
    for (const value of [19, 20, 19]) device.value(value, 4 * MINUTE);
    expect(device.state?.verdict).toMatchObject({ kind: 'pending', count: 1, since: device.now });
  });

  it.each([
    [20, false],
    [25, false],
    [25.1, true],
  ])('cleared by %d: %s', (value, cleared) => {
    const device = new Watched('{id: a, threshold: {path: /3/0/9, below: 20, clearAbove: 25}}');
    expect(kinds(device.value(19.9))).toEqual(['breached']);
    expect(kinds(device.value(value, MINUTE))).toEqual(cleared ? ['cleared'] : []);
  });

  it.each([
    ['below: 20', 19, 20],
    ['above: 70', 71, 70],
    ['above: 70, clearBelow: 60', 71, 59],
    ['above: -10, clearBelow: -20', -9, -21],
  ])('%s is breached by %d and cleared by %d', (limit, beyond, within) => {
    const device = new Watched(`{id: a, threshold: {path: /3303/0/5700, ${limit}}}`);
    expect(kinds(device.value(within))).toEqual([]);
    expect(kinds(device.value(beyond, 1))).toEqual(['breached']);
    expect(kinds(device.value(within, 1))).toEqual(['cleared']);
  });

  it('does not run on while the device is blind', () => {
    const device = new Watched('{id: a, threshold: {path: /3/0/9, below: 20, for: 5m}}');
    device.value(19);
    device.feed({ kind: 'blind', reason: 'new-session' }, MINUTE);
    expect(kinds(device.tick(10 * MINUTE))).toEqual([]);
    expect(kinds(device.value(19, MINUTE))).toEqual(['breached']);
  });

  it('takes a number that comes as text', () => {
    const device = new Watched('{id: a, threshold: {path: /3303/0/5700, above: 60}}');
    expect(kinds(device.value('60.5'))).toEqual(['breached']);
    expect(kinds(device.value('-1e1', 1))).toEqual(['cleared']);
  });

  it.each(['low', '', '0x13', true, Number.NaN, Number.POSITIVE_INFINITY])('cannot be evaluated on %j', (value) => {
    const device = new Watched(PATIENT);
    expect(device.value(value).fate).toBe('unusable');
    expect(stateOf(device)).toBe('cannot-evaluate');
  });
});

describe('a set', () => {
  const allowed = (list: string, value: string | number | boolean | bigint) => {
    const device = new Watched(`{id: firmware, set: {path: /3/0/3, ${list}}}`);
    return kinds(device.value(value)).length === 0;
  };

  it.each([
    ['in: ["1.2.3", "1.2.4"]', '1.2.4', true],
    ['in: ["1.2.3", "1.2.4"]', '1.2.5', false],
    ['in: [1.10]', '1.1', false],
    ['in: [1.10]', '1.10', true],
    ['in: [1.10]', 1.1, true],
    ['in: [3.0]', 3, true],
    ['in: [" "]', 0, false],
    ['in: [18446744073709551615]', 18_446_744_073_709_551_615n, true],
    ['in: [18446744073709551615]', 18_446_744_073_709_551_614n, false],
    ['in: [true]', true, true],
    ['in: [true]', false, false],
    ['notIn: ["6.6.6"]', '6.6.6', false],
    ['notIn: ["6.6.6"]', '1.2.3', true],
  ])('{%s} allows %s: %s', (list, value, isAllowed) => {
    expect(allowed(list, value)).toBe(isAllowed);
  });

  it('is breached and cleared by one value, and says which are allowed', () => {
    const device = new Watched('{id: firmware, set: {path: /3/0/3, in: ["1.2.3", "1.2.4"]}}');
    expect(device.value('6.6.6').findings[0]?.evidence.text).toBe(
      'Firmware Version (/3/0/3) must be 1.2.3 or 1.2.4; it was "6.6.6"',
    );
    expect(kinds(device.value('1.2.4', MINUTE))).toEqual(['cleared']);
  });

  it('lasts a day without a new value', () => {
    const device = new Watched('{id: firmware, set: {path: /3/0/3, in: ["1.2.3"]}}');
    expect(device.value('1.2.3').wakeAt).toBe(START + DAY);
    expect(kinds(device.tick(DAY))).toEqual(['cannot-evaluate']);
  });
});

describe('silence', () => {
  const RULE = '{id: quiet, silence: {after: 15m}}';
  const contact = (device: Watched, after: number) => device.feed({ kind: 'contact', at: device.now + after }, after);

  it('is breached after its time and ends with a contact', () => {
    const device = new Watched(RULE);
    contact(device, 0);
    expect(stateOf(device)).toBe('ok');
    expect(contact(device, MINUTE).wakeAt).toBe(START + 16 * MINUTE);
    expect(kinds(device.tick(15 * MINUTE - 1))).toEqual([]);
    const { findings, wakeAt } = device.tick(1);
    expect(findings[0]?.evidence.text).toBe('must be heard from at least every 15 min; last heard from 15 min ago');
    expect(wakeAt).toBeUndefined();
    expect(kinds(contact(device, HOUR))).toEqual(['cleared']);
  });

  it('counts from when the rule began to watch a device that was never heard', () => {
    const device = new Watched(RULE);
    expect(device.tick().wakeAt).toBe(START + 15 * MINUTE);
    expect(stateOf(device)).toBe('waiting');
    expect(device.tick(15 * MINUTE).findings[0]?.evidence.text).toMatch(/not heard from in the 15 min/);
  });

  it('takes a contact that is told late at its own time', () => {
    const device = new Watched(RULE);
    contact(device, 0);
    device.now += 20 * MINUTE;
    expect(kinds(device.feed({ kind: 'contact', at: START + 10 * MINUTE }))).toEqual([]);
    expect(device.tick().wakeAt).toBe(START + 25 * MINUTE);
    expect(kinds(device.feed({ kind: 'contact', at: START }))).toEqual([]);
    expect(kinds(device.tick(5 * MINUTE))).toEqual(['breached']);
    expect(kinds(device.feed({ kind: 'contact', at: START + 10 * MINUTE }))).toEqual([]);
  });

  it('needs no values and is not blind without them', () => {
    const device = new Watched(RULE);
    contact(device, 0);
    device.feed({ kind: 'blind', reason: 'refused' }, MINUTE);
    expect(stateOf(device)).toBe('ok');
  });
});
