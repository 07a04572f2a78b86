import { describe, expect, it } from 'vitest';
import { rest } from '../commands/test-commands.ts';
import { newId, type OrganisationId } from '../ids.ts';
import { HOUR, openWorld, policyId, Truck } from './test-incidents.ts';
import { capped, routes } from './test-people.ts';

describe('the cap', () => {
  it('lets three devices be locked within an hour, and asks a person for the next', async () => {
    const { world, trucks, fourth, people, approval } = await capped();
    expect(trucks.map(({ lock }) => lock)).toEqual([2, 2, 2, 0, 0]);
    expect(fourth.heard).toEqual([]);
    expect(approval).toMatchObject({
      deviceId: fourth.deviceId,
      action: 'lock for at most 24 h',
      reason: `policy ${policyId} has locked as many devices within 60 min as it may by itself`,
    });
    const shown = await people.show(approval.incidentId);
    expect(shown.responses).toMatchObject([{ state: 'waiting-approval' }]);
    expect(shown.responses[0]?.until).toBeUndefined();
    expect((await world.status(fourth.deviceId)).holders).toEqual([]);
  });

  it('slides with the hour', async () => {
    const { world, fifth } = await capped();
    await world.pass(HOUR - 1);
    await world.breach('state', fifth.deviceId);
    expect(fifth.lock).toBe(0);
    await world.clear('state', fifth.deviceId);
    await world.pass(1);
    await world.breach('state', fifth.deviceId);
    expect(fifth.lock).toBe(2);
    expect(await world.all('automaticResponses')).toHaveLength(1);
  });

  it('holds when a policy begins to enforce over many open incidents', async () => {
    const trucks = [1, 2, 3, 4, 5].map((number) => new Truck(number));
    const world = await openWorld({ trucks, policy: { mode: 'monitor' } });
    await world.contact();
    for (const { deviceId } of trucks) await world.breach('state', deviceId);
    await world.apply({});
    expect(trucks.filter(({ lock }) => lock === 2)).toHaveLength(3);
    expect((await routes(world).approvals({ state: 'waiting' })).items).toHaveLength(2);
  });

  it('does not end a lease while a person is asked', async () => {
    const { world, people, approval, fourth } = await capped();
    await world.pass(48 * HOUR);
    expect(await world.told('response.attention')).toHaveLength(3);
    expect((await people.approve(approval.approvalId)).state).toBe('approved');
    await rest();
    expect(fourth.lock).toBe(2);
    expect((await world.status(fourth.deviceId)).until).toBe(world.parts.time.now + 24 * HOUR);
  });
});

describe('a person who is asked', () => {
  it('approves: the lock goes ahead, and is not counted again', async () => {
    const { world, people, approval, fourth } = await capped();
    expect(await people.approve(approval.approvalId)).toMatchObject({
      state: 'approved',
      decidedBy: 'ada',
      decidedAt: world.parts.time.now,
    });
    await rest();
    expect(fourth.lock).toBe(2);
    expect(await world.all('automaticResponses')).toHaveLength(3);
    await expect(people.deny(approval.approvalId)).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('denies: nothing is done, also when the policy is applied again', async () => {
    const { world, people, approval, fourth } = await capped();
    expect(await people.deny(approval.approvalId)).toMatchObject({ state: 'denied', decidedBy: 'ada' });
    await world.apply({});
    expect(fourth.heard).toEqual([]);
    expect((await people.show(approval.incidentId)).responses).toMatchObject([{ state: 'denied' }]);
  });

  it('is asked no longer when the cause clears first', async () => {
    const { world, people, approval, fourth } = await capped();
    await world.clear('state', fourth.deviceId);
    const { items } = await people.approvals({ state: 'obsolete' });
    expect(items.map(({ approvalId }) => approvalId)).toEqual([approval.approvalId]);
    await expect(people.approve(approval.approvalId)).rejects.toMatchObject({ code: 'wrong-state' });
    expect(fourth.heard).toEqual([]);
  });

  it('loses against who was faster', async () => {
    const { world, approval, fourth } = await capped();
    const both = await Promise.allSettled([
      routes(world, 'ada').approve(approval.approvalId),
      routes(world, 'bob').deny(approval.approvalId),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await rest();
    expect(fourth.lock).toBe(2);
    expect((await routes(world).approvals()).items).toMatchObject([{ state: 'approved', decidedBy: 'ada' }]);
    const told = await world.told('approval.decision-requested', 'approval.decided');
    expect(told.map(({ type, actor, payload }) => [type, actor.name, payload.decision])).toEqual([
      ['approval.decision-requested', 'ada', 'approved'],
      ['approval.decision-requested', 'bob', 'denied'],
      ['approval.decided', 'ada', 'approved'],
    ]);
  });
});

describe('a person who holds the lock', () => {
  it('locks and unlocks by hand, without an end', async () => {
    const world = await openWorld();
    await world.contact();
    const people = routes(world);
    expect((await people.hold(true)).holders).toEqual(['ada']);
    await rest();
    expect(await world.status()).toMatchObject({ state: 'locked', holders: ['ada'] });
    expect((await world.status()).until).toBeUndefined();
    expect((await world.all('commands'))[0]?.actor).toEqual({ kind: 'person', name: 'ada' });
    await people.hold(true);
    expect(await world.responses()).toHaveLength(1);
    await world.pass(1000 * HOUR);
    expect(world.truck.lock).toBe(2);
    await people.hold(false);
    await rest();
    expect(world.truck.lock).toBe(0);
    await people.hold(false);
    expect(await world.responses()).toHaveLength(1);
    await expect(people.hold(true, 'truck-9')).rejects.toMatchObject({ code: 'no-such-device' });
  });

  it('keeps it when the policy lets go, and the other way round', async () => {
    const world = await openWorld();
    await world.contact();
    const people = routes(world);
    await world.breach();
    await people.hold(true);
    await world.clear();
    expect(world.truck.lock).toBe(2);
    expect((await world.status()).holders).toEqual(['ada']);
    await world.breach();
    await people.hold(false);
    await rest();
    expect(world.truck.lock).toBe(2);
    await world.clear();
    expect(world.truck.lock).toBe(0);
  });

  it('lets go of nobody else', async () => {
    const world = await openWorld();
    await world.contact();
    await routes(world, 'ada').hold(true);
    await routes(world, 'bob').hold(true);
    await routes(world, 'bob').hold(false);
    await rest();
    expect(await world.status()).toMatchObject({ state: 'locked', holders: ['ada'] });
  });

  it('may want it back while it is being undone', async () => {
    const world = await openWorld();
    await world.contact();
    const people = routes(world);
    await people.hold(true);
    await rest();
    const gate = Promise.withResolvers<void>();
    world.truck.instead = (operation, truck) => gate.promise.then(() => truck.obey(operation));
    await people.hold(false);
    await people.hold(true);
    gate.resolve();
    await rest();
    expect(world.truck.lock).toBe(2);
    expect(await world.status()).toMatchObject({ state: 'locked', holders: ['ada'] });
  });

  it('tries again a lock that failed', async () => {
    const world = await openWorld();
    await world.contact();
    world.truck.instead = () => ({ kind: 'reset' });
    await world.breach();
    expect((await world.status()).state).toBe('failed');
    world.truck.instead = () => undefined;
    await routes(world).hold(true);
    await rest();
    expect((await world.responses()).map(({ state }) => state)).toEqual(['locked', 'locked']);
  });
});

describe('a person with an incident', () => {
  it('finds it for as long as closed incidents are kept', async () => {
    const { world, people, approval, fourth } = await capped();
    const { incidentId } = approval;
    const others = (await world.all('incidents')).length - 1;
    await people.close(incidentId);
    const closedAt = world.parts.time.now;
    await world.parts.incidents.prune(closedAt);
    expect((await people.show(incidentId)).state).toBe('closed');
    await world.parts.incidents.prune(closedAt + 1);
    await expect(people.show(incidentId)).rejects.toMatchObject({ code: 'no-such-thing' });
    expect(await world.all('incidents')).toHaveLength(others);
    expect((await world.all('responses')).filter(({ deviceId }) => deviceId === fourth.deviceId)).toEqual([]);
    expect((await world.all('approvals')).filter((row) => row.incidentId === incidentId)).toEqual([]);
  });

  it('acknowledges it once, and closes it, which lets go of its lock', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    const { incidentId } = await world.incident();
    const people = routes(world);
    const acknowledged = { state: 'open', acknowledgedBy: 'ada', acknowledgedAt: world.parts.time.now };
    expect(await people.acknowledge(incidentId)).toMatchObject(acknowledged);
    await routes(world, 'bob').acknowledge(incidentId);
    expect(await people.show(incidentId)).toMatchObject(acknowledged);
    expect(await world.told('incident.acknowledged')).toHaveLength(1);
    expect(await people.close(incidentId)).toMatchObject({ state: 'closed', acknowledgedBy: 'ada' });
    await rest();
    expect(world.truck.lock).toBe(0);
    expect((await world.told('incident.closed'))[0]?.payload.reason).toBe('closed by ada');
    await expect(people.close(incidentId)).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('sees everything of it in its timeline, and nothing else', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach('quiet');
    await world.breach();
    await world.clear();
    const incident = (await world.all('incidents')).find(({ ruleId }) => ruleId === 'state');
    const { items } = await routes(world).timeline(incident?.incidentId ?? '');
    const counts: Record<string, number> = {};
    for (const { type } of items) counts[type] = (counts[type] ?? 0) + 1;
    expect(counts).toEqual({
      'incident.opened': 1,
      'incident.cleared': 1,
      'response.started': 1,
      'response.step': 6,
      'response.locked': 1,
      'response.releasing': 1,
      'response.released': 1,
      'command.queued': 6,
      'command.sent': 6,
      'command.finished': 6,
    });
    expect(items.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).sort((a, b) => a - b));
  });

  it('lists the newest first, page by page, by device and state', async () => {
    const trucks = [new Truck(1), new Truck(2)] as const;
    const world = await openWorld({ trucks });
    for (const [of, rule] of [
      [trucks[0], 'quiet'],
      [trucks[1], 'quiet'],
      [trucks[0], 'state'],
    ] as const) {
      await world.breach(rule, of.deviceId);
      world.parts.time.now += 1;
    }
    await world.clear('quiet', trucks[0].deviceId);
    const people = routes(world);
    const first = await people.list({ limit: 2 });
    expect(first.items.map(({ ruleId, deviceId }) => `${ruleId} ${deviceId}`)).toEqual(['state dev-1', 'quiet dev-2']);
    const second = await people.list({ limit: 2, ...(first.next ? { after: first.next } : {}) });
    expect(second.items.map(({ state }) => state)).toEqual(['cleared']);
    expect(second.next).toBeUndefined();
    expect((await people.list({ device: 'dev-1', state: 'open' })).items).toHaveLength(1);
    await expect(people.list({ device: 'none' })).rejects.toMatchObject({ code: 'no-such-device' });
  });

  it('of another organisation sees none', async () => {
    const { world, approval } = await capped();
    const strangers = routes(world, 'eve', 'org-2' as OrganisationId);
    await expect(strangers.show(approval.incidentId)).rejects.toMatchObject({ code: 'no-such-thing' });
    await expect(strangers.close(approval.incidentId)).rejects.toMatchObject({ code: 'no-such-thing' });
    await expect(strangers.approve(approval.approvalId)).rejects.toMatchObject({ code: 'no-such-thing' });
    expect((await strangers.list()).items).toEqual([]);
    expect((await strangers.approvals()).items).toEqual([]);
  });
});

describe('what is shown of many devices', () => {
  it('is their open incidents and locks', async () => {
    const trucks = [new Truck(1), new Truck(2)] as const;
    const world = await openWorld({ trucks });
    await world.contact();
    await world.breach('state', trucks[0].deviceId);
    await world.breach('quiet', trucks[0].deviceId);
    const standings = await world.parts.incidents.standings(trucks.map(({ deviceId }) => deviceId));
    expect(standings.get(trucks[0].deviceId)).toMatchObject({ openIncidents: 2, lock: { state: 'locked' } });
    expect(standings.get(trucks[1].deviceId)).toEqual({ openIncidents: 0, lock: { state: 'unknown', holders: [] } });
  });

  it('is read at once, however many they are', async () => {
    const { world, trucks } = await capped();
    let reads = 0;
    const counted = <Args extends unknown[], Result>(read: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        reads += 1;
        return read(...args);
      };
    };
    for (const name of ['get', 'count', 'list'] as const) {
      Object.assign(world.store, { [name]: counted(world.store[name].bind(world.store) as () => unknown) });
    }
    const standings = await world.parts.incidents.standings(trucks.map(({ deviceId }) => deviceId));
    expect([...standings.values()].map(({ openIncidents, lock }) => [openIncidents, lock.state])).toEqual([
      ...Array(3).fill([1, 'locked']),
      [1, 'unknown'],
      [0, 'unknown'],
    ]);
    const forMany = reads;
    await world.parts.incidents.standings([trucks[0]?.deviceId ?? newId.device()]);
    expect(reads).toBe(2 * forMany);
  });
});
