import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clock } from './clock.ts';

describe('the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs each job at its period, never beside itself, and again after a failure', async () => {
    const ran: string[] = [];
    let finish: () => void = () => {};
    const clock = new Clock({
      tenths: [],
      seconds: [
        (now) => ran.push(`second ${now}`),
        () => {
          ran.push('fails');
          throw new Error('as wanted');
        },
      ],
      minutes: [
        () => {
          ran.push('slow');
          return new Promise<void>((resolve) => {
            finish = resolve;
          });
        },
      ],
      days: [],
      now: () => 7,
    });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(ran).toEqual(['second 7', 'fails', 'second 7', 'fails']);
    await vi.advanceTimersByTimeAsync(178_000);
    expect(ran.filter((name) => name === 'slow')).toHaveLength(1);
    finish();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ran.filter((name) => name === 'slow')).toHaveLength(2);
    clock.stop();
    const before = ran.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(ran).toHaveLength(before);
  });
});
