import { describe, expect, it } from 'vitest';
import { answered } from '../commands/test-commands.ts';
import type { DeviceId } from '../ids.ts';
import { storeLimits } from '../store/limits.ts';
import { NEVER } from './due.ts';
import { openWorld, WHOLE_LOCK, WHOLE_RELEASE, type World } from './test-incidents.ts';
import { routes } from './test-people.ts';

const MINUTE = 60_000;

/** A truck whose lock nobody wants any more, but that answers every attempt to undo it with 5.00. */
async function stuck(): Promise<World> {
  const world = await openWorld();
  await world.contact();
  await world.breach();
  world.truck.instead = () => answered(5.0);
  await world.clear();
  expect((await world.status()).state).toBe('failed');
  expect(world.truck.lock).toBe(2);
  return world;
}

describe('a lock that could not be undone', () => {
  it('is undone after a minute, though the device does not register again', async () => {
    const world = await stuck();
    world.truck.instead = () => undefined;
    await world.pass(MINUTE - 1);
    expect(world.truck.lock).toBe(2);
    await world.pass(1);
    expect(world.truck.lock).toBe(0);
    expect((await world.response()).state).toBe('released');
    expect(await world.status()).toMatchObject({ state: 'unlocked', holders: [] });
    expect((await world.all('locks'))[0]).toMatchObject({ failures: 0, dueAt: NEVER });
    expect((await world.told('lock.retry-due')).map(({ payload }) => payload.failures)).toEqual([1]);
  });

  it('is tried again after waits that double up to an hour, and told of once', async () => {
    const world = await stuck();
    for (const wait of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const heard = world.truck.heard.length;
      await world.pass(wait * MINUTE - 1);
      expect(world.truck.heard).toHaveLength(heard);
      await world.pass(1);
      expect(world.truck.heard.slice(heard)).toEqual(['write /8/0/0 0']);
    }
    expect(await world.told('response.failed')).toHaveLength(1);
    expect(await world.told('response.attention')).toHaveLength(1);
    const receipts = (await world.response()).steps.filter(({ text }) => text.endsWith('answered 5.00'));
    expect(receipts).toHaveLength(9);
  });

  it('goes on with its waits after a restart', async () => {
    const { store, truck, parts } = await stuck();
    await parts.incidents.close();
    truck.instead = () => undefined;
    const world = await openWorld({ store, trucks: [truck], time: parts.time });
    await world.contact();
    await world.pass(MINUTE);
    expect(world.truck.lock).toBe(0);
  });

  it('goes on with its waits after a restart where more devices had locks than a list of the store holds', async () => {
    const { store, truck, parts } = await stuck();
    await parts.incidents.close();
    const [lock] = await store.list('locks');
    const others = Array.from({ length: storeLimits.listRows }, (_, number) => `before-${number}` as DeviceId);
    const row = (deviceId: DeviceId) => ({ ...(lock ?? expect.fail()), deviceId, dueAt: NEVER });
    await store.commit({ changes: others.map((deviceId) => ({ put: 'locks', row: row(deviceId) })) });
    truck.instead = () => undefined;
    const world = await openWorld({ store, trucks: [truck], time: parts.time });
    await world.contact();
    await world.pass(MINUTE);
    expect(world.truck.lock).toBe(0);
  });

  it('is let be when somebody wants it locked, and told of anew when it fails anew', async () => {
    const world = await stuck();
    world.truck.instead = () => undefined;
    await routes(world).hold(true);
    await world.contact();
    expect(world.truck.lock).toBe(2);
    const heard = world.truck.heard.length;
    await world.pass(24 * 60 * MINUTE);
    expect(world.truck.heard).toHaveLength(heard);
    world.truck.instead = () => answered(5.0);
    await routes(world).hold(false);
    await world.contact();
    expect(await world.told('response.attention')).toHaveLength(2);
  });
});

describe('an entry that cannot be acted on', () => {
  it('is heard of after ten attempts, tried on, and acted on once that is possible', async () => {
    const warned = Promise.withResolvers<string>();
    const world = await openWorld({
      warn: warned.resolve,
      after: (_ms, run) => {
        const soon = setImmediate(run);
        return () => clearImmediate(soon);
      },
    });
    const get = world.store.get.bind(world.store);
    world.store.get = (table, key) => (table === 'locks' ? Promise.reject(new Error('unreadable')) : get(table, key));
    await world.breach();
    expect(await warned.promise).toMatch(
      /^incidents: journal entry 1 \(rule\.transition\) failed 10 times.*unreadable/,
    );
    expect(await world.all('incidents')).toEqual([]);
    world.store.get = get;
    await world.contact();
    expect((await world.incident()).state).toBe('open');
  });
});

describe('a lock that could not be proved', () => {
  it('is not tried again by time alone: a person was told', async () => {
    const world = await openWorld();
    await world.contact();
    world.truck.instead = () => answered(5.0);
    await world.breach();
    world.truck.instead = () => undefined;
    await world.pass(2 * 60 * MINUTE);
    expect(world.truck.heard).toEqual(WHOLE_LOCK.slice(0, 1));
    await routes(world).hold(true);
    await world.contact();
    expect(world.truck.lock).toBe(2);
    await world.clear();
    await routes(world).hold(false);
    await world.contact();
    expect(world.truck.heard.slice(-2)).toEqual(WHOLE_RELEASE);
  });
});
