import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../link/port.ts';
import { presenceOf } from '../registry/presence.ts';
import { isReachable, noteHeard } from '../registry/reach.ts';
import { call, deviceWith, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';
import { gatewayLimits } from './limits.ts';

const text = (value: string) => ({ type: 'string', value });
const offer: Offer = { rootPath: '/', contentFormats: [112], objects: [{ objectId: 25, instances: [0] }] };
const LISTED = {
  '/25/0/0': text('meter-1'),
  '/25/0/1': text('d01'),
  '/25/0/3': text('</3303/0>'),
  '/3303/0/5700': { type: 'float', value: 20 },
};
const TEMPERATURE = '/3303/0/5700';

/** A server with a gateway that names one meter, which a person put behind it. */
async function open(more: Parameters<typeof openTestCore>[0] = {}) {
  const core = await openTestCore(more);
  const gateway = await core.add('gw-1');
  const meter = await core.add('meter-1', { gateway: 'gw-1' });
  core.script.behaviour = deviceWith(LISTED);
  const session = sessionOf('gw-1');
  const register = (queueMode = false) => core.register(session, { endpoint: 'gw-1', offer, queueMode });
  const observe = async () => {
    await core.observer.want(meter, TEMPERATURE, 'ana');
    await rest();
  };
  return { core, gateway, meter, session, register, observe };
}

const idOf = ({ registration }: { registration?: { registrationId: string } | undefined }) =>
  registration?.registrationId;
const told = (core: TestCore, id: string | undefined) =>
  core.sentOf('restore').findLast(({ registrationId }) => registrationId === id);

describe('a device behind a gateway', () => {
  it('is asked through it, in the words of its own registration', async () => {
    const { core, gateway, meter, session, register, observe } = await open();
    expect(await register()).toBe(Code.Created);
    expect(meter.registration).toMatchObject({ rootPath: '/d01', prefix: 'd01', state: 'registered' });
    expect(told(core, idOf(meter))).toMatchObject({
      through: idOf(gateway),
      offer: { rootPath: '/d01', prefix: 'd01' },
    });
    await observe();
    expect(core.sentOf('perform').at(-1)).toMatchObject({
      ...{ sessionId: session.sessionId, behind: idOf(meter) },
      operation: { kind: 'observe', path: TEMPERATURE },
    });
    expect(core.values.get(meter.row.deviceId, TEMPERATURE)?.stored.value).toBe(20);
  });

  it('has the objects that the routing object maps, with version 1.0 of the Gateway object', async () => {
    const { core, meter, register } = await open();
    const { '/25/0/3': _, ...without } = LISTED;
    core.script.behaviour = deviceWith({
      ...without,
      '/25/0/2': { type: 'objlnk', value: '26:1' },
      '/26/1/0': { type: 'unsigned', value: 3303 },
      '/26/1/1': { type: 'corelnk', value: '</3303/0>' },
    });
    await register();
    expect(meter.registration).toMatchObject({ prefix: 'd01', objects: [{ objectId: 3303, instances: [0] }] });
  });

  it('is believed over the session of its gateway, and over no other', async () => {
    const { core, meter, session, register, observe } = await open();
    await register();
    await observe();
    const records = [{ path: TEMPERATURE, stored: { type: 'float', value: 21 } }];
    await core.add('other');
    const stranger = await core.notify({ ...meter, session }, TEMPERATURE, records, { session: sessionOf('other') });
    expect(core.rejected(stranger)).toBe(true);
    const own = await core.notify({ ...meter, session }, TEMPERATURE, records);
    expect(core.accepted(own)).toBe(true);
    expect(core.values.get(meter.row.deviceId, TEMPERATURE)?.stored.value).toBe(21);
  });

  it('counts as heard with its gateway, and waits for it while it sleeps', async () => {
    const { core, gateway, meter, register, observe } = await open();
    await register(true);
    const { time } = core;
    expect(isReachable(meter, time.now)).toBe(true);
    time.now += 100_000;
    expect(presenceOf(meter, time.now)).toMatchObject({ state: 'asleep', lastContactAt: START });
    const asked = core.operations.length;
    await observe();
    expect(core.operations).toHaveLength(asked);
    const { session, registration } = gateway;
    if (!session || !registration) throw new Error('not registered');
    await core.update(session, registration.registrationId);
    expect(core.performed('observe')).toEqual([TEMPERATURE]);
  });

  it('is observed again when its gateway registers again, through the new registration', async () => {
    const { core, gateway, meter, register, observe } = await open();
    await register();
    await observe();
    const before = idOf(meter);
    await register();
    expect(idOf(meter)).toBe(before);
    expect(told(core, before)?.through).toBe(idOf(gateway));
    expect(core.performed('observe')).toEqual([TEMPERATURE, TEMPERATURE]);
  });

  it('that does not answer is no sign that its gateway is gone, and is asked again when that is heard', async () => {
    const { core, gateway, meter, register, observe } = await open();
    await register();
    const answer = core.script.behaviour;
    core.script.behaviour = (operation) => {
      if (!('path' in operation) || operation.path !== TEMPERATURE) return answer(operation);
      // Another one behind it is heard meanwhile.
      core.time.now += 93_000;
      noteHeard(gateway, core.time.now);
      return { kind: 'timeout', acknowledged: true };
    };
    await observe();
    await rest();
    expect(gateway.session).toBeDefined();
    expect(core.performed('observe')).toEqual([TEMPERATURE]);
    const { session, registration } = gateway;
    if (!session || !registration) throw new Error('not registered');
    await core.update(session, registration.registrationId);
    expect(core.performed('observe')).toEqual([TEMPERATURE, TEMPERATURE]);
    core.script.behaviour = answer;
    await core.update(session, registration.registrationId);
    expect(meter.watches?.get(TEMPERATURE)?.state).toBe('live');
  });

  it('goes on after a restart of the server', async () => {
    const { core, gateway, meter, session, register, observe } = await open();
    await register();
    await observe();
    const again = await openTestCore({ store: core.store, time: core.time });
    const restored = again.sentOf('restore').find(({ observations }) => observations.length > 0);
    expect(restored).toMatchObject({ registrationId: idOf(meter), through: idOf(gateway) });
    const device = again.fleet.get(meter.row.deviceId);
    if (!device) throw new Error('gone');
    const records = [{ path: TEMPERATURE, stored: { type: 'float', value: 22 } }];
    expect(again.accepted(await again.notify({ ...device, session }, TEMPERATURE, records))).toBe(true);
    expect(again.values.get(meter.row.deviceId, TEMPERATURE)?.stored.value).toBe(22);
  });

  it('ends with its gateway, also where the server died in between', async () => {
    const { core, gateway, meter, register } = await open();
    await register();
    core.time.now += 10 * 3_600_000;
    await core.registrations.expire(core.time.now);
    expect([gateway, meter].map(({ registration }) => registration?.state)).toEqual(['expired', 'expired']);

    await register();
    expect(meter.registration?.state).toBe('registered');
    const { deviceId } = gateway.row;
    await core.store.commit({ changes: [{ patch: 'registrations', key: { deviceId }, set: { state: 'expired' } }] });
    const again = await openTestCore({ store: core.store, time: core.time });
    expect(again.fleet.get(meter.row.deviceId)?.registration?.state).toBe('expired');
  });

  it('may not come by itself', async () => {
    const { core, meter } = await open({ noSec: true });
    const plain = sessionOf(undefined);
    expect(await core.register(plain, { endpoint: 'meter-1' })).toBe(Code.BadRequest);
    expect(meter.registration).toBeUndefined();
  });

  it('is over, and back under a new registration, when its gateway names it otherwise', async () => {
    const { core, meter, register } = await open();
    await register();
    const before = idOf(meter);
    core.script.behaviour = deviceWith({ ...LISTED, '/25/0/1': text('d07') });
    await register();
    expect(meter.registration).toMatchObject({ rootPath: '/d07', state: 'registered' });
    expect(idOf(meter)).not.toBe(before);
    expect(core.sentOf('unbind').map(({ registrationId }) => registrationId)).toContain(before);
  });

  it('is given no credential', async () => {
    const { core } = await open();
    const key = core.handlers['devices.key'](call({ params: { device: 'meter-1' }, body: {} }));
    await expect(key).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('comes and goes no oftener than its gateway may say, and is told of then', async () => {
    const { core, gateway, meter, register } = await open();
    await register();
    const toggle = async (name: string) => {
      const records = Object.entries({ ...LISTED, '/25/0/1': text(name) }).map(([path, stored]) => ({ path, stored }));
      const body = { kind: 'records', records: records.slice(0, 3), truncated: false } as const;
      await core.lanes.run(gateway.row.deviceId, async () =>
        core.gateways.told(gateway, { path: '/25', body, fresh: true, receivedAt: core.time.now }),
      );
    };
    // One was spent on its coming.
    for (let change = 1; change < gatewayLimits.changes; change++) await toggle(`p${change}`);
    const last = meter.registration?.prefix;
    await toggle('more');
    expect(meter.registration?.prefix).toBe(last);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit', endpoint: 'meter-1' }]);
    core.time.now += 1000;
    await toggle('more');
    expect(meter.registration?.prefix).toBe('more');
  });

  it('goes when it is removed, and its gateway not before it', async () => {
    const { core, meter, register } = await open();
    await register();
    const remove = (device: string) => core.handlers['devices.remove'](call({ params: { device } }));
    await expect(remove('gw-1')).rejects.toMatchObject({ code: 'wrong-state' });
    const id = idOf(meter);
    await remove('meter-1');
    expect(core.sentOf('unbind').at(-1)?.registrationId).toBe(id);
    await remove('gw-1');
  });

  it.each([
    ['a credential', { gateway: 'gw-1', key: '00'.repeat(16) }],
    ['no security', { gateway: 'gw-1', noSec: true }],
    ['a gateway that is behind one', { gateway: 'meter-1' }],
    ['no gateway that is known', { gateway: 'nobody' }],
  ])('is not added with %s', async (_, more) => {
    const { core } = await open({ noSec: true });
    const body = { endpoint: 'meter-9', ...more };
    await expect(core.handlers['devices.add'](call({ body }))).rejects.toThrow();
    expect(core.fleet.size).toBe(2);
  });
});
