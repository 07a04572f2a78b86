import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../link/port.ts';
import type { StoredValue } from '../store/tables.ts';
import { type Behaviour, call, deviceWith, openTestCore, rest, sessionOf, type TestCore } from '../test-core.ts';

const PATH = '/3/0/9';
const integer = (value: number): StoredValue => ({ type: 'integer', value });
const battery = deviceWith({ [PATH]: integer(80), '/3/0/1': { type: 'string', value: 'Meter' } });
const policy = `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {labels: {fleet: meters}}
rules:
  - {id: low, threshold: {path: ${PATH}, below: 20, maxAge: 10h}, respond: [alarm]}
`;

/** A registered device whose battery is observed. */
async function observed({ behaviour = battery as Behaviour, queueMode = true } = {}) {
  const core = await openTestCore();
  core.script.behaviour = behaviour;
  const device = await core.add('meter-1', { labels: { fleet: 'meters' } });
  await core.handlers['policies.apply'](call({ body: { source: policy } }));
  const session = sessionOf('meter-1');
  await core.register(session, { endpoint: 'meter-1', queueMode });
  const { registration } = device;
  if (!registration) throw new Error('not registered');
  return { core, device, session, registrationId: registration.registrationId };
}

/** The server restarts, and takes the device's session over. */
async function restarted({ core, device, session }: Awaited<ReturnType<typeof observed>>) {
  const again = await openTestCore({ store: core.store, time: { now: core.time.now + 1000 } });
  again.script.behaviour = battery;
  const same = again.fleet.get(device.row.deviceId);
  if (!same) throw new Error('the device is gone');
  again.fleet.setSession(same, session);
  return { core: again, device: same };
}

const view = (core: TestCore, { row }: { row: { deviceId: Parameters<TestCore['observer']['view']>[0] } }) =>
  core.observer.view(row.deviceId);

describe('an observation of before a restart', () => {
  it('is begun anew when the device is heard, and not before', async () => {
    const before = await observed();
    const { core } = await restarted(before);
    await rest();
    expect(core.operations).toEqual([]);
    await core.update(before.session, before.registrationId);
    expect(core.operations.map(({ kind }) => kind)).toEqual(['cancel-observe', 'observe']);
  });

  it('goes on as it was, and is believed, while its device may be sent nothing; a notification dispels the doubt', async () => {
    const before = await observed();
    const { core, device } = await restarted(before);
    core.fleet.put({ ...device.row, downlinkBytesPerDay: 100 });
    core.pacer.ask(device, 'urgent', 100, 'commands');
    await core.update(before.session, before.registrationId);
    expect(core.operations).toEqual([]);
    expect(view(core, device)).toMatchObject([{ path: PATH, state: 'live' }]);
    const exchange = await core.notify(device, PATH, [{ path: PATH, stored: integer(79) }]);
    expect(core.accepted(exchange)).toBe(true);
    core.time.now += 24 * 3_600_000;
    expect(core.pacer.affords(device, 'background', 50)).toBe(true);
    await core.update(before.session, before.registrationId);
    const overdue = ['cancel-observe', 'observe'];
    expect(core.operations.map(({ kind }) => kind)).toEqual(overdue);
  });
});

describe('a device in queue mode', () => {
  it('P9: that leaves a request unanswered is asked again when it is heard, and what was observed goes on', async () => {
    const outcomes: RequestOutcome[] = [];
    const { core, device, session, registrationId } = await observed({
      behaviour: (operation) => outcomes.shift() ?? battery(operation),
    });
    outcomes.push({ kind: 'timeout' });
    await core.observer.want(device, '/3/0/1', 'ana');
    await rest();
    expect(device.session).toEqual(session);
    expect(view(core, device)).toMatchObject([
      { path: PATH, state: 'live' },
      { path: '/3/0/1', state: 'wanted' },
    ]);
    await core.observer.want(device, '/3/0/3', 'ana');
    await rest();
    expect(core.performed('observe')).toEqual([PATH, '/3/0/1']);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toEqual([PATH, '/3/0/1', '/3/0/1', '/3/0/3']);
    expect(core.performed('cancel-observe')).toEqual([]);
  });

  it('QM-1: is awake for its time after an answer too', async () => {
    const { core, device, session, registrationId } = await observed();
    core.time.now += 92_000;
    await core.update(session, registrationId);
    core.time.now += 92_000;
    await core.observer.want(device, '/3/0/1', 'ana');
    await rest();
    core.dispatcher.dispatch([
      { kind: 'outcome', at: core.time.now, request: 0 as never, session, outcome: { kind: 'reset' } },
    ]);
    core.time.now += 92_000;
    await core.observer.want(device, '/3/0/3', 'ana');
    await rest();
    expect(core.performed('observe')).toEqual([PATH, '/3/0/1', '/3/0/3']);
  });

  it('QM-1: is asked nothing when its own time is over', async () => {
    const { core, device } = await observed();
    await core.handlers['devices.change'](call({ params: { device: 'meter-1' }, body: { awakeSeconds: 10 } }));
    core.time.now += 10_000;
    await core.observer.want(device, '/3/0/1', 'ana');
    await rest();
    expect(core.performed('observe')).toEqual([PATH]);
  });

  it('that gives queue mode up by an Update is always awake', async () => {
    const { core, device, session, registrationId } = await observed();
    await core.update(session, registrationId, { binding: 'U', queueMode: false });
    core.time.now += 1_000_000;
    await core.observer.want(device, '/3/0/1', 'ana');
    await rest();
    expect(core.performed('observe')).toEqual([PATH, '/3/0/1']);
  });
});
