import { describe, expect, it } from 'vitest';
import { type DeviceId, newId } from './ids.ts';
import { LaneFullError, Lanes } from './lanes.ts';

/** A task that ends when the test says so. */
function gate() {
  let free: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    free = resolve;
  });
  return { closed, free: () => free() };
}

describe('lanes', () => {
  const one: DeviceId = newId.device();
  const two: DeviceId = newId.device();

  it('run the tasks of a device one by one in order, also after a failure, and those of others beside', async () => {
    const lanes = new Lanes();
    const { closed, free } = gate();
    const order: string[] = [];
    const first = lanes.run(one, () => closed.then(() => void order.push('first')));
    const failing = lanes.run(one, async () => {
      order.push('second');
      throw new Error('as wanted');
    });
    const third = lanes.run(one, async () => {
      order.push('third');
      return 3;
    });
    await lanes.run(two, async () => void order.push('beside'));
    free();
    await first;
    await expect(failing).rejects.toThrow('as wanted');
    expect(await third).toBe(3);
    expect(order).toEqual(['beside', 'first', 'second', 'third']);
  });

  it('go on after a first task that fails', async () => {
    const lanes = new Lanes();
    await expect(lanes.run(one, () => Promise.reject(new Error('as wanted')))).rejects.toThrow('as wanted');
    expect(await lanes.run(one, async () => 1)).toBe(1);
  });

  it('go on after tasks that throw before they have a promise', async () => {
    const lanes = new Lanes();
    const throwing = (): Promise<void> => {
      throw new Error('as wanted');
    };
    const first = lanes.run(one, throwing);
    const { closed, free } = gate();
    await expect(first).rejects.toThrow('as wanted');
    const busy = lanes.run(one, () => closed);
    const waiting = lanes.run(one, throwing);
    free();
    await busy;
    await expect(waiting).rejects.toThrow('as wanted');
    expect(await lanes.run(one, async () => 1)).toBe(1);
  });

  it('refuse what would wait behind too much, and are free again afterwards', async () => {
    const lanes = new Lanes();
    const { closed, free } = gate();
    const tasks = Array.from({ length: 65 }, () => lanes.run(one, () => closed));
    await expect(lanes.run(one, () => closed)).rejects.toThrow(LaneFullError);
    free();
    await Promise.all(tasks);
    expect(await lanes.run(one, async () => 1)).toBe(1);
  });

  it('are taken one within the other, or not at all', async () => {
    const lanes = new Lanes();
    lanes.enter(two);
    const turns = Array.from({ length: 64 }, () => lanes.enter(two));
    await expect(lanes.enterWithin(one, two)).rejects.toThrow(LaneFullError);
    expect(lanes.enter(one)).toBeUndefined();
    lanes.leave(one);
    for (const turn of turns) {
      lanes.leave(two);
      await turn;
    }
    const both = lanes.enterWithin(one, two);
    lanes.leave(two);
    await both;
    expect(lanes.enter(one)).toBeDefined();
    expect(lanes.enter(two)).toBeDefined();
  });
});
