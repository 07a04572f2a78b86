import { describe, expect, it } from 'vitest';
import { problem, run } from '../testing.ts';

describe('policy apply', () => {
  it('shows each error in its line, and exits with 4', async () => {
    const errors = [
      { at: 'line 1, column 3', message: 'line 1, column 3, treshold: unknown key; did you mean threshold?' },
    ];
    const { code, err } = await run(
      ['policy', 'apply', '-'],
      { 'policies.apply': problem(422, 'invalid-policy', 'x', errors) },
      { input: '- treshold: 1' },
    );
    expect(code).toBe(4);
    expect(err.split('\n')).toEqual([
      'stdin:1:3: treshold: unknown key; did you mean threshold?',
      '  1 | - treshold: 1',
      '        ^',
      'reeve: 1 error: nothing was changed',
    ]);
  });

  it('tells what it matches and what is lacking', async () => {
    const policy = { policyId: 'p', version: 2, mode: 'monitor', devices: { total: 1 } };
    const matches = [{ deviceId: 'd', endpoint: 'truck-1', lacks: ['object 8 (lock)', 'object 6'] }];
    const { out } = await run(['policy', 'apply', '-'], { 'policies.apply': { policy, created: false, matches } });
    expect(out).toBe(
      'Replaced p, version 2, mode monitor\nMatches 1 device:\n  truck-1  lacks: object 8 (lock); object 6',
    );
  });
});
