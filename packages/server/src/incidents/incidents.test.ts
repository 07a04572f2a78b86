import { describe, expect, it } from 'vitest';
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
