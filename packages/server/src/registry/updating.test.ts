import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../store/port.ts';
import { nobody, rest, START, sessionOf } from '../test-core.ts';
import { readIdentity } from './proofs.ts';

import { registered } from './test-registered.ts';

describe('an Update', () => {
  it('that is plain patches one row, and leaves no entry', async () => {
    const { core, control, session, registrationId, device } = await registered();
    core.time.now += 1_000;
    expect(await core.update(session, registrationId)).toBe(Code.Changed);
    expect(control.batches).toEqual([
      {
        changes: [{ patch: 'contacts', key: { deviceId: device.row.deviceId }, set: { lastContactAt: START + 1_000 } }],
        journal: [],
        samples: [],
        readings: [],
      },
    ]);
    expect(device.registration?.lastContactAt).toBe(START + 1_000);
    expect(core.sentOf('bind')).toHaveLength(1);
  });

  it('that says again what is known is plain too', async () => {
    const { core, control, session, registrationId, registration } = await registered();
    const { rootPath, contentFormats, objects } = registration;
    await core.update(session, registrationId, {
      lifetime: 300,
      binding: 'U',
      queueMode: false,
      offer: { rootPath, contentFormats, objects },
    });
    expect(control.batches[0]?.changes).toHaveLength(1);
    expect(control.batches[0]?.journal).toEqual([]);
  });

  it('changes lifetime and objects, and keeps the content formats of before', async () => {
    const { core, session, registrationId, registration, device } = await registered();
    const objects = [{ objectId: 3, instances: [0] }];
    const offer = { rootPath: '/', contentFormats: [], objects };
    expect(await core.update(session, registrationId, { lifetime: 60, offer })).toBe(Code.Changed);
    expect(registration).toMatchObject({ lifetime: 60, objects, contentFormats: [112] });
    const { deviceId } = device.row;
    expect(await core.store.get('registrations', { deviceId })).toMatchObject({
      lifetime: 60,
      objects,
      contentFormats: [112],
    });
    expect((await core.journal('registration.changed')).map(({ payload }) => payload)).toEqual([
      { registrationId, fields: ['lifetime', 'objects'] },
    ]);
    expect(core.sentOf('bind').at(-1)?.offer).toEqual({ rootPath: '/', contentFormats: [112], objects });
  });

  it('over a new session forgets what was observed, binds it, and closes the former one', async () => {
    const { core, session, registrationId, device } = await registered();
    const next = sessionOf('truck-1', { address: '192.0.2.9:1' });
    expect(await core.update(next, registrationId)).toBe(Code.Changed);
    const last = core.sent
      .slice(-4)
      .map((message) => ('sessionId' in message ? [message.kind, message.sessionId] : [message.kind]));
    expect(last).toEqual([['unbind'], ['close-session', session.sessionId], ['bind', next.sessionId], ['answer']]);
    expect(device.session).toEqual(next);
    expect(await core.store.get('contacts', { deviceId: device.row.deviceId })).toMatchObject({
      address: '192.0.2.9:1',
    });
    expect((await core.journal('registration.changed')).map(({ payload }) => payload)).toMatchObject([
      { fields: ['address'] },
    ]);
  });

  it('from another identity is 4.04, leaves the state untouched, and one line', async () => {
    const { core, control, registrationId, device, session } = await registered();
    await core.add('truck-2');
    control.batches.length = 0;
    const before = structuredClone(device);
    core.time.now += 1_000;
    expect(await core.update(sessionOf('truck-2'), registrationId, { lifetime: 1 })).toBe(Code.NotFound);
    expect(device).toEqual(before);
    expect(device.session).toEqual(session);
    expect(control.batches).toEqual([]);
    expect(core.failedHandshakes.list()).toMatchObject([
      { check: 'identity-change', endpoint: 'truck-1', identity: readIdentity('truck-2'), count: 1 },
    ]);
  });

  it('of an unknown registration is 4.04', async () => {
    const { core, session } = await registered();
    expect(await core.update(session, nobody)).toBe(Code.NotFound);
  });

  it('whose commit fails is 5.03, and changes nothing', async () => {
    const { core, control, session, registrationId, registration } = await registered();
    const before = structuredClone(registration);
    control.failure = new StoreError('full', 'no room');
    core.time.now += 1_000;
    expect(await core.update(session, registrationId, { lifetime: 60 })).toBe(Code.ServiceUnavailable);
    expect(registration).toEqual(before);
  });

  it('is 5.03 when too many of its device wait already', async () => {
    const { core, control, session, registrationId } = await registered();
    control.hold();
    const exchanges = Array.from({ length: 70 }, () => core.exchange());
    await core.deliver(
      ...exchanges.map((exchange) => ({ kind: 'update' as const, at: START, session, exchange, registrationId })),
    );
    expect(core.sentOf('answer').filter(({ code }) => code === Code.ServiceUnavailable)).toHaveLength(5);
    control.release();
    await rest();
    expect(core.sentOf('answer').filter(({ code }) => code === Code.Changed)).toHaveLength(65);
  });
});

describe('a De-register', () => {
  it('UP-3: ends the registration, and forgets its observations', async () => {
    const { core, session, registrationId, device } = await registered();
    const exchange = core.exchange();
    await core.deliver({ kind: 'deregister', at: START + 5, session, exchange, registrationId });
    expect(core.answerTo(exchange)?.code).toBe(Code.Deleted);
    expect(core.sentOf('unbind')).toEqual([{ kind: 'unbind', registrationId }]);
    expect(device.registration).toMatchObject({ state: 'deregistered', endedAt: START + 5 });
    expect(await core.journal('registration.deregistered')).toHaveLength(1);
    expect(await core.update(session, registrationId)).toBe(Code.NotFound);
  });
});
