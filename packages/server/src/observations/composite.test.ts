import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkRecord, RequestOutcome } from '../link/port.ts';
import { call, deviceWith, openTestCore, rest, START, sessionOf } from '../test-core.ts';

const record = (path: string, value: number, time?: number): LinkRecord => ({
  path,
  stored: { type: 'integer', value },
  ...(time === undefined ? {} : { time }),
});
const TEXT = '/3/0/9 /3/0/7?pmax=60';

/** A device of LwM2M 1.2 that a person wants several values of together. */
async function observed({ version = '1.2' } = {}) {
  const core = await openTestCore();
  const answer = deviceWith({ '/3/0/9': record('', 80).stored, '/3/0/7': record('', 3).stored });
  core.script.behaviour = (operation) => {
    const outcome = answer(operation) as RequestOutcome;
    const composite = operation.kind === 'observe' && operation.path.includes(' ');
    return outcome.kind === 'answered' && composite ? { ...outcome, format: 322 } : outcome;
  };
  const device = await core.add('truck-1');
  await core.register(sessionOf('truck-1'), { version });
  const { deviceId } = device.row;
  return {
    ...{ core, device, deviceId },
    want: (text: string) => core.observer.want(device, text, 'ana'),
    row: (path: string) => core.store.get('observations', { deviceId, path }),
    value: (path: string) => core.values.get(deviceId, path)?.stored.value,
  };
}

describe('several paths that are wanted as one', () => {
  it('are one observation, whose values are each their own', async () => {
    const { core, device, want, row, value } = await observed();
    expect(await want('/3/0/9 /3/0/7 /3/0/9?pmax=60')).toMatchObject({ path: TEXT });
    await rest();
    expect(core.performed('observe')).toEqual([TEXT]);
    expect(core.observer.view(device.row.deviceId)).toMatchObject([{ path: TEXT, state: 'live', wantedBy: ['ana'] }]);
    expect(await row(TEXT)).toMatchObject({ token: expect.any(String), format: 322 });
    expect([value('/3/0/9'), value('/3/0/7')]).toEqual([80, 3]);
  });

  it('SM-3: tell of several moments, which are all kept', async () => {
    const { core, device, deviceId, want, value } = await observed();
    await want(TEXT);
    await rest();
    const minute = 60_000;
    const told = [50, 40, 30].map((percent, n) => record('/3/0/9', percent, START - (2 - n) * minute));
    const exchange = await core.notify(device, TEXT, [...told, record('/3/0/7', 2, START)]);
    expect(core.accepted(exchange)).toBe(true);
    expect([value('/3/0/9'), value('/3/0/7')]).toEqual([30, 2]);
    const { value: series } = await core.store.scan({ deviceId, path: '/3/0/9' }, {});
    expect(series.slice(-4)).toEqual(expect.arrayContaining([50, 40, 30]));
  });

  it('are ended as they began, and restored after a restart with their format', async () => {
    const { core, device, want, row } = await observed();
    await want(TEXT);
    await rest();
    const token = (await row(TEXT))?.token;
    const again = await openTestCore({ store: core.store });
    expect(again.sentOf('restore')).toMatchObject([{ observations: [{ path: TEXT, token, format: 322 }] }]);
    await core.observer.unwant(device, TEXT, 'ana');
    await rest();
    expect(core.operations.at(-1)).toEqual({ kind: 'cancel-observe', path: TEXT, token, format: 322 });
    expect(await row(TEXT)).toBeUndefined();
  });

  it('do not make a rule blind that observes one of them itself', async () => {
    const { core, device, want } = await observed();
    const source = `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {labels: {}}
rules:
  - {id: low, threshold: {path: /3/0/9, below: 20}, respond: [alarm]}
`;
    await core.handlers['policies.apply'](call({ body: { source } }));
    await want(TEXT);
    await rest();
    await core.notify(device, TEXT, [], { ends: true, code: Code.NotFound, body: { kind: 'empty' } });
    const { rules, observations } = await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }));
    expect(rules).toMatchObject([{ state: 'ok' }]);
    expect(observations).toMatchObject([
      { path: '/3/0/9', state: 'live' },
      { path: TEXT, state: 'refused' },
    ]);
  });

  it.each([
    ['1.0', '/3/0/9 /6/0', 'LwM2M 1.1'],
    ['1.1', '/3/0/9?pmin=5', 'LwM2M 1.2'],
    ['1.2', '/3/0/9 /6/0?gt=5', 'belongs to a resource'],
    ['1.2', '/6/0?gt=5', 'belongs to a resource'],
    ['1.2', '/3/0/9?gt=5&lt=6', 'nothing that can be observed'],
    ['1.2', '/', 'as a whole'],
    ['1.2', '/3/x', 'nothing that can be observed'],
  ])('AT-5: of LwM2M %s are not "%s"', async (version, text, detail) => {
    const { want } = await observed({ version });
    await expect(want(text)).rejects.toMatchObject({ code: 'invalid-value', message: expect.stringContaining(detail) });
  });
});

describe('content formats that a device has refused', () => {
  it('FM-2: are known after a restart, and not of its next registration', async () => {
    const { core, device } = await observed();
    const { registration } = device;
    if (!registration) throw new Error('not registered');
    const { registrationId } = registration;
    for (const format of [322, 320, 322]) await core.deliver({ kind: 'format-refused', registrationId, format });
    const again = await openTestCore({ store: core.store });
    expect(again.fleet.get(device.row.deviceId)?.registration?.refusedFormats).toEqual([322, 320]);
    const session = sessionOf('truck-1');
    await core.deliver({ kind: 'session-opened', at: core.time.now, session });
    expect(core.sentOf('bind').at(-1)).toMatchObject({ refusedFormats: [322, 320] });
    await core.register(session);
    expect(core.sentOf('bind').at(-1)).toMatchObject({ refusedFormats: [] });
  });
});
