import { describe, expect, it } from 'vitest';
import { call, openTestCore, START, sessionOf } from './test-core.ts';

const hex = (text: string) => Buffer.from(text).toString('hex');

describe('a question for a key', () => {
  it('is answered with the key of the identity, or without one', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.deliver(
      { kind: 'find-psk', lookup: 1, ingress: 0, identity: hex('truck-1') },
      { kind: 'find-psk', lookup: 2, ingress: 0, identity: hex('stranger') },
    );
    const [known, unknown] = core.sentOf('psk');
    expect(known).toEqual({
      kind: 'psk',
      lookup: 1,
      found: { key: expect.any(Uint8Array), credential: expect.stringMatching(/^cred-/) },
    });
    expect(unknown).toEqual({ kind: 'psk', lookup: 2 });
  });
});

describe('a session', () => {
  it('of a registered device is bound before its first message', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.register(sessionOf('truck-1'));
    const session = sessionOf('truck-1');
    await core.deliver({ kind: 'session-opened', at: START, session });
    expect(core.sentOf('bind').at(-1)).toMatchObject({ sessionId: session.sessionId });
    await core.deliver({ kind: 'session-opened', at: START, session: sessionOf('stranger') });
    expect(core.sentOf('bind')).toHaveLength(2);
  });

  it('that closed reaches nobody; one that closes late leaves its successor', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const first = sessionOf('truck-1');
    const second = sessionOf('truck-1');
    await core.register(first);
    await core.register(second);
    const closed = (session: typeof first) =>
      core.deliver({ kind: 'session-closed', at: START, sessionId: session.sessionId, reason: 'peer' });
    await closed(first);
    expect(device.session).toEqual(second);
    await closed(second);
    expect(device.session).toBeUndefined();
    expect(device.registration?.state).toBe('registered');
  });
});

describe('reports', () => {
  const battery = (value: number) => ({
    path: '/3/0/9',
    fresh: true,
    receivedAt: START,
    body: {
      kind: 'records' as const,
      records: [{ path: '/3/0/9', stored: { type: 'integer', value } }],
      truncated: false,
    },
  });

  it('of one millisecond all stay in the history', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    await core.register(sessionOf('truck-1'));
    for (const value of [80, 79, 78]) await core.dispatcher.take(device, battery(value));
    const { value } = await core.store.scan({ deviceId: device.row.deviceId, path: '/3/0/9' }, {});
    expect(value).toEqual([80, 79, 78]);
  });

  it('of a device that was removed while it answered leave nothing of it', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    await core.register(sessionOf('truck-1'));
    const { deviceId } = device.row;
    const removed = core.handlers['devices.remove'](call({ params: { device: 'truck-1' } }));
    await core.lanes.run(deviceId, () => core.dispatcher.take(device, battery(80)));
    await removed;
    expect(await core.store.list('values')).toEqual([]);
    expect((await core.store.scan({ deviceId, path: '/3/0/9' }, {})).value).toEqual([]);
  });
});

describe('what is seen and not kept', () => {
  it('goes to who watches: refusals counted, traffic traced, presence told', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const session = sessionOf('truck-1');
    await core.register(session);
    const registrationId = device.registration?.registrationId ?? expect.fail();
    const lines: string[] = [];
    const events: unknown[] = [];
    const stopTrace = core.live.addTrace(device.row.deviceId, ({ text }) => lines.push(text));
    const stopWatching = core.live.watch((event) => events.push(event));
    const trace = {
      kind: 'trace',
      at: START,
      sessionId: session.sessionId,
      direction: 'in',
      text: 'GET',
      bytes: 4,
    } as const;
    await core.deliver(trace, { kind: 'refused', at: START, address: '192.0.2.1:1', check: 'limit', detail: 'full' });
    expect(lines).toEqual(['GET']);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'limit', detail: 'full' }]);
    core.time.now += 1;
    await core.update(session, registrationId);
    expect(events).toEqual([
      {
        kind: 'presence',
        data: {
          deviceId: device.row.deviceId,
          presence: { state: 'awake', lastContactAt: START + 1, nextContactBy: START + 300_001 },
        },
      },
    ]);
    expect(stopTrace()).toBe(true);
    stopWatching();
    await core.deliver(trace);
    await core.update(session, registrationId);
    expect([lines.length, events.length]).toEqual([1, 1]);
  });
});

describe('live views', () => {
  it('that fail do not disturb the others, and are told nothing more', async () => {
    const { live } = await openTestCore();
    const told: string[] = [];
    live.watch(({ kind }) => {
      told.push(`failing ${kind}`);
      throw new Error('as wanted');
    });
    live.watch(({ kind }) => told.push(kind));
    const event = { kind: 'presence', data: { deviceId: 'dev-1', presence: { state: 'never' } } } as const;
    live.tell(event);
    live.tell(event);
    expect(told).toEqual(['failing presence', 'presence', 'presence']);
  });

  it('of one trace end with the last listener', async () => {
    const core = await openTestCore();
    const { live } = core;
    const { deviceId } = (await core.add('truck-1')).row;
    const one = live.addTrace(deviceId, () => {});
    const two = live.addTrace(deviceId, () => {});
    expect(one()).toBe(false);
    expect(two()).toBe(true);
  });
});
