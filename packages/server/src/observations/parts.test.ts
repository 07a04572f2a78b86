import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { deviceWith, openTestCore, rest, sessionOf } from '../test-core.ts';
import { MAX_INSTANCES, splitOf } from './parts.ts';

const PATHS = '/3/0/9 /3/0/7';
const known = {
  '/3/0/9': { type: 'integer', value: 80 },
  '/3/0/7': { type: 'integer', value: 3 },
} as const;

/** A device that takes no FETCH, of which a person wants several paths together. */
async function observed(toFetch: RequestOutcome, values: Partial<typeof known> = known) {
  const core = await openTestCore();
  const answer = deviceWith(values);
  const isFetch = (operation: LinkOperation) => operation.kind === 'observe' && operation.path.includes(' ');
  core.script.behaviour = (operation) => (isFetch(operation) ? toFetch : answer(operation));
  const device = await core.add('truck-1');
  await core.register(sessionOf('truck-1'), { version: '1.2' });
  await core.observer.want(device, PATHS, 'ana');
  await rest();
  const { deviceId } = device.row;
  return { core, device, deviceId, view: () => core.observer.view(deviceId) };
}

const acknowledged: RequestOutcome = { kind: 'timeout', acknowledged: true };
const answered = (code: number): RequestOutcome => ({ kind: 'answered', code, body: { kind: 'empty' } });

describe('several paths that are wanted as one of a device that takes no FETCH', () => {
  it.each([
    ['4.05', answered(0x85)],
    ['5.01', answered(0xa1)],
    ['an acknowledgement, and nothing more', acknowledged],
  ])('P29: are observed one by one after %s, and told of as what is wanted', async (_, toFetch) => {
    const { core, device, deviceId, view } = await observed(toFetch);
    expect(core.performed('observe')).toEqual([PATHS, '/3/0/9', '/3/0/7']);
    expect(view()).toMatchObject([{ path: PATHS, state: 'live', wantedBy: ['ana'] }]);
    expect(core.values.get(deviceId, '/3/0/7')?.stored.value).toBe(3);
    expect(await core.store.get('registrations', { deviceId })).toMatchObject({ quirks: { noFetch: true } });
    expect(device.session).toBeDefined();
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: { type: 'integer', value: 50 } }]);
    expect(core.accepted(exchange)).toBe(true);
    expect(core.values.get(deviceId, '/3/0/9')?.stored.value).toBe(50);
  });

  it('P29: are asked for one by one at once when it registers again', async () => {
    const { core } = await observed(answered(0xa1));
    core.operations.length = 0;
    await core.register(sessionOf('truck-1'), { version: '1.2' });
    expect(core.performed('observe')).toEqual(['/3/0/9', '/3/0/7']);
  });

  it('P29: are ended one by one when nobody wants them any more', async () => {
    const { core, device, view } = await observed(answered(0xa1));
    await core.observer.unwant(device, PATHS, 'ana');
    await rest();
    expect(core.performed('cancel-observe').sort()).toEqual(['/3/0/7', '/3/0/9']);
    expect(view()).toEqual([]);
    expect(await core.store.list('observations')).toEqual([]);
  });

  it('P29: are as good as refused if one of them is', async () => {
    const { core, view } = await observed(answered(0xa1), { '/3/0/9': known['/3/0/9'] });
    expect(core.performed('observe')).toEqual([PATHS, '/3/0/9', '/3/0/7']);
    expect(view()).toMatchObject([{ path: PATHS, state: 'refused' }]);
  });
});

it('a target has the parts of its paths, or of its instances, each with its parameters', () => {
  const objects = [
    { objectId: 6, instances: [] },
    { objectId: 3303, instances: [0, 7] },
  ];
  const parts = (text: string) => splitOf(text, objects)?.parts;
  expect(parts('/3/0/9 /6/0?pmax=60')).toEqual(['/3/0/9?pmax=60', '/6/0?pmax=60']);
  expect(parts('/3303?pmin=5')).toEqual(['/3303/0?pmin=5', '/3303/7?pmin=5']);
  for (const whole of ['/3/0/9', '/ /3/0/9', '/3303/0', '/6', '/33']) expect(parts(whole)).toBeUndefined();
  const many = (count: number) => [{ objectId: 3303, instances: Array.from({ length: count }, (_, id) => id) }];
  expect(splitOf('/3303', many(MAX_INSTANCES))?.parts).toHaveLength(MAX_INSTANCES);
  expect(splitOf('/3303', many(MAX_INSTANCES + 1))).toBeUndefined();
});

describe('an object that is wanted of a device whose answers it is too long for', () => {
  const THERMOMETERS = '/3303';
  const degrees = (value: number) => ({ type: 'float', value });
  const values = { '/3303/0/5700': degrees(20), '/3303/1/5700': degrees(21), '/3303/2/5700': degrees(22) };
  const offering = (...instances: readonly number[]) => {
    const objects = [
      { objectId: 3, instances: [0] },
      { objectId: 3303, instances: [...instances] },
    ];
    return { rootPath: '/', contentFormats: [112], objects };
  };

  /** A device that answers so for the whole of the object. */
  async function crammed(toWhole: RequestOutcome, has: Parameters<typeof deviceWith>[0] = values) {
    const core = await openTestCore();
    const answer = deviceWith(has);
    const isWhole = (operation: LinkOperation) => operation.kind === 'observe' && operation.path === THERMOMETERS;
    core.script.behaviour = (operation) => (isWhole(operation) ? toWhole : answer(operation));
    const device = await core.add('truck-1');
    const session = sessionOf('truck-1');
    await core.register(session, { version: '1.2', offer: offering(0, 1) });
    await core.observer.want(device, THERMOMETERS, 'ana');
    await rest();
    const { deviceId } = device.row;
    const offers = async (...instances: readonly number[]) => {
      const { registrationId } = device.registration ?? {};
      if (registrationId) await core.update(session, registrationId, { offer: offering(...instances) });
    };
    const quirks = async () => (await core.store.get('registrations', { deviceId }))?.quirks;
    return { core, device, deviceId, session, offers, quirks, view: () => core.observer.view(deviceId) };
  }

  const cut: RequestOutcome = {
    ...{ kind: 'answered', code: 0x45, token: 'abcd' },
    body: { kind: 'records', records: [{ path: '/3303/0/5700', stored: degrees(19) }], truncated: true },
  };

  it.each([
    ['5.00', answered(0xa0)],
    ['4.13', answered(0x8d)],
  ])('P12: is observed instance by instance after %s, and told of as what is wanted', async (_, toWhole) => {
    const { core, device, deviceId, quirks, view } = await crammed(toWhole);
    expect(core.performed('observe')).toEqual([THERMOMETERS, '/3303/0', '/3303/1']);
    expect(view()).toMatchObject([{ path: THERMOMETERS, state: 'live', wantedBy: ['ana'] }]);
    expect(core.values.get(deviceId, '/3303/1/5700')?.stored.value).toBe(21);
    expect(await quirks()).toEqual({ byInstance: [3303] });
    const exchange = await core.notify(device, '/3303/1', [{ path: '/3303/1/5700', stored: degrees(25) }]);
    expect(core.accepted(exchange)).toBe(true);
    expect(core.values.get(deviceId, '/3303/1/5700')?.stored.value).toBe(25);
  });

  it('P12: is observed so after an answer that broke off, and the whole no longer', async () => {
    const { core, view } = await crammed(cut);
    expect(core.operations.map((operation) => `${operation.kind} ${'path' in operation && operation.path}`)).toEqual([
      ...['observe /3303', 'cancel-observe /3303', 'observe /3303/0', 'observe /3303/1'],
    ]);
    expect(view()).toMatchObject([{ path: THERMOMETERS, state: 'live' }]);
    expect((await core.store.list('observations')).map(({ path }) => path).sort()).toEqual(['/3303/0', '/3303/1']);
  });

  it('P12: is observed so after a notification that it has grown too long for', async () => {
    const { core, device, session, view } = await crammed({ ...cut, body: { kind: 'empty' } });
    expect(view()).toMatchObject([{ state: 'live' }]);
    await core.notify(device, THERMOMETERS, [], { ends: true, code: 0xa0, body: { kind: 'empty' } });
    await rest();
    expect(core.performed('observe')).toEqual([THERMOMETERS, '/3303/0', '/3303/1']);
    expect(view()).toMatchObject([{ state: 'live' }]);
    expect(await core.journal('observation.refused')).toEqual([]);
    core.operations.length = 0;
    await core.register(session, { version: '1.2', offer: offering(0, 1) });
    expect(core.performed('observe')).toEqual(['/3303/0', '/3303/1']);
  });

  it('P12: has the instances join that an Update lists, and leave that it lists no more', async () => {
    const { core, offers, view } = await crammed(answered(0xa0));
    core.operations.length = 0;
    await offers(0, 1, 2);
    expect(core.performed('observe')).toEqual(['/3303/2']);
    await offers(0, 2);
    expect(core.performed('cancel-observe')).toEqual(['/3303/1']);
    expect(view()).toMatchObject([{ path: THERMOMETERS, state: 'live' }]);
    await offers();
    await offers(1);
    expect(core.performed('observe').at(-1)).toBe('/3303/1');
    expect((await core.store.list('observations')).map(({ path }) => path)).toEqual(['/3303/1']);
  });

  it('P12: is as good as refused if one of its instances is, which proves nothing', async () => {
    const { view, quirks } = await crammed(answered(0xa0), {});
    expect(view()).toMatchObject([{ path: THERMOMETERS, state: 'refused' }]);
    expect(await quirks()).toBeUndefined();
  });

  it('P12, P29: is observed so among several paths too, of a device that takes no FETCH', async () => {
    const core = await openTestCore();
    const answer = deviceWith({ ...values, ...known });
    core.script.behaviour = (operation) => {
      if (operation.kind !== 'observe') return answer(operation);
      if (operation.path.includes(' ')) return answered(0x85);
      return operation.path === THERMOMETERS ? answered(0xa0) : answer(operation);
    };
    const device = await core.add('truck-1');
    await core.register(sessionOf('truck-1'), { version: '1.2', offer: offering(0, 1) });
    await core.observer.want(device, '/3/0/9 /3303', 'ana');
    await rest();
    expect(core.performed('observe')).toEqual(['/3/0/9 /3303', '/3/0/9', '/3303', '/3303/0', '/3303/1']);
    expect(core.observer.view(device.row.deviceId)).toMatchObject([{ path: '/3/0/9 /3303', state: 'live' }]);
  });

  it('P12: is observed so after a restart at once', async () => {
    const { core, deviceId } = await crammed(answered(0xa0));
    const again = await openTestCore({ store: core.store });
    const [restored] = again.sentOf('restore');
    expect(restored?.observations.map(({ path }) => path).sort()).toEqual(['/3303/0', '/3303/1']);
    expect(again.observer.view(deviceId)).toMatchObject([{ path: THERMOMETERS, state: 'live' }]);
  });
});
