import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, rest, START, sessionOf } from '../test-core.ts';
import { presenceOf } from './presence.ts';
import { readIdentity } from './proofs.ts';

import { registered } from './test-registered.ts';

describe('a Register', () => {
  it('RG-5, P26: is committed, then answered 2.01 with a location of at most 16 bytes', async () => {
    const { core, device, registrationId, session } = await registered();
    const answer = core.sentOf('answer').at(-1);
    expect(answer?.location).toEqual(['rd', registrationId]);
    expect(registrationId.length).toBeLessThanOrEqual(16);
    expect(core.fleet.byRegistration(registrationId)).toBe(device);
    expect(core.fleet.bySession(session.sessionId)).toBe(device);
    expect(core.sentOf('bind').at(-1)).toMatchObject({ sessionId: session.sessionId, registrationId, version: '1.1' });
    const { deviceId } = device.row;
    expect(await core.store.get('registrations', { deviceId })).toMatchObject({
      registrationId,
      lifetime: 300,
      state: 'registered',
    });
    expect(await core.store.get('contacts', { deviceId })).toMatchObject({
      lastContactAt: START,
      address: session.address,
    });
    expect(await core.journal('registration.registered')).toMatchObject([
      { actor: { kind: 'device', name: 'truck-1' }, payload: { registrationId } },
    ]);
  });

  it('is not answered, and changes nothing, while its commit waits for the disk', async () => {
    const { store, control } = watchedStore();
    const core = await openTestCore({ store });
    const device = await core.add('truck-1');
    control.hold();
    expect(await core.register(sessionOf('truck-1'))).toBeUndefined();
    expect(core.sentOf('answer')).toEqual([]);
    expect(device.registration).toBeUndefined();
    control.release();
    await rest();
    expect(core.sentOf('answer').map(({ code }) => code)).toEqual([Code.Created]);
  });

  it.each([
    ['full', new StoreError('full', 'no room')],
    ['failing', new StoreError('failing', 'broken')],
    ['busy', new StoreError('busy', 'too much waits')],
    ['invalid', new StoreError('invalid', 'a value does not fit')],
    ['closed', new StoreError('closed', 'closed')],
  ])('is answered 5.03 with Max-Age when the store is %s, and leaves nothing', async (_, failure) => {
    const { store, control } = watchedStore();
    const core = await openTestCore({ store });
    const device = await core.add('truck-1');
    control.failure = failure;
    expect(await core.register(sessionOf('truck-1'))).toBe(Code.ServiceUnavailable);
    expect(core.sentOf('answer')[0]?.maxAge).toBe(60);
    expect(core.sentOf('bind')).toEqual([]);
    expect(device.registration).toBeUndefined();
  });

  it("SE-2, RG-6: under a name that is not the credential's is refused with a line", async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.add('truck-2');
    expect(await core.register(sessionOf('truck-2'), { endpoint: 'truck-1' })).toBe(Code.BadRequest);
    expect(core.failedHandshakes.list()).toMatchObject([
      { check: 'endpoint-mismatch', endpoint: 'truck-1', identity: readIdentity('truck-2'), count: 1 },
    ]);
    expect([...core.fleet.all()].map(({ registration }) => registration)).toEqual([undefined, undefined]);
  });

  it('P43: under a name that its identity is not, but belongs to, is taken', async () => {
    const core = await openTestCore();
    const body = { endpoint: 'urn:imei:490154203237518', identity: '49015420-4915112345678' };
    await core.handlers['devices.add'](call({ body }));
    expect(await core.register(sessionOf(body.identity), { endpoint: body.endpoint })).toBe(Code.Created);
    expect(await core.register(sessionOf(body.identity), { endpoint: body.identity })).toBe(Code.BadRequest);
  });

  it('without a name is of the device that the credential belongs to', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const exchange = core.exchange();
    const { endpoint: _, ...message } = {
      kind: 'register' as const,
      at: START,
      session: sessionOf('truck-1'),
      exchange,
      endpoint: '',
      lifetime: 60,
      version: '1.1',
      binding: 'U',
      queueMode: false,
      offer: { rootPath: '/', contentFormats: [], objects: [] },
      extra: {},
    };
    await core.deliver(message);
    expect(core.answerTo(exchange)?.code).toBe(Code.Created);
    expect(device.registration?.endpoint).toBe('truck-1');
  });

  it.each([
    ['while NoSec is off', false, true, 'truck-1', 'nosec-not-allowed'],
    ['of an unknown name', true, true, 'nobody', 'unknown-endpoint'],
    ['of a device that has a key', true, false, 'truck-1', 'nosec-not-allowed'],
  ])('without DTLS %s is refused', async (_, noSec, deviceNoSec, endpoint, check) => {
    const core = await openTestCore({ noSec: true });
    await core.add('truck-1', { noSec: deviceNoSec });
    const other = noSec ? core : await openTestCore({ store: core.store, noSec });
    expect(await other.register(sessionOf(undefined), { endpoint })).toBe(Code.BadRequest);
    expect(other.failedHandshakes.list()).toMatchObject([{ check }]);
  });

  it('without DTLS is taken from a device that may', async () => {
    const core = await openTestCore({ noSec: true });
    const device = await core.add('truck-1', { noSec: true });
    expect(await core.register(sessionOf(undefined))).toBe(Code.Created);
    expect(device.registration?.identity).toBeUndefined();
  });

  it('takes the place of the registration before, whose location is then unknown', async () => {
    const { core, control, session, registrationId, device } = await registered();
    expect(await core.register(session)).toBe(Code.Created);
    expect(control.batches).toHaveLength(1);
    const next = device.registration?.registrationId;
    expect(next).not.toBe(registrationId);
    const kinds = core.sent
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'bind' || kind === 'unbind' || kind === 'answer');
    expect(kinds).toEqual(['bind', 'answer', 'bind', 'answer']);
    expect(core.sentOf('bind').map(({ replaces }) => replaces)).toEqual([undefined, registrationId]);
    expect((await core.journal('registration.registered')).at(-1)?.payload).toMatchObject({ replaced: registrationId });
    expect(await core.update(session, registrationId)).toBe(Code.NotFound);
    expect(device.registration?.registrationId).toBe(next);
    expect(core.failedHandshakes.list()[0]).toMatchObject({ check: 'stale-registration' });
  });

  it('that says what the one before said stores what is new alone', async () => {
    const { core, control, session, device } = await registered();
    await core.register(session);
    const { deviceId } = device.row;
    const registrationId = device.registration?.registrationId;
    expect(control.batches[0]?.changes).toEqual([
      { patch: 'registrations', key: { deviceId }, set: { registrationId } },
      { patch: 'contacts', key: { deviceId }, set: {} },
    ]);
  });

  it('is stored as the device said it last, and nothing of those before', async () => {
    const { core, session, device, registrationId } = await registered();
    const { deviceId } = device.row;
    const others = { rootPath: '/lwm2m', contentFormats: [110], objects: [{ objectId: 3, instances: [0, 1] }] };
    const offers = [{ sms: '4711', offer: others, extra: { x: '1' } }, {}, { version: '1.2', profileId: 'meter' }];
    const exchange = core.exchange();
    await core.deliver({ kind: 'deregister', at: core.time.now, session, exchange, registrationId });
    for (const more of offers) {
      core.time.now += 1000;
      expect(await core.register(session, more)).toBe(Code.Created);
      const [terms, contact] = await Promise.all([
        core.store.get('registrations', { deviceId }),
        core.store.get('contacts', { deviceId }),
      ]);
      expect({ ...terms, ...contact }).toEqual(device.registration);
      expect(terms).toMatchObject({ state: 'registered', registeredAt: core.time.now });
      expect(terms).not.toHaveProperty('endedAt');
      expect(terms?.sms).toBe(more.sms);
    }
  });

  it('over a new session closes the former one', async () => {
    const { core, session } = await registered();
    await core.register(sessionOf('truck-1'));
    expect(core.sentOf('close-session')).toEqual([{ kind: 'close-session', sessionId: session.sessionId }]);
  });

  it('that waited while its device was removed leaves nothing', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    let free: () => void = () => {};
    void core.lanes.run(
      device.row.deviceId,
      () =>
        new Promise<void>((resolve) => {
          free = resolve;
        }),
    );
    const answered = core.register(sessionOf('truck-1'));
    await rest();
    core.fleet.remove(device);
    free();
    await rest();
    await answered;
    expect(core.sentOf('answer').map(({ code }) => code)).toEqual([Code.BadRequest]);
    expect(await core.store.list('registrations')).toEqual([]);
  });
});

describe('expiry', () => {
  it('UP-4: comes a grace after the lifetime, and not before', async () => {
    const { core, registrationId, device } = await registered();
    await core.registrations.expire(START + 300_000 + 92_999);
    expect(device.registration?.state).toBe('registered');
    await core.registrations.expire(START + 300_000 + 93_000);
    expect(device.registration?.state).toBe('expired');
    expect(core.fleet.byRegistration(registrationId)).toBeUndefined();
    expect(core.sentOf('unbind')).toEqual([{ kind: 'unbind', registrationId }]);
    expect(await core.journal('registration.expired')).toMatchObject([
      { payload: { registrationId, lastContactAt: START }, actor: { kind: 'server' } },
    ]);
  });

  it('never comes with lifetime 0', async () => {
    const { core, device } = await registered({ lifetime: 0 });
    await core.registrations.expire(START * 2);
    expect(device.registration?.state).toBe('registered');
  });

  it('of one device does not wait for that of another, and what fails is tried again', async () => {
    const { core, control, device } = await registered();
    control.failure = new StoreError('busy', 'too much waits');
    await core.registrations.expire(START * 2);
    expect(device.registration?.state).toBe('registered');
    control.failure = undefined;
    await core.registrations.expire(START * 2);
    expect(device.registration?.state).toBe('expired');
  });
});

describe('after a restart', () => {
  it('UP-4, P24: a registration goes on where it was, and the device need not register again', async () => {
    const { core, registrationId } = await registered();
    core.time.now += 7_000;
    const session = sessionOf('truck-1');
    await core.update(session, registrationId, { lifetime: 60 });
    const again = await openTestCore({ store: core.store });
    const device = again.fleet.byRegistration(registrationId);
    expect(device?.registration).toEqual(core.fleet.byRegistration(registrationId)?.registration);
    expect(device?.registration).toMatchObject({
      lifetime: 60,
      lastContactAt: START + 7_000,
      address: session.address,
    });
    expect(await again.update(sessionOf('truck-1'), registrationId)).toBe(Code.Changed);
  });
});

describe('presence', () => {
  it.each([
    ['awake', { queueMode: true, lifetime: 300 }, 92_999],
    ['asleep', { queueMode: true, lifetime: 300 }, 93_000],
    ['awake', { queueMode: false, lifetime: 300 }, 300_000],
    ['overdue', { queueMode: false, lifetime: 300 }, 300_001],
    ['overdue', { queueMode: true, lifetime: 300 }, 300_001],
    ['awake', { queueMode: false, lifetime: 0 }, 1e12],
    ['asleep', { queueMode: true, lifetime: 0 }, 1e12],
  ])('is %s with %j after %d ms', async (state, options, after) => {
    const { device } = await registered(options);
    const presence = presenceOf(device, START + after);
    expect(presence.state).toBe(state);
    expect(presence.lastContactAt).toBe(START);
    expect(presence.nextContactBy).toBe(options.lifetime === 0 ? undefined : START + options.lifetime * 1000);
  });

  it('says how a registration ended, and that there never was one', async () => {
    const { device, registration } = await registered();
    expect(presenceOf({ ...device, registration: { ...registration, state: 'expired' } }, START)).toEqual({
      state: 'expired',
      lastContactAt: START,
    });
    expect(presenceOf({ row: device.row }, START)).toEqual({ state: 'never' });
  });
});

describe('a plain address', () => {
  it('that another device uses now no longer reaches its former one', async () => {
    const core = await openTestCore({ noSec: true });
    const one = await core.add('truck-1', { noSec: true });
    const two = await core.add('truck-2', { noSec: true });
    const session = sessionOf(undefined);
    await core.register(session, { endpoint: 'truck-1' });
    await core.register(session, { endpoint: 'truck-2' });
    expect(one.session).toBeUndefined();
    expect(two.session).toEqual(session);
    expect(core.fleet.bySession(session.sessionId)).toBe(two);
  });
});
