import { describe, expect, it } from 'vitest';
import { isStale } from './staleness.ts';

const oneDevice = { everything: false, devices: new Set(['d1']) };
const everything = { everything: true, devices: new Set<string>() };
const idle = { data: undefined, fetchStatus: 'idle' } as const;
const fetching = { ...idle, fetchStatus: 'fetching' } as const;

describe('which queries journal entries make stale', () => {
  it('fetches lists of the fleet after every entry', () => {
    expect(isStale(oneDevice, ['devices', ''], idle)).toBe(true);
    expect(isStale(oneDevice, ['incidents', 'open'], idle)).toBe(true);
  });

  it('fetches queries of a device only after entries of that device', () => {
    expect(isStale(oneDevice, ['timeline', 'd1'], idle)).toBe(true);
    expect(isStale(oneDevice, ['timeline', 'd2'], idle)).toBe(false);
    expect(isStale(everything, ['timeline', 'd2'], idle)).toBe(true);
  });

  it('knows a device that was looked up by its endpoint name', () => {
    expect(isStale(oneDevice, ['device', 'truck-1'], { ...idle, data: { deviceId: 'd1' } })).toBe(true);
    expect(isStale(oneDevice, ['device', 'd1'], { ...idle, data: { deviceId: 'd2' } })).toBe(false);
  });

  it('takes a device that was asked for by its name, and is not known yet, for any', () => {
    expect(isStale(oneDevice, ['device', 'truck-1'], fetching)).toBe(true);
    // Nobody has that name: entries of others do not ask again.
    expect(isStale(oneDevice, ['device', 'truck-1'], idle)).toBe(false);
    expect(isStale(oneDevice, ['timeline', 'd2'], fetching)).toBe(false);
  });

  it('leaves charts to the stream of samples', () => {
    expect(isStale(everything, ['history', 'd1', '/3/0/9', 60], fetching)).toBe(false);
  });
});
