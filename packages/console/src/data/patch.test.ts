import type { DeviceSummary, ResourceValue } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { appendHistory, mapPages, mergeValues, patchSummary, timeOf } from './patch.ts';

function sample(path: string, value: ResourceValue['value'], receivedAt = 1000): ResourceValue {
  return { path, type: 'float', value, text: String(value), receivedAt, clock: 'none' };
}

const truck: DeviceSummary = {
  deviceId: 'd1',
  endpoint: 'truck-1',
  labels: {},
  presence: { state: 'awake' },
  battery: 80,
  location: { latitude: 39, longitude: -120, at: 500 },
  openIncidents: 0,
  lock: { state: 'unlocked', holders: [] },
};

describe('values of a device', () => {
  it('replaces older values, adds new paths and keeps what is newer already', () => {
    const known = [sample('/3/0/9', 80, 1000), sample('/3/0/3', '1.2.3', 5000)];
    const merged = mergeValues(known, [
      sample('/3/0/9', 79, 2000),
      sample('/3/0/3', '1.0', 4000),
      sample('/4/0/2', -70),
    ]);
    expect(merged.map(({ path, value }) => [path, value])).toEqual([
      ['/3/0/9', 79],
      ['/3/0/3', '1.2.3'],
      ['/4/0/2', -70],
    ]);
    expect(known[0]?.value).toBe(80);
  });

  it('answers the same list when everything that arrived is old', () => {
    const known = [sample('/3/0/9', 80, 1000)];
    expect(mergeValues(known, [sample('/3/0/9', 90, 999)])).toBe(known);
  });

  it('trusts the device about time only with a good clock', () => {
    const value = { ...sample('/3/0/9', 1, 2000), observedAt: 1500 };
    expect(timeOf({ ...value, clock: 'good' })).toBe(1500);
    expect(timeOf({ ...value, clock: 'doubtful' })).toBe(2000);
  });
});

describe('a row of the fleet', () => {
  it('follows battery, firmware and position', () => {
    const row = patchSummary(truck, [
      sample('/3/0/9', 15),
      sample('/3/0/3', '1.2.4'),
      sample('/6/0/0', 39.5),
      sample('/6/0/1', -119.8),
    ]);
    expect(row).toMatchObject({
      battery: 15,
      firmware: '1.2.4',
      location: { latitude: 39.5, longitude: -119.8, at: 1000 },
    });
  });

  it('never mixes the coordinates of two fixes, and never goes back in time', () => {
    expect(patchSummary(truck, [sample('/6/0/0', 39.5)])).toBe(truck);
    expect(patchSummary(truck, [sample('/6/0/0', 39.5, 1000), sample('/6/0/1', -119.8, 1001)])).toBe(truck);
    expect(patchSummary(truck, [sample('/6/0/0', 39.5, 400), sample('/6/0/1', -119.8, 400)])).toBe(truck);
  });

  it('ignores values that are not complete or of another type', () => {
    expect(patchSummary(truck, [{ ...sample('/3/0/9', 15), truncated: true }])).toBe(truck);
    expect(patchSummary(truck, [sample('/3/0/9', 'low')])).toBe(truck);
  });
});

describe('a chart', () => {
  const history = { path: '/3/0/9', at: [100, 200], receivedAt: [110, 210], value: [80, 79] };

  it('grows at its end', () => {
    expect(appendHistory(history, sample('/3/0/9', 78, 300))).toEqual({
      path: '/3/0/9',
      at: [100, 200, 300],
      receivedAt: [110, 210, 300],
      value: [80, 79, 78],
    });
  });

  it('takes no late, repeated or unfinished sample', () => {
    expect(appendHistory(history, sample('/3/0/9', 78, 200))).toBe(history);
    expect(appendHistory(history, { ...sample('/3/0/9', 78, 300), truncated: true })).toBe(history);
  });
});

describe('paged lists', () => {
  it('changes items in their pages and leaves the others as they are', () => {
    const pages = [{ items: [1, 2], next: 'a' }, { items: [3] }];
    expect(mapPages(pages, (n) => (n === 3 ? 30 : n))).toEqual([{ items: [1, 2], next: 'a' }, { items: [30] }]);
  });
});
