import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const limits = { perCaller: 2, total: 5, callers: 3 };
const admit = (limit: RateLimit, callers: string, now = 0) => [...callers].map((caller) => limit.admit(caller, now));

describe('a rate limit', () => {
  it('counts each caller, and all together', () => {
    expect(admit(new RateLimit(limits), 'aaab')).toEqual([true, true, false, true]);
    expect(admit(new RateLimit(limits), 'aabbcc')).toEqual([true, true, true, true, true, false]);
  });

  it('remembers no more callers than it may', () => {
    expect(admit(new RateLimit({ ...limits, total: 100 }), 'abcda')).toEqual([true, true, true, false, true]);
  });

  it('begins anew each minute', () => {
    const limit = new RateLimit(limits);
    expect(admit(limit, 'aaa', 59_999)).toEqual([true, true, false]);
    expect(admit(limit, 'aaa', 60_000)).toEqual([true, true, false]);
  });
});
