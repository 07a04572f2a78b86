import { describe, expect, it } from 'vitest';
import { deviceRow, rest } from '../commands/test-commands.ts';
import { openWorld } from './test-incidents.ts';
import { capped } from './test-people.ts';

describe('a policy or a device that changes', () => {
  it.each([
    ['is removed', undefined, 'cleared', 'the policy was removed'],
    ['only monitors from now on', { mode: 'monitor' as const }, 'open', 'the policy no longer locks'],
    ['no longer asks for a lock', { respond: '[alarm]' }, 'open', 'the policy no longer locks'],
    [
      'applies to others',
      { applies: '{labels: {fleet: ships}}' },
      'cleared',
      'the policy no longer applies to the device',
    ],
  ])('a policy that %s: the lock is undone', async (_what, options, state, reason) => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    await world.apply(options);
    expect(world.truck.lock).toBe(0);
    expect((await world.incident()).state).toBe(state);
    expect((await world.told('response.releasing'))[0]?.payload.reason).toBe(reason);
  });

  it('a rule that changes clears its incident; broken anew it is another one', async () => {
    const world = await openWorld({ policy: { below: 20 } });
    await world.contact();
    await world.breach('battery');
    await world.breach('state');
    await world.apply({ below: 30 });
    const incidents = await world.all('incidents');
    expect(incidents.find(({ ruleId }) => ruleId === 'battery')?.state).toBe('cleared');
    expect(incidents.find(({ ruleId }) => ruleId === 'state')?.state).toBe('open');
    expect(world.truck.lock).toBe(2);
    await world.breach('battery');
    const rules = (await world.all('incidents')).filter(({ ruleId }) => ruleId === 'battery');
    expect(rules.map(({ state }) => state).sort()).toEqual(['cleared', 'open']);
    expect(new Set(rules.map(({ rule }) => rule)).size).toBe(2);
  });

  it('a policy that goes back and forth locks again', async () => {
    const world = await openWorld();
    await world.contact();
    await world.breach();
    await world.apply({ mode: 'monitor' });
    expect(world.truck.lock).toBe(0);
    await world.apply({ mode: 'enforce' });
    expect(world.truck.lock).toBe(2);
    await world.apply({ mode: 'enforce' });
    expect((await world.responses()).map(({ state }) => state).sort()).toEqual(['locked', 'released']);
  });

  it('a device whose labels change is let go by policies that are no longer its own', async () => {
    const world = await openWorld({ policy: { applies: '{labels: {fleet: trucks}}' } });
    await world.contact();
    await world.breach();
    const change = async (labels: Record<string, string>) => {
      const { deviceId } = world.truck;
      await world.store.commit({ changes: [{ patch: 'devices', key: { deviceId }, set: { labels } }] });
      await world.write({ type: 'device.changed', payload: { fields: ['labels'] } });
    };
    await change({ fleet: 'trucks', depot: 'west' });
    expect(world.truck.lock).toBe(2);
    await change({ fleet: 'ships' });
    expect(world.truck.lock).toBe(0);
    expect((await world.incident()).state).toBe('cleared');
  });

  it('a device that is removed ends everything, and is sent nothing more', async () => {
    const { world, trucks, approval, people } = await capped();
    const [first] = trucks;
    const { fleet } = world.parts;
    for (const truck of [first, trucks[3]]) {
      const device = truck && fleet.get(truck.deviceId);
      if (!truck || !device) throw new Error('no such truck');
      await people.hold(true, truck.deviceId);
      await rest();
      fleet.setSession(device, undefined);
      await people.hold(false, truck.deviceId);
      await world.store.commit({ changes: [{ delete: 'devices', key: { deviceId: truck.deviceId } }] });
      fleet.remove(device);
      await world.write({ type: 'device.removed', payload: { endpoint: 'truck' } }, truck.deviceId);
      expect(await world.status(truck.deviceId)).toEqual({ state: 'unknown', holders: [] });
      const mine = { where: { deviceId: truck.deviceId } };
      expect((await world.store.list('incidents', mine)).map(({ state }) => state)).toEqual(['closed']);
      const responses = await world.store.list('responses', mine);
      expect(responses.every(({ state, endedAt }) => state === 'released' && endedAt !== undefined)).toBe(true);
      await world.pass(1);
      expect((await world.store.list('commands', mine)).filter(({ state }) => state === 'queued')).toEqual([]);
    }
    expect((await people.approvals({ state: 'obsolete' })).items.map((item) => item.approvalId)).toEqual([
      approval.approvalId,
    ]);
    // Its name can be given again.
    expect(fleet.put(deviceRow()).session).toBeUndefined();
  });
});
