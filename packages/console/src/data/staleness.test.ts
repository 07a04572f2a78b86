import { describe, expect, it } from 'vitest';
import { isStale } from './staleness.ts';

const oneDevice = { everything: false, devices: new Set(['d1']) };

describe('which queries journal entries make stale', () => {
  it('fetches lists of the fleet after every entry', () => {
    expect(isStale(oneDevice, ['devices', ''])).toBe(true);
    expect(isStale(oneDevice, ['incidents', 'open'])).toBe(true);
  });

  it('fetches queries of a device only after entries of that device', () => {
    expect(isStale(oneDevice, ['timeline', 'd1'])).toBe(true);
    expect(isStale(oneDevice, ['timeline', 'd2'])).toBe(false);
    expect(isStale({ everything: true, devices: new Set() }, ['timeline', 'd2'])).toBe(true);
  });

  it('knows a device that was looked up by its endpoint name', () => {
    expect(isStale(oneDevice, ['device', 'truck-1'], 'd1')).toBe(true);
    expect(isStale(oneDevice, ['device', 'd1'], 'd2')).toBe(false);
  });

  it('leaves charts to the stream of samples', () => {
    expect(isStale({ everything: true, devices: new Set() }, ['history', 'd1', '/3/0/9', 60])).toBe(false);
  });
});
