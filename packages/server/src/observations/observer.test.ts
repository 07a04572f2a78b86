import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { StoreError } from '../store/port.ts';
import type { StoredValue } from '../store/tables.ts';
import { type Behaviour, call, deviceWith, openTestCore, rest, sessionOf, watchedStore } from '../test-core.ts';

const integer = (value: number): StoredValue => ({ type: 'integer', value });
const battery = (maxAge = '1h') => `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {labels: {fleet: trucks}}
rules:
  - {id: low, threshold: {path: /3/0/9, below: 20, maxAge: ${maxAge}}, respond: [alarm]}
`;
const other = battery().replace('id: battery', 'id: other');
const known = { '/3/0/9': integer(80), '/3/0/1': { type: 'string', value: 'Truck' } };

/** A registered truck under a policy about its battery. */
async function observed({ behaviour = deviceWith(known) as Behaviour, policy = battery(), register = {} } = {}) {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  core.script.behaviour = behaviour;
  const device = await core.add('truck-1', { labels: { fleet: 'trucks' } });
  const apply = (source: string) => core.handlers['policies.apply'](call({ body: { source } }));
  await apply(policy);
  const session = sessionOf('truck-1');
  await core.register(session, register);
  const { registration } = device;
  if (!registration) throw new Error('not registered');
  const { deviceId } = device.row;
  return {
    core,
    control,
    device,
    deviceId,
    session,
    apply,
    registrationId: registration.registrationId,
    want: (path: string, person = 'ana') => core.observer.want(device, path, person),
    unwant: (path: string, person = 'ana') => core.observer.unwant(device, path, person),
    view: () => core.observer.view(deviceId),
    rule: async () => (await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }))).rules[0],
    token: async () => (await core.store.get('observations', { deviceId, path: '/3/0/9' }))?.token,
  };
}

describe('what is observed', () => {
  it('follows from the policies that hold, and its first value is evaluated', async () => {
    const { core, view, rule } = await observed();
    expect(core.performed('observe')).toEqual(['/3/0/9']);
    expect(view()).toMatchObject([{ path: '/3/0/9', wantedBy: ['battery'], state: 'live' }]);
    expect(await rule()).toMatchObject({ state: 'ok', path: '/3/0/9', limits: { below: 20 } });
    expect(await core.store.list('observations')).toMatchObject([{ path: '/3/0/9', token: expect.any(String) }]);
  });

  it('is shared between policies and people, and ends when nobody needs it', async () => {
    const { core, apply, view, want, unwant } = await observed();
    await want('/3/0/9');
    await want('/3/0/9', 'ben');
    await rest();
    expect(core.performed('observe')).toEqual(['/3/0/9']);
    await apply(other);
    await rest();
    expect(view()).toMatchObject([{ wantedBy: ['battery', 'other', 'ana', 'ben'] }]);
    const remove = (id: string) => core.handlers['policies.remove'](call({ params: { id } }));
    const before = core.performed('cancel-observe');
    for (const stop of [() => remove('battery'), () => remove('other'), () => unwant('/3/0/9')]) {
      await stop();
      await rest();
      expect(core.performed('cancel-observe')).toEqual(before);
    }
    await unwant('/3/0/9', 'ben');
    await rest();
    expect(core.performed('cancel-observe')).toEqual([...before, '/3/0/9']);
    expect(view()).toEqual([]);
    expect(await core.store.list('observations')).toEqual([]);
    expect(await core.store.list('wantedObservations')).toEqual([]);
  });

  it('begins anew for a rule that has had no value yet, so that it need not wait for the next notification', async () => {
    const { core, apply } = await observed();
    await apply(other);
    await rest();
    expect(core.performed('cancel-observe')).toEqual(['/3/0/9']);
    expect(core.performed('observe')).toEqual(['/3/0/9', '/3/0/9']);
    const rules = (await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }))).rules;
    expect(rules.map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  it('begins when a label brings a policy, and ends when it takes it away', async () => {
    const { core } = await observed();
    const change = (fleet: string) =>
      core.handlers['devices.change'](call({ params: { device: 'truck-1' }, body: { labels: { fleet } } }));
    await change('ships');
    await rest();
    expect(core.performed('cancel-observe')).toEqual(['/3/0/9']);
    await change('trucks');
    await rest();
    expect(core.performed('observe')).toEqual(['/3/0/9', '/3/0/9']);
  });

  it('is bounded per device, and what does not fit is not stored', async () => {
    const { core, want } = await observed();
    for (let n = 0; n < 99; n++) await want(`/3303/${n}/5700`);
    await expect(want('/3303/99/5700')).rejects.toMatchObject({ code: 'too-many' });
    await want('/3303/1/5700', 'ben');
    expect(await core.store.count('wantedObservations')).toBe(100);
  });
});

describe('it is observed again', () => {
  it('RG-7, P1, P6: after a Register, under another token; until the value is back the rule waits', async () => {
    const { core, deviceId, session, token, rule } = await observed();
    const before = await token();
    await core.register(session);
    expect(core.performed('observe')).toHaveLength(2);
    expect(await token()).not.toBe(before);
    expect(core.observer.expects(deviceId, '/3/0/9', before ?? '')).toBe(false);
    core.script.behaviour = () => undefined;
    await core.register(session);
    expect(await rule()).toMatchObject({ state: 'waiting' });
  });

  it('P6: with an answer that a notification follows at once, whose value is the newer one', async () => {
    const { core, device, session } = await observed();
    core.script.behaviour = () => undefined;
    await core.register(session);
    const { request } = core.sentOf('perform').at(-1) ?? expect.fail();
    const { registrationId } = device.registration ?? expect.fail();
    const body = (n: number) => ({
      kind: 'records' as const,
      records: [{ path: '/3/0/9', stored: integer(n) }],
      truncated: false,
    });
    const about = { at: core.time.now, session, token: '77', code: Code.Content } as const;
    await core.deliver(
      { kind: 'outcome', ...about, request, outcome: { kind: 'answered', ...about, body: body(80) } },
      { kind: 'notification', ...about, registrationId, path: '/3/0/9', fresh: true, ends: false, body: body(40) },
    );
    const { values } = await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }));
    expect(values.find(({ path }) => path === '/3/0/9')?.value).toBe(40);
  });

  it('after the first message over a new session', async () => {
    const { core, registrationId, token, rule } = await observed();
    const before = await token();
    await core.update(sessionOf('truck-1'), registrationId);
    expect(core.performed('observe')).toHaveLength(2);
    expect(await token()).not.toBe(before);
    expect(await rule()).toMatchObject({ state: 'ok' });
  });

  it('not by a plain Update over the same session', async () => {
    const { core, session, registrationId } = await observed();
    await core.update(session, registrationId);
    expect(core.operations).toHaveLength(1);
  });

  it('OB-5, P36: when its value is overdue while the device is in contact', async () => {
    const { core, session, registrationId } = await observed();
    core.time.now += 1_799_999;
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(1);
    core.time.now += 1;
    await core.update(session, registrationId);
    expect(core.performed('cancel-observe')).toEqual(['/3/0/9']);
    expect(core.performed('observe')).toHaveLength(2);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
  });

  it('is not overdue while notifications come', async () => {
    const { core, device, session, registrationId } = await observed();
    core.time.now += 1_500_000;
    await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(79) }]);
    core.time.now += 1_500_000;
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(1);
  });

  it('at the next contact when a request was not answered', async () => {
    const outcomes: RequestOutcome[] = [{ kind: 'timeout' }];
    const answer = deviceWith(known);
    const { core, device, session, registrationId, view } = await observed({
      behaviour: (operation: LinkOperation) => outcomes.shift() ?? answer(operation),
    });
    expect(device.session).toBeUndefined();
    expect(view()).toMatchObject([{ state: 'wanted' }]);
    await core.update(session, registrationId);
    expect(view()).toMatchObject([{ state: 'live' }]);
  });

  it('at the next contact when too much waited for the device as it came over a new session', async () => {
    const { core, control, deviceId, registrationId, token, view } = await observed();
    const before = await token();
    const session = sessionOf('truck-1');
    control.hold();
    await core.update(session, registrationId);
    const waiting = Array.from({ length: 64 }, () => core.lanes.run(deviceId, rest));
    control.release();
    await Promise.all(waiting);
    expect(core.performed('observe')).toHaveLength(1);
    expect(view()).toMatchObject([{ state: 'wanted' }]);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
    expect(view()).toMatchObject([{ state: 'live' }]);
    expect(await token()).not.toBe(before);
  });

  it('at the next contact when the disk failed as it came over a new session', async () => {
    const { core, control, registrationId, view } = await observed();
    const session = sessionOf('truck-1');
    // The contact is saved; what follows from it is not.
    const stop = core.live.watch(() => {
      control.failure = new StoreError('full', 'no room');
    });
    await core.update(session, registrationId);
    stop();
    expect(view()).toMatchObject([{ state: 'wanted' }]);
    control.failure = undefined;
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
    expect(view()).toMatchObject([{ state: 'live' }]);
  });

  it('at the next contact when its answer could not be saved, and not before', async () => {
    const { store, control } = watchedStore();
    const core = await openTestCore({ store });
    const answer = deviceWith(known);
    core.script.behaviour = (operation) => {
      if (core.operations.length === 1) control.failure = new StoreError('full', 'no room');
      return answer(operation);
    };
    const device = await core.add('truck-1', { labels: { fleet: 'trucks' } });
    await core.handlers['policies.apply'](call({ body: { source: battery() } }));
    const session = sessionOf('truck-1');
    await core.register(session);
    expect(core.performed('observe')).toHaveLength(1);
    control.failure = undefined;
    await core.update(session, device.registration?.registrationId ?? expect.fail());
    expect(core.performed('observe')).toHaveLength(2);
    expect(core.observer.view(device.row.deviceId)).toMatchObject([{ state: 'live' }]);
  });
});

describe('a device that does not observe', () => {
  it.each([
    ['answers 4.04', { kind: 'answered', code: Code.NotFound, body: { kind: 'empty' } }, '4.04'],
    ['answers 4.05', { kind: 'answered', code: Code.MethodNotAllowed, body: { kind: 'empty' } }, '4.05'],
    ['resets', { kind: 'reset' }, 'reset'],
    [
      'answers without observing',
      { kind: 'answered', code: Code.Content, body: { kind: 'empty' } },
      'does not observe',
    ],
  ] as const)(
    'since it %s makes the rule one that cannot be evaluated, and is asked again at its next Register',
    async (_, outcome, reason) => {
      const { core, session, registrationId, view, rule } = await observed({ behaviour: () => outcome });
      expect(view()).toMatchObject([{ state: 'refused', reason: expect.stringContaining(reason) }]);
      expect(await rule()).toMatchObject({ state: 'cannot-evaluate' });
      expect(await core.journal('observation.refused')).toMatchObject([{ payload: { path: '/3/0/9' } }]);
      await core.update(session, registrationId);
      await core.update(sessionOf('truck-1'), registrationId);
      expect(core.performed('observe')).toHaveLength(1);
      core.script.behaviour = deviceWith(known);
      await core.register(session);
      expect(view()).toMatchObject([{ state: 'live' }]);
      expect(await rule()).toMatchObject({ state: 'ok' });
    },
  );
});

describe('a device that sleeps', () => {
  it('is not asked before it is heard', async () => {
    const { core, want, session, registrationId } = await observed({ register: { queueMode: true } });
    core.time.now += 93_000;
    await want('/3/0/1');
    await rest();
    expect(core.performed('observe')).toEqual(['/3/0/9']);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toEqual(['/3/0/9', '/3/0/1']);
  });
});

describe('a notification', () => {
  it('is saved with the contact and what rules say of it, then accepted', async () => {
    const { core, control, device, rule } = await observed();
    control.batches.length = 0;
    core.time.now += 1_000;
    control.hold();
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(core.accepted(exchange)).toBe(false);
    control.release();
    await rest();
    expect(core.accepted(exchange)).toBe(true);
    expect(control.batches).toHaveLength(1);
    const changes = control.batches[0]?.changes ?? [];
    expect(changes.map((c) => ('put' in c ? c.put : 'patch' in c ? c.patch : c.delete))).toEqual([
      'ruleStates',
      'contacts',
    ]);
    expect(control.batches[0]?.samples).toMatchObject([{ path: '/3/0/9', current: { clock: 'none' } }]);
    expect(await rule()).toMatchObject({ state: 'breached' });
    expect(device.registration?.lastContactAt).toBe(core.time.now);
  });

  it('that cannot be saved is not acknowledged: it is reset, and observed anew at the next contact', async () => {
    const { core, control, device, session, registrationId } = await observed();
    control.failure = new StoreError('busy', 'too much waits');
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(core.accepted(exchange)).toBe(false);
    expect(core.rejected(exchange)).toBe(true);
    control.failure = undefined;
    expect(core.performed('observe')).toHaveLength(1);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
  });

  it.each([
    ['of another token', { token: 'ffff' }],
    ['of a path that nobody wants', { path: '/3/0/1' }],
    ['of another identity', { session: sessionOf('truck-2') }],
  ])('%s is reset and changes nothing', async (_, more) => {
    const { core, control, device } = await observed();
    control.batches.length = 0;
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }], more);
    expect(core.rejected(exchange)).toBe(true);
    expect(control.batches).toEqual([]);
  });

  it('over a new session is taken, and its session is noted', async () => {
    const { core, device } = await observed();
    const session = sessionOf('truck-1');
    await core.deliver({ kind: 'session-opened', at: core.time.now, session });
    expect(core.sentOf('bind').at(-1)).toMatchObject({ sessionId: session.sessionId });
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(50) }], { session });
    expect(core.accepted(exchange)).toBe(true);
    expect(device.session).toEqual(session);
    expect(core.performed('observe')).toHaveLength(2);
  });

  it('that waited behind a Register is of the registration before, and reset', async () => {
    const { core, control, device, session } = await observed();
    control.hold();
    const registered = core.register(session);
    await rest();
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    control.release();
    await registered;
    await rest();
    expect(core.rejected(exchange)).toBe(true);
  });

  it('that ends the observation leaves the rule without sight', async () => {
    const { core, device, view, rule } = await observed();
    await core.notify(device, '/3/0/9', [], { ends: true, code: Code.NotFound, body: { kind: 'empty' } });
    expect(view()).toMatchObject([{ state: 'refused', reason: 'the device ended the observation' }]);
    expect(await rule()).toMatchObject({ state: 'cannot-evaluate' });
    expect(await core.store.list('observations')).toEqual([]);
  });

  it('is shown live only after its commit', async () => {
    const { core, control, device } = await observed();
    const events: string[] = [];
    core.live.watch(({ kind }) => events.push(kind));
    control.hold();
    await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(events).toEqual([]);
    control.release();
    await rest();
    expect(events).toEqual(['samples', 'presence']);
  });
});

describe('after a restart', () => {
  it('the link is told what was observed, and notifications are expected', async () => {
    const { core, deviceId, registrationId, token, want } = await observed();
    await want('/3/0/1');
    await rest();
    const again = await openTestCore({ store: core.store });
    expect(again.sentOf('restore')).toMatchObject([
      { registrationId, version: '1.1', observations: [{ path: '/3/0/1' }, { path: '/3/0/9', token: await token() }] },
    ]);
    expect(again.observer.expects(deviceId, '/3/0/9', (await token()) ?? '')).toBe(true);
    expect(again.observer.view(deviceId)).toMatchObject([
      { path: '/3/0/9', wantedBy: ['battery'], state: 'live' },
      { path: '/3/0/1', wantedBy: ['ana'], state: 'live' },
    ]);
  });

  it('those of a registration that ended are not', async () => {
    const { core, session, registrationId } = await observed();
    await core.deliver({ kind: 'deregister', at: core.time.now, session, exchange: core.exchange(), registrationId });
    const again = await openTestCore({ store: core.store });
    expect(again.sentOf('restore')).toEqual([]);
  });

  it('those of a former registration are not, and their rows go', async () => {
    const { core, session } = await observed();
    core.script.behaviour = () => undefined;
    await core.register(session);
    expect(await core.store.count('observations')).toBe(1);
    const again = await openTestCore({ store: core.store });
    expect(again.sentOf('restore')).toEqual([]);
    expect(await core.store.count('observations')).toBe(0);
  });
});
