import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../link/port.ts';
import { call, openTestCore, sessionOf } from '../test-core.ts';
import { offeredBy, type Profile, updatedOffer } from './profiles.ts';

const NOTHING: Offer = { rootPath: '/', contentFormats: [], objects: [] };
const offer = (...objectIds: number[]): Offer => ({
  ...NOTHING,
  objects: objectIds.map((objectId) => ({ objectId, instances: [0] })),
});
const known: Profile = {
  id: '6:27354b9a',
  offer: {
    rootPath: '/lwm2m',
    contentFormats: [112],
    objects: [
      { objectId: 1, instances: [0] },
      { objectId: 3, version: '1.2', instances: [0] },
    ],
  },
};
const said = { version: '1.2', offer: NOTHING };

describe('what a Register offers', () => {
  it('PR-3: is what its profile is known to mean, which was listed beside it', () => {
    const first = offeredBy({ ...said, profileId: known.id, offer: known.offer }, undefined);
    expect(first).toEqual({ offer: known.offer, profile: known });
    expect(offeredBy({ ...said, profileId: known.id }, first?.profile)).toEqual({ offer: known.offer, profile: known });
  });

  it.each([
    ['a profile that is not known', { ...said, profileId: '6:00000000' }, known],
    ['no profile of several that are known', { ...said, profileId: '6:27354b9a,oma:more' }, known],
    ['neither a profile nor a list', said, known],
  ])('PR-2: is not known from %s', (_, message, profile) => expect(offeredBy(message, profile)).toBeUndefined());

  it('PR-2: is what the profile means together with what is listed', () => {
    const more = { ...NOTHING, objects: [{ objectId: 3, instances: [1] }, ...offer(6).objects] };
    expect(offeredBy({ ...said, profileId: known.id, offer: more }, known)).toEqual({
      offer: {
        rootPath: '/lwm2m',
        contentFormats: [112],
        objects: [
          { objectId: 1, instances: [0] },
          { objectId: 3, version: '1.2', instances: [0, 1] },
          { objectId: 6, instances: [0] },
        ],
      },
      profile: known,
    });
  });

  it('is a list alone, of any version; the profile is kept for another time', () => {
    expect(offeredBy({ ...said, offer: offer(3) }, known)).toEqual({ offer: offer(3), profile: known });
    expect(offeredBy({ version: '1.0', offer: NOTHING }, undefined)).toEqual({ offer: NOTHING });
  });

  it('is another profile from then on when another is listed', () => {
    const other = { id: '6:11111111', offer: offer(5) };
    expect(offeredBy({ ...said, profileId: other.id, offer: other.offer }, known)).toEqual({
      offer: other.offer,
      profile: other,
    });
  });
});

describe('what an Update offers', () => {
  it.each([
    ['nothing new', {}, undefined],
    ['a list, even an empty one', { offer: NOTHING }, { offer: NOTHING }],
    ['what is known by its profile', { profileId: known.id }, { offer: known.offer, profile: known }],
    ['what nobody knows', { profileId: 'oma:other' }, 'unknown'],
  ])('UP-1: is %s', (_, message, expected) => expect(updatedOffer(message, known)).toEqual(expected));
});

describe('a device with a profile', () => {
  const profileId = '6:27354b9a';

  it('PR-2: registers without a list once it has told it, also after a restart', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const bare = { version: '1.2', profileId, offer: NOTHING };
    expect(await core.register(sessionOf('truck-1'), bare)).toBe(Code.Conflict);
    expect(device.registration).toBeUndefined();
    expect(await core.register(sessionOf('truck-1'), { ...bare, offer: offer(1, 3) })).toBe(Code.Created);
    expect(await core.register(sessionOf('truck-1'), bare)).toBe(Code.Created);
    expect(device.registration?.objects).toEqual(offer(1, 3).objects);

    const again = await openTestCore({ store: core.store });
    expect(await again.register(sessionOf('truck-1'), bare)).toBe(Code.Created);
    const { deviceId } = device.row;
    expect((await again.store.get('registrations', { deviceId }))?.objects).toEqual(offer(1, 3).objects);
    expect(again.sentOf('bind').at(-1)?.offer).toEqual(offer(1, 3));
  });

  it('does not speak for another device', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.add('truck-2');
    const bare = { version: '1.2', profileId, offer: NOTHING };
    expect(await core.register(sessionOf('truck-1'), { ...bare, offer: offer(1, 3) })).toBe(Code.Created);
    expect(await core.register(sessionOf('truck-2'), { ...bare, endpoint: 'truck-2' })).toBe(Code.Conflict);
  });

  it('UP-1: names it in an Update', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const session = sessionOf('truck-1');
    await core.register(session, { version: '1.2', profileId, offer: offer(1, 3) });
    const id = device.registration?.registrationId;
    if (!id) throw new Error('not registered');
    await core.update(session, id, { offer: offer(1, 3, 6) });
    expect(await core.update(session, id, { profileId, sms: '4915112345678' })).toBe(Code.Changed);
    expect(device.registration).toMatchObject({ objects: offer(1, 3).objects, sms: '4915112345678' });
    expect(await core.update(session, id, { profileId: 'oma:other' })).toBe(Code.BadRequest);
    expect(device.registration?.objects).toEqual(offer(1, 3).objects);
  });

  it('is shown with what else its registration said', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    const more = { sms: '4915112345678', extra: { site: 'north' } };
    await core.register(sessionOf('truck-1'), { version: '1.2', profileId, offer: offer(3), ...more });
    const { registration } = await core.handlers['devices.show'](call({ params: { device: 'truck-1' } }));
    expect(registration).toMatchObject({ ...more, profile: profileId });
  });
});
