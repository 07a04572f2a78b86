import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, deviceWith, openTestCore, rest, sessionOf } from '../test-core.ts';
import { battery, integer, known, observed } from './test-observed.ts';

const other = battery().replace('id: battery', 'id: other');

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
    const { core, device, session, token, rule } = await observed();
    const before = await token();
    await core.register(session);
    expect(core.performed('observe')).toHaveLength(2);
    expect(await token()).not.toBe(before);
    expect(core.observer.expects(device, '/3/0/9', before ?? '')).toBe(false);
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

describe('after a restart', () => {
  it('the link is told what was observed, and notifications are expected', async () => {
    const { core, deviceId, registrationId, token, want } = await observed();
    await want('/3/0/1');
    await rest();
    const again = await openTestCore({ store: core.store });
    expect(again.sentOf('restore')).toMatchObject([
      { registrationId, version: '1.1', observations: [{ path: '/3/0/1' }, { path: '/3/0/9', token: await token() }] },
    ]);
    const known = again.fleet.get(deviceId) ?? expect.fail();
    expect(again.observer.expects(known, '/3/0/9', (await token()) ?? '')).toBe(true);
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
