import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { deviceWith, openTestCore, rest, sessionOf } from '../test-core.ts';
import { inParts, partsOf } from './parts.ts';

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

it('a target has the parts of its paths, each with its parameters', () => {
  expect(partsOf('/3/0/9 /6/0?pmax=60')).toEqual(['/3/0/9?pmax=60', '/6/0?pmax=60']);
  expect(partsOf('/3/0/9')).toBeUndefined();
  expect(partsOf('/ /3/0/9')).toBeUndefined();
  expect(inParts(['/3/0/9', '/3/0/9 /6/0'])).toEqual(['/3/0/9', '/6/0']);
});
