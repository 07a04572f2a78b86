import { describe, expect, it } from 'vitest';
import { answered } from '../commands/test-commands.ts';
import { CLOSE_AFTER_MS } from './case.ts';
import { HOUR, openWorld, policyId, Truck, WHOLE_LOCK, WHOLE_RELEASE } from './test-incidents.ts';

const texts = (steps: readonly { text: string }[]) => steps.map(({ text }) => text);

describe('a rule is broken', () => {
  it('opens an incident, locks the device with a receipt for each step, and undoes it when the cause is gone', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    expect(await world.incident()).toMatchObject({
      state: 'open',
      policyId,
      ruleId: 'state',
      rule: expect.stringContaining('/3/0/3'),
      evidence: [{ text: 'outside' }],
    });
    expect(world.truck.heard).toEqual(WHOLE_LOCK);
    expect(await world.status()).toMatchObject({ state: 'locked', provedAt: world.parts.time.now });
    const locked = await world.response();
    expect(locked).toMatchObject({ state: 'locked', until: world.parts.time.now + 24 * HOUR, policyId });
    expect(texts(locked.steps)).toEqual([
      'reads the lock state, to remember it',
      'writes the lock state 2, remembers 0',
      'reads the lock state back',
      'the device says lock state 2; reads the result of the operation',
      'the device says that it is locked (result 2)',
    ]);
    const commands = await world.all('commands');
    expect(commands.map(({ commandId }) => commandId).sort()).toEqual(
      locked.steps.flatMap(({ commandId }) => commandId ?? []).sort(),
    );
    for (const { actor, incidentId, responseId, expiresAt } of commands) {
      expect({ actor, incidentId, responseId }).toEqual({
        actor: { kind: 'policy', name: policyId },
        incidentId: locked.incidentId,
        responseId: locked.responseId,
      });
      expect(expiresAt).toBe(locked.until);
    }

    await world.clear();
    expect(await world.incident()).toMatchObject({ state: 'cleared', clearedAt: world.parts.time.now });
    expect(world.truck.heard).toEqual([...WHOLE_LOCK, ...WHOLE_RELEASE]);
    expect(world.truck.lock).toBe(0);
    const released = await world.response();
    expect(released).toMatchObject({ state: 'released', endedAt: world.parts.time.now });
    expect(texts(released.steps.slice(5))).toEqual([
      'inside again',
      'writes the remembered lock state 0',
      'reads the lock state back',
      'the device says lock state 0, as before',
    ]);
    expect(await world.status()).toMatchObject({ state: 'unlocked', holders: [] });
    const types = (await world.store.journal({}))
      .map(({ type }) => type)
      .filter((type) => !type.startsWith('command.'));
    expect(types).toEqual([
      'rule.transition',
      'incident.opened',
      'response.started',
      ...Array(4).fill('response.step'),
      'response.locked',
      'rule.transition',
      'incident.cleared',
      'response.releasing',
      ...Array(2).fill('response.step'),
      'response.released',
    ]);
  });

  it('writes targets first, and locks in part', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach('battery');
    expect(world.truck.heard).toEqual([
      'read /8/0/0',
      'write /8/0/1 cab',
      'write /8/0/0 1',
      'read /8/0/0',
      'read /8/0/5',
    ]);
    expect(world.truck).toMatchObject({ lock: 1, targets: ['cab'] });
    expect((await world.response()).state).toBe('locked');
  });

  it.each([
    ['the rule asks for an alarm alone', 'quiet', {}],
    ['the policy only monitors', 'state', { mode: 'monitor' as const }],
  ])('locks nothing where %s', async (_what, rule, policy) => {
    const world = await openWorld({ policy });
    await world.contact();
    await world.breach(rule);
    expect((await world.incident()).state).toBe('open');
    expect(await world.responses()).toEqual([]);
    expect(world.truck.heard).toEqual([]);
    expect(await world.status()).toEqual({ state: 'unknown', holders: [] });
  });

  it('means nothing under a rule, or a policy, that is no more', async () => {
    const world = await openWorld();
    await world.transition('breached', 'no such rule');
    await world.apply(undefined);
    await world.breach();
    expect(await world.all('incidents')).toEqual([]);
  });

  it('waits for a device that is out of reach, and locks it when it is heard', async () => {
    const world = await openWorld();
    await world.breach();
    expect((await world.response()).state).toBe('locking');
    expect((await world.status()).state).toBe('locking');
    const [first] = await world.all('commands');
    expect(texts(first?.receipts ?? [])).toEqual(["queued until the device's next contact"]);
    await world.contact();
    expect((await world.response()).state).toBe('locked');
  });
});

describe('the life of an incident', () => {
  it('closes 30 minutes after it cleared, and a breach after that is a new one', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    const first = await world.incident();
    await world.clear();
    await world.pass(CLOSE_AFTER_MS - 1);
    expect((await world.incident()).state).toBe('cleared');
    await world.pass(1);
    expect(await world.incident()).toMatchObject({ state: 'closed', closedAt: world.parts.time.now });
    await world.breach();
    const incidents = await world.all('incidents');
    expect(incidents).toHaveLength(2);
    expect(incidents.find(({ incidentId }) => incidentId !== first.incidentId)?.state).toBe('open');
    expect(world.truck.lock).toBe(2);
  });

  it('opens again on a breach before it is closed, and locks again', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    await world.clear();
    await world.pass(CLOSE_AFTER_MS - 1);
    await world.breach();
    const incident = await world.incident();
    expect(incident.state).toBe('open');
    expect(incident.clearedAt).toBeUndefined();
    expect(texts(incident.evidence)).toEqual(['outside', 'inside again', 'outside']);
    expect(await world.told('incident.reopened')).toHaveLength(1);
    await world.pass(CLOSE_AFTER_MS);
    expect((await world.incident()).state).toBe('open');
    expect(world.truck.lock).toBe(2);
    expect((await world.responses()).map(({ state }) => state)).toEqual(['released', 'locked']);
  });

  it('opens again while its lock is still being undone: the device ends locked, to be restored to the same', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    const gate = Promise.withResolvers<void>();
    world.truck.instead = (operation, truck) => gate.promise.then(() => truck.obey(operation));
    await world.clear();
    await world.breach();
    gate.resolve();
    world.truck.instead = () => undefined;
    await world.contact();
    expect(world.truck.lock).toBe(2);
    expect((await world.responses()).map(({ state }) => state).sort()).toEqual(['locked', 'released']);
    await world.clear();
    expect(world.truck.lock).toBe(0);
    expect((await world.status()).state).toBe('unlocked');
  });

  it('keeps its newest 50 pieces of evidence, and locks once for all of them', async () => {
    const world = await openWorld();
    await world.contact();
    for (let count = 0; count < 60; count++) await world.breach();
    expect((await world.incident()).evidence).toHaveLength(50);
    expect(await world.told('incident.evidence')).toHaveLength(59);
    expect(await world.responses()).toHaveLength(1);
  });

  it('is one for each rule and device', async () => {
    const trucks = [new Truck(1), new Truck(2)] as const;
    const world = await openWorld({ trucks });
    await world.contact();
    await world.breach('state', trucks[0].deviceId);
    await world.breach('quiet', trucks[0].deviceId);
    await world.breach('state', trucks[1].deviceId);
    expect(await world.all('incidents')).toHaveLength(3);
    await world.clear('state', trucks[0].deviceId);
    expect([trucks[0].lock, trucks[1].lock]).toEqual([0, 2]);
  });
});

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
