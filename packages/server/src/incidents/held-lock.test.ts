import { describe, expect, it } from 'vitest';
import { answered } from '../commands/test-commands.ts';
import { HOUR, openWorld, WHOLE_LOCK, WHOLE_RELEASE } from './test-incidents.ts';

const texts = (steps: readonly { text: string }[]) => steps.map(({ text }) => text);

describe('several that hold one lock', () => {
  it('keep the device locked until the last lets go', async () => {
    const world = await openWorld({ policy: { respond: '[alarm, {lock: {maxFor: 24h, targets: [cab]}}]' } });
    await world.contact();
    await world.breach('state');
    await world.breach('battery');
    expect((await world.responses()).map(({ state }) => state)).toEqual(['locked', 'locked']);
    const heard = world.truck.heard.length;
    expect(texts((await world.responses()).flatMap(({ steps }) => steps))).toContain('the device is locked already');
    await world.clear('state');
    expect(world.truck.lock).toBe(1);
    expect(world.truck.heard).toHaveLength(heard);
    const states = (await world.responses()).map(({ state }) => state).sort();
    expect(states).toEqual(['locked', 'released']);
    expect((await world.status()).holders).toHaveLength(1);
    await world.clear('battery');
    expect(world.truck.lock).toBe(0);
  });

  it('lock the whole device if one of them wants that, and restore what was before the first', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach('battery');
    expect(world.truck.lock).toBe(1);
    await world.breach('state');
    expect(world.truck.lock).toBe(2);
    expect((await world.responses()).map(({ state }) => state)).toEqual(['locked', 'locked']);
    await world.clear('state');
    expect(world.truck.lock).toBe(1);
    await world.clear('battery');
    expect(world.truck.lock).toBe(0);
  });

  it('leave a device as they found it, be it locked by somebody else', async () => {
    const world = await openWorld();
    world.truck.lock = 1;
    await world.contact();
    await world.breach();
    expect(world.truck.lock).toBe(2);
    await world.clear();
    expect(world.truck.lock).toBe(1);
    expect(await world.status()).toMatchObject({ state: 'unlocked' });
  });
});

describe('the cause clears in the middle', () => {
  it.each([0, 1, 2, 3])('of step %i: the command ends, and the device is as before', async (step) => {
    const world = await openWorld();
    await world.contact();
    const gate = Promise.withResolvers<void>();
    world.truck.instead = (operation, truck) =>
      truck.heard.length === step + 1 ? gate.promise.then(() => truck.obey(operation)) : undefined;
    await world.breach();
    expect(world.truck.heard).toHaveLength(step + 1);
    await world.clear();
    expect((await world.response()).state).toBe('releasing');
    gate.resolve();
    await world.contact();
    expect(world.truck.lock).toBe(0);
    expect(world.truck.heard).toEqual([...WHOLE_LOCK.slice(0, step + 1), ...(step === 0 ? [] : WHOLE_RELEASE)]);
    expect((await world.response()).state).toBe('released');
    expect(await world.told('response.locked')).toEqual([]);
  });

  it('while the device is out of reach: it is not locked when the lease is over', async () => {
    const world = await openWorld();
    await world.breach('battery');
    await world.pass(2 * HOUR);
    await world.pass(1000);
    await world.contact();
    expect(world.truck.heard.filter((text) => text.startsWith('write'))).toEqual([]);
    expect((await world.response()).state).toBe('released');
  });
});

describe('a device that does not do as it is told', () => {
  it.each([
    [
      'says another lock state',
      'read /8/0/0',
      1,
      'the device says lock state 0, not 2',
      () => answered(2.05, [{ path: '/8/0/0', stored: { type: 'integer', value: 0 } }]),
    ],
    [
      'says that locking failed',
      'read /8/0/5',
      0,
      'the device says result 6',
      () => answered(2.05, [{ path: '/8/0/5', stored: { type: 'integer', value: 6 } }]),
    ],
    ['has no lock', 'read /8/0/0', 0, 'read /8/0/0: answered 4.04', () => answered(4.04)],
    ['says nothing', 'read /8/0/0', 0, 'the device did not say its lock state', () => answered(2.05)],
    ['refuses the write', 'write /8/0/0 2', 0, 'write /8/0/0 = 2: answered 4.01', () => answered(4.01)],
  ])('%s: never shown as locked, and a person is told', async (_what, at, nth, reason, outcome) => {
    const world = await openWorld();
    await world.contact();
    world.truck.instead = (_, { heard }) =>
      heard.at(-1) === at && heard.filter((text) => text === at).length === nth + 1 ? outcome() : undefined;
    await world.breach();
    expect((await world.status()).state).toBe('failed');
    const response = await world.response();
    expect(response.state).toBe('failed');
    expect(response.steps.at(-1)?.text).toBe(reason);
    expect((await world.told('response.failed')).map(({ payload }) => payload.text)).toEqual([reason]);
    const [attention] = await world.told('response.attention');
    expect(attention?.payload.text).toBe(`the lock could not be proved: ${reason}`);
    expect(await world.told('response.locked')).toEqual([]);
  });

  it('is tried again when it registers again, and only while the lock is wanted', async () => {
    const world = await openWorld();
    await world.contact();
    world.truck.instead = () => answered(4.04);
    await world.breach();
    world.truck.instead = () => undefined;
    const registered = { registrationId: 'reg-1' as never, address: '', lifetime: 60, version: '1.1' };
    await world.write({ type: 'registration.registered', payload: registered });
    expect((await world.status()).state).toBe('locked');
    expect((await world.response()).state).toBe('locked');
    const heard = world.truck.heard.length;
    await world.write({ type: 'registration.registered', payload: registered });
    expect(world.truck.heard).toHaveLength(heard);
  });

  it('is undone when it registers again, if it could not be undone before', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    world.truck.instead = () => answered(5.0);
    await world.clear();
    expect((await world.status()).state).toBe('failed');
    expect((await world.told('response.attention')).at(-1)?.payload.text).toMatch(/^the lock could not be undone: /);
    expect((await world.response()).state).toBe('releasing');
    world.truck.instead = () => undefined;
    const registered = { registrationId: 'reg-1' as never, address: '', lifetime: 60, version: '1.1' };
    await world.write({ type: 'registration.registered', payload: registered });
    expect(world.truck.lock).toBe(0);
    expect((await world.response()).state).toBe('released');
  });

  it('is let go of when the cause clears after it failed', async () => {
    const world = await openWorld();
    await world.contact();
    world.truck.instead = (operation) =>
      'path' in operation && operation.path === '/8/0/5' ? answered(4.05) : undefined;
    await world.breach();
    expect((await world.response()).state).toBe('failed');
    expect(world.truck.lock).toBe(2);
    await world.clear();
    expect(world.truck.lock).toBe(0);
    expect((await world.response()).state).toBe('released');
  });

  it('fails when a person cancels a command of its lock', async () => {
    const world = await openWorld();
    await world.breach();
    const [command] = await world.all('commands');
    await world.parts.commands.cancel(command?.commandId as never, { kind: 'person', name: 'ada' });
    await world.contact();
    expect((await world.response()).steps.at(-1)?.text).toBe('read /8/0/0: cancelled by ada');
    expect((await world.status()).state).toBe('failed');
  });
});

describe('the longest time of a lock', () => {
  it('undoes it, tells a person that the cause is still there, and begins no other', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach('battery');
    await world.pass(2 * HOUR - 1);
    expect(world.truck.lock).toBe(1);
    await world.pass(1);
    expect(world.truck.lock).toBe(0);
    expect((await world.incident()).state).toBe('open');
    expect((await world.response()).state).toBe('released');
    expect((await world.told('response.attention')).map(({ payload }) => payload.text)).toEqual([
      'the lock was undone because its longest time is over, but the cause is still there',
    ]);
    await world.breach('battery');
    await world.apply({});
    expect(world.truck.lock).toBe(0);
    expect(await world.responses()).toHaveLength(1);
    await world.pass(1000);
    expect(await world.told('response.lease-ended')).toHaveLength(1);
  });
});
