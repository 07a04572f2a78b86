import { describe, expect, it } from 'vitest';
import { START } from './testing.ts';
import { CLOCK_AHEAD, EARLIEST_CLOCK, judgeTime } from './time.ts';

describe('the time of a sample', () => {
  const receivedAt = START;

  it.each([
    ['as the device said', receivedAt - 1_000, receivedAt - 1_000, 'good'],
    ['as the device said, a little ahead', receivedAt + CLOCK_AHEAD, receivedAt + CLOCK_AHEAD, 'good'],
    ['of arrival, since the clock is too far ahead', receivedAt + CLOCK_AHEAD + 1, receivedAt, 'doubtful'],
    ['as the device said, long ago', EARLIEST_CLOCK, EARLIEST_CLOCK, 'good'],
    ['of arrival, since the clock was never set', EARLIEST_CLOCK - 1, receivedAt, 'doubtful'],
    ['of arrival, since the clock stands at 1970', 0, receivedAt, 'doubtful'],
    ['of arrival, since the device said nothing', undefined, receivedAt, 'none'],
  ] as const)('is %s', (_what, observedAt, at, clock) => {
    expect(judgeTime({ observedAt, receivedAt })).toEqual({ at, clock });
  });
});
