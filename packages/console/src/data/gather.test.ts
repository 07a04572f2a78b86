import { describe, expect, it } from 'vitest';
import { gather } from './gather.ts';

/** A gatherer whose time and fetches the test holds. */
function setUp() {
  const fetched: { everything: boolean; devices: string[] }[] = [];
  const timers: (() => void)[] = [];
  const answers: (() => void)[] = [];
  const add = gather(
    ({ everything, devices }) => {
      fetched.push({ everything, devices: [...devices] });
      return new Promise<void>((resolve) => answers.push(resolve));
    },
    (run) => timers.push(run),
  );
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { add, fetched, timers, answer };
}

describe('gathering journal entries', () => {
  it('fetches once for many entries', () => {
    const { add, fetched, timers } = setUp();
    for (const device of ['d1', 'd2', 'd1']) add(device);
    expect(timers).toHaveLength(1);
    expect(fetched).toEqual([]);
    timers[0]?.();
    expect(fetched).toEqual([{ everything: false, devices: ['d1', 'd2'] }]);
  });

  it('waits for a running fetch, and then fetches what came meanwhile', async () => {
    const { add, fetched, timers, answer } = setUp();
    add('d1');
    timers[0]?.();
    add('d2');
    add(undefined);
    expect(fetched).toHaveLength(1);
    await answer();
    expect(timers).toHaveLength(2);
    timers[1]?.();
    expect(fetched[1]).toEqual({ everything: true, devices: ['d2'] });
  });

  it('starts anew after everything has been fetched', async () => {
    const { add, fetched, timers, answer } = setUp();
    add('d1');
    timers[0]?.();
    await answer();
    add('d2');
    timers[1]?.();
    expect(fetched).toEqual([
      { everything: false, devices: ['d1'] },
      { everything: false, devices: ['d2'] },
    ]);
  });
});
