import { describe, expect, it } from 'vitest';
import { addressKey } from './effects.ts';
import { SourceLimit } from './source-limit.ts';

const MALLORY = addressKey('203.0.113.9:666');
const ALICE = addressKey('192.0.2.1:40000');

describe('the limit of failed records of a source', () => {
  it('shuts out a source for the rest of a second, and nobody else', () => {
    const limit = new SourceLimit(1, 10);
    for (let i = 0; i < 10; i++) {
      expect(limit.exceeded(MALLORY, 5_000)).toBe(false);
      limit.failed(MALLORY, 5_000);
    }
    expect(limit.exceeded(MALLORY, 5_999)).toBe(true);
    expect(limit.exceeded(ALICE, 5_999)).toBe(false);
    expect(limit.exceeded(MALLORY, 6_000)).toBe(false);
  });

  it('does not wrap around under a long flood', () => {
    const limit = new SourceLimit(1, 10);
    for (let i = 0; i < 70_000; i++) limit.failed(MALLORY, 0);
    expect(limit.exceeded(MALLORY, 0)).toBe(true);
  });

  it('holds in a flood from forged addresses, for most others', () => {
    const limit = new SourceLimit(1, 10);
    for (let i = 0; i < 8_192; i++) limit.failed(addressKey(`203.0.113.9:${i}`), 0);
    const shut = Array.from({ length: 1_000 }, (_, i) => limit.exceeded(addressKey(`192.0.2.1:${i}`), 0));
    expect(shut.filter(Boolean)).toHaveLength(0);
  });
});
