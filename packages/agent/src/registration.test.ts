import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY, type RegistrationEvent, retryDelay, TRANSITIONS, updateDelay } from './registration.ts';

describe('the registration states', () => {
  it('can always be stopped, and from every state led back to registered', () => {
    for (const [kind, row] of Object.entries(TRANSITIONS)) {
      const afterStop = row.stop;
      expect(['idle', 'deregistering'], kind).toContain(afterStop);
      const reached = new Set([kind]);
      for (const state of reached) {
        const next = Object.values(TRANSITIONS[state as keyof typeof TRANSITIONS]);
        for (const one of next) reached.add(one);
      }
      expect(reached, kind).toContain('registered');
    }
  });

  it('are registered only after the server said so', () => {
    for (const row of Object.values(TRANSITIONS)) {
      for (const [event, to] of Object.entries(row) as [RegistrationEvent, string][]) {
        if (to === 'registered' && row !== TRANSITIONS.registered) expect(event).toBe('success');
      }
    }
  });
});

describe('the retry sequence', () => {
  it('has the times of OMA Core table 6.2.1.1-1', () => {
    const delays = [1, 2, 3, 4, 5].map((failures) => retryDelay(failures, DEFAULT_RETRY));
    expect(delays).toEqual([60, 120, 240, 480, undefined]);
  });

  it('is repeated after the sequence delay', () => {
    const retry = { count: 2, timer: 10, sequenceDelay: 1000, sequenceCount: 3 };
    const delays = [1, 2, 3, 4, 5, 6].map((failures) => retryDelay(failures, retry));
    expect(delays).toEqual([10, 1000, 10, 1000, 10, undefined]);
  });

  it('has exactly count × sequenceCount attempts', () => {
    const retry = fc.record({
      count: fc.integer({ min: 1, max: 8 }),
      timer: fc.integer({ min: 0, max: 100 }),
      sequenceDelay: fc.integer({ min: 0, max: 100 }),
      sequenceCount: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(retry, (parameters) => {
        let failures = 1;
        while (retryDelay(failures, parameters) !== undefined) failures++;
        expect(failures).toBe(parameters.count * parameters.sequenceCount);
      }),
    );
  });
});

describe('the time of the next Update', () => {
  it('UP-6: leaves room for all retransmissions, or half of a short lifetime', () => {
    expect(updateDelay(300)).toBe(207);
    expect(updateDelay(60)).toBe(30);
    expect(updateDelay(0)).toBeUndefined();
  });
});
