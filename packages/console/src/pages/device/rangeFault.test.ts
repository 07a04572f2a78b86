import { describe, expect, it } from 'vitest';
import { rangeFault } from './rangeFault.ts';

describe('the range of a resource', () => {
  it('bounds numbers, and leaves lengths to the server', () => {
    const range = { least: 0, largest: 100 };
    expect(rangeFault({ range }, 100)).toBeUndefined();
    expect(rangeFault({ range }, 101)).toBe('Expected 0 to 100');
    expect(rangeFault({ range }, 'x'.repeat(101))).toBeUndefined();
    expect(rangeFault({}, -1)).toBeUndefined();
  });
});
