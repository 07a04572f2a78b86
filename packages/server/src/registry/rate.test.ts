import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { ExchangeRef, LinkUp } from '../link/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, deviceWith, nobody, openTestCore, START, sessionOf } from '../test-core.ts';
import type { Device } from './fleet.ts';
import { charge, chargeLater, forgetFull, rateLimits } from './rate.ts';

const { burst, perSecond, journalled, plain, recordsPerToken, charactersPerToken, entry } = rateLimits;
const session = sessionOf('truck-1');
const base = { at: START, session, exchange: 1 as ExchangeRef, registrationId: nobody };
const update = { kind: 'update', ...base } as const;
const offer = { rootPath: '/', contentFormats: [], objects: [] };

function notification(records: number, value: string | number = 80): Extract<LinkUp, { kind: 'notification' }> {
  const record = { path: '/3/0/9', stored: { type: typeof value === 'string' ? 'string' : 'integer', value } };
  return {
    kind: 'notification',
    ...base,
    token: '70',
    path: '/3/0/9',
    fresh: true,
    ends: false,
    code: Code.Content,
    body: { kind: 'records', records: Array.from({ length: records }, () => record), truncated: false },
  };
}

/** A device that is known by its session, with a full bucket. */
async function aDevice(): Promise<Device> {
  const core = await openTestCore();
  const device = await core.add('truck-1');
  core.fleet.setSession(device, session);
  return device;
}

/** How many of a message the device may send at one moment. */
function countOf(device: Device, message: Parameters<typeof charge>[1]): number {
  let count = 0;
  while (charge(device, message) === undefined) count += 1;
  return count;
}

describe('the tokens of a device', () => {
  it.each([
    ['a plain Update', update, plain],
    ['an Update with a lifetime', { ...update, lifetime: 60 }, journalled],
    ['an Update with a binding', { ...update, binding: 'U' }, journalled],
    ['an Update that leaves Queue Mode', { ...update, queueMode: false }, journalled],
    ['an Update with objects', { ...update, offer }, journalled],
    ['anything over a new session', { ...update, session: sessionOf('truck-1') }, journalled],
    ['a De-register', { kind: 'deregister', ...base }, journalled],
    [
      'a Register',
      { kind: 'register', ...base, lifetime: 60, version: '1.1', binding: 'U', queueMode: false, offer, extra: {} },
      journalled,
    ],
    ['a notification', notification(1), plain],
    ['an empty notification', { ...notification(0), body: { kind: 'empty' } }, plain],
    ['a notification of many records', notification(2 * recordsPerToken + 1), 3],
    ['a notification of a long text', notification(1, 'x'.repeat(4 * charactersPerToken + 1)), 5],
    [
      'a notification of many records over a new session',
      { ...notification(20 * recordsPerToken), session: sessionOf('truck-1') },
      20,
    ],
  ] as const)('pay for %s', async (_, message, cost) => {
    expect(countOf(await aDevice(), message)).toBe(Math.floor(burst / cost));
  });

  it('are paid off later for what costs more than a device can have', async () => {
    const device = await aDevice();
    const large = notification(2 * burst * recordsPerToken);
    expect(countOf(device, large)).toBe(1);
    chargeLater(device, 10, START);
    const even = START + (1000 * burst) / perSecond;
    expect(countOf(device, { ...update, at: even })).toBe(0);
    expect(countOf(device, { ...update, at: even + 1000 })).toBe(perSecond);
    expect(countOf(device, { ...large, at: even + 1001 })).toBe(0);
    expect(countOf(device, { ...large, at: even + 60_000 })).toBe(1);
  });

  it('come back with time, up to the burst', async () => {
    const device = await aDevice();
    countOf(device, update);
    expect(countOf(device, { ...update, at: START + 1000 })).toBe(perSecond);
    expect(countOf(device, { ...update, at: START + 1010 })).toBe(0);
    expect(countOf(device, { ...update, at: START + 1020 })).toBe(1);
    expect(countOf(device, { ...update, at: START + 3_600_000 })).toBe(burst);
  });

  it('neither come nor go when the clock is set back, and come back from then on', async () => {
    const device = await aDevice();
    countOf(device, update);
    const at = START - 86_400_000;
    expect(countOf(device, { ...update, at })).toBe(0);
    expect(countOf(device, { ...update, at: at + 1000 })).toBe(perSecond);
  });

  it('are forgotten once all of them are back', async () => {
    const device = await aDevice();
    charge(device, update);
    forgetFull(device, START + 10);
    expect(device.tokens).toBeDefined();
    forgetFull(device, START + 20);
    expect(device.tokens).toBeUndefined();
    expect(countOf(device, { ...update, at: START + 20 })).toBe(burst);
  });

  it('are not spent by what is refused, which says who it was', async () => {
    const device = await aDevice();
    countOf(device, update);
    const at = START + 100;
    expect(charge(device, { ...update, at, lifetime: 60 })).toEqual({
      at,
      address: session.address,
      ingress: session.ingress,
      identity: session.identity,
      endpoint: 'truck-1',
      check: 'limit',
      detail: expect.stringContaining(`${perSecond} tokens a second`),
    });
    expect(countOf(device, { ...update, at })).toBe(5);
  });
});

describe('a device whose values go back and forth', () => {
  const RULES = Array.from({ length: 10 }, (_, n) => `  - {id: r${n}, threshold: {path: /3/0/9, below: ${20 + n}}}`);
  const POLICY = ['apiVersion: reeve/v1', 'kind: Policy', 'id: rules', 'applies: {labels: {}}', 'rules:', ...RULES];

  it('pays for what the journal tells of them, and is told to wait', async () => {
    const core = await openTestCore();
    core.script.behaviour = deviceWith({ '/3/0/9': { type: 'integer', value: 80 } });
    const device = await core.add('truck-1');
    await core.handlers['policies.apply'](call({ body: { source: `${POLICY.join('\n')}\n` } }));
    await core.register(sessionOf('truck-1'));
    await core.deliver();
    const entries = async () => (await core.journal('rule.transition')).length;
    const before = await entries();
    const report = async (value: number) => {
      const records = [{ path: '/3/0/9', stored: { type: 'integer', value } } as const];
      return core.accepted(await core.notify(device, '/3/0/9', records));
    };
    let taken = 0;
    while (await report(taken % 2 === 0 ? 10 : 80)) taken++;
    expect(taken).toBeGreaterThan(10);
    expect(await entries()).toBe(before + 10 * taken);
    expect((taken - 1) * (plain + RULES.length * entry)).toBeLessThan(burst);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit', endpoint: 'truck-1' }]);
  });

  it('waits for as many tokens as it has at most, whatever they led to', async () => {
    const device = await aDevice();
    chargeLater(device, 1_000_000, START);
    const after = (1000 * (burst + 1)) / perSecond;
    expect(countOf(device, { ...update, at: START + after - 21 })).toBe(0);
    expect(countOf(device, { ...update, at: START + after + 1 })).toBe(1);
  });
});

describe('a device that says that it is another model again and again', () => {
  it('is told to wait', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const applies = 'applies: {model: A}';
    const rule = 'rules: [{id: low, threshold: {path: /3/0/9, below: 20}}]';
    const source = ['apiVersion: reeve/v1', 'kind: Policy', 'id: rules', applies, rule].join('\n');
    await core.handlers['policies.apply'](call({ body: { source } }));
    const own = sessionOf('truck-1');
    await core.register(own);
    const registrationId = device.registration?.registrationId ?? expect.fail();
    const send = async (value: string) => {
      const exchange = core.exchange();
      const records = [{ path: '/3/0/1', stored: { type: 'string', value } }];
      const body = { kind: 'records', records, truncated: false } as const;
      await core.deliver({ kind: 'send', at: START, session: own, exchange, registrationId, body });
      return core.answerTo(exchange)?.code;
    };
    let taken = 0;
    while ((await send(taken % 2 === 0 ? 'A' : 'B')) === Code.Changed) taken++;
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThanOrEqual(burst / journalled);
  });
});

describe('a device without tokens', () => {
  /** A registered device that has just spent its last token, beside another one. */
  async function spent() {
    const { store, control } = watchedStore();
    const core = await openTestCore({ store });
    core.script.behaviour = deviceWith({ '/3/0/9': { type: 'integer', value: 80 } });
    const device = await core.add('truck-1');
    const other = await core.add('truck-2');
    const own = sessionOf('truck-1');
    const others = sessionOf('truck-2');
    await core.register(own);
    await core.register(others, { endpoint: 'truck-2' });
    await core.observer.want(device, '/3/0/9', 'ana');
    await core.deliver();
    const registrationId = device.registration?.registrationId ?? expect.fail();
    device.tokens = { left: 0, at: START };
    control.batches.length = 0;
    return { core, control, device, own, others, other, registrationId };
  }

  it('is told to come back later, whatever it asks, and nothing is written but one line', async () => {
    const { core, control, own, registrationId } = await spent();
    const [register, update, deregister] = [core.exchange(), core.exchange(), core.exchange()];
    await core.register(own, { exchange: register });
    await core.update(own, registrationId, { exchange: update });
    await core.deliver({ kind: 'deregister', at: START, session: own, exchange: deregister, registrationId });
    for (const exchange of [register, update, deregister]) {
      expect(core.answerTo(exchange)).toMatchObject({ code: Code.ServiceUnavailable, maxAge: rateLimits.retryAfter });
    }
    expect(control.batches).toEqual([]);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit', endpoint: 'truck-1', count: 3 }]);
  });

  it('keeps no other from being heard, and is heard again itself', async () => {
    const { core, own, others, other, registrationId } = await spent();
    expect(await core.update(others, other.registration?.registrationId ?? expect.fail())).toBe(Code.Changed);
    core.time.now += 1000;
    expect(await core.update(own, registrationId)).toBe(Code.Changed);
  });

  it('loses an observation with a confirmable notification, until it is heard again', async () => {
    const { core, control, device, own, registrationId } = await spent();
    const exchange = await core.notify(device, '/3/0/9', []);
    expect([core.rejected(exchange), core.accepted(exchange)]).toEqual([true, false]);
    expect(control.batches).toEqual([]);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit', count: 1 }]);
    core.time.now += 1000;
    await core.update(own, registrationId);
    expect(core.performed('observe')).toEqual(['/3/0/9', '/3/0/9']);
  });

  it('loses none with a non-confirmable one, which is dropped', async () => {
    const { core, control, device, own, registrationId } = await spent();
    const { exchange: _, ...silent } = notification(1);
    const registered = { ...silent, session: own, registrationId };
    const [row] = await core.store.list('observations', { where: { deviceId: device.row.deviceId } });
    const token = row?.token ?? expect.fail();
    await core.deliver({ ...registered, token });
    expect(control.batches).toEqual([]);
    expect(core.sentOf('reject')).toEqual([]);
    core.time.now += 1000;
    await core.deliver({ ...registered, token, at: core.time.now });
    expect(control.batches).toHaveLength(1);
    expect(core.performed('observe')).toHaveLength(1);
  });

  it('observes anew what it ended meanwhile', async () => {
    const { core, device, own, registrationId } = await spent();
    const { exchange: _, ...silent } = notification(0);
    const [row] = await core.store.list('observations', { where: { deviceId: device.row.deviceId } });
    const token = row?.token ?? expect.fail();
    await core.deliver({ ...silent, session: own, registrationId, token, ends: true });
    core.time.now += 1000;
    await core.update(own, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
  });
});
