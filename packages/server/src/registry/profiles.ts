import type { Offer } from '../link/port.ts';
import type { RegisteredObject } from '../store/tables.ts';

/** What a device offers under a name. */
export interface Profile {
  readonly id: string;
  readonly offer: Offer;
}

/** What a device offers, and the profile that it is known to have from now on. */
export interface Offered {
  readonly offer: Offer;
  readonly profile?: Profile;
}

/** What a Register says of the device's objects. */
interface Said {
  readonly version: string;
  readonly offer: Offer;
  readonly profileId?: string;
}

/**
 * What a device offers: what it lists, together with the profile that it names (Profile ID, OMA Core §6.2.1 of 1.2).
 *
 * The specification has no canonical form of what a profile's name is a hash of, so nobody can check one. It is a name
 * for what this device once listed beside it: one device cannot say what another offers, and each has one profile at most.
 *
 * @param known the profile that the device has told before
 * @returns undefined if the device must list its objects; older ones may have none
 */
export function offeredBy({ version, offer, profileId }: Said, known: Profile | undefined): Offered | undefined {
  const listed = offer.objects.length > 0;
  if (profileId === undefined) {
    return listed || version !== '1.2' ? { offer, ...(known && { profile: known }) } : undefined;
  }
  if (profileId === known?.id) return { offer: listed ? together(known.offer, offer) : known.offer, profile: known };
  return listed ? { offer, profile: { id: profileId, offer } } : undefined;
}

/** The same of an Update, which may say nothing of objects at all; `unknown` if it names a profile that is not known. */
export function updatedOffer(
  { offer, profileId }: Partial<Omit<Said, 'version'>>,
  known: Profile | undefined,
): Offered | 'unknown' | undefined {
  if (profileId === undefined) return offer && { offer };
  return offeredBy({ version: '1.2', offer: offer ?? NOTHING, profileId }, known) ?? 'unknown';
}

const NOTHING: Offer = { rootPath: '/', contentFormats: [], objects: [] };

/** Everything that either offers; where both say something, `more` counts. */
function together(profile: Offer, more: Offer): Offer {
  const objects = new Map<number, RegisteredObject>();
  for (const { instances, ...object } of [...profile.objects, ...more.objects]) {
    const before = objects.get(object.objectId);
    const all = new Set([...(before?.instances ?? []), ...instances]);
    objects.set(object.objectId, { ...before, ...object, instances: [...all].sort((a, b) => a - b) });
  }
  return {
    rootPath: more.rootPath === '/' ? profile.rootPath : more.rootPath,
    contentFormats: more.contentFormats.length > 0 ? more.contentFormats : profile.contentFormats,
    objects: [...objects.values()].sort((a, b) => a.objectId - b.objectId),
  };
}
