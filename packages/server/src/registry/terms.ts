import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../decision.ts';
import { type Millis, newId } from '../ids.ts';
import type { LinkUp, Offer, SessionInfo } from '../link/port.ts';
import type { Row } from '../store/tables.ts';
import type { Device, Registration } from './fleet.ts';

type Terms = Row<'registrations'>;
type Register = Extract<LinkUp, { kind: 'register' }>;
type Update = Extract<LinkUp, { kind: 'update' }>;

/** The terms under which a device registers. */
export function termsOf(device: Device, { session, offer, at, ...message }: Register): Terms {
  const { organisationId, deviceId, endpoint } = device.row;
  return {
    organisationId,
    deviceId,
    registrationId: newId.registration(),
    endpoint,
    ...(session.identity === undefined ? {} : { identity: session.identity }),
    lifetime: message.lifetime,
    version: message.version,
    binding: message.binding,
    queueMode: message.queueMode ? 1 : 0,
    rootPath: offer.rootPath,
    contentFormats: [...offer.contentFormats],
    objects: [...offer.objects],
    extra: { ...message.extra },
    registeredAt: at,
    state: 'registered',
  };
}

/** The terms that an Update changes; undefined if it changes none, as a plain one does. */
export function changedTerms(registration: Registration, message: Update): Partial<Terms> | undefined {
  const { lifetime, binding, queueMode, offer } = message;
  if (lifetime === undefined && binding === undefined && queueMode === undefined && !offer) return undefined;
  const next: Partial<Terms> = {
    ...(lifetime === undefined ? {} : { lifetime }),
    ...(binding === undefined ? {} : { binding }),
    ...(queueMode === undefined ? {} : { queueMode: queueMode ? 1 : 0 }),
    ...(offer ? { rootPath: offer.rootPath, objects: [...offer.objects] } : {}),
    // Some clients name their formats only once: a list without them keeps what was known.
    ...(offer && offer.contentFormats.length > 0 ? { contentFormats: [...offer.contentFormats] } : {}),
  };
  const changed = Object.entries(next).filter(
    ([name, value]) => !isDeepStrictEqual(registration[name as keyof Terms], value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** What every authenticated message tells: when the device was heard, and from where if that is new. */
export function contactOf(registration: Registration, session: SessionInfo, at: Millis): Decision {
  const { deviceId, address } = registration;
  const set = session.address === address ? { lastContactAt: at } : { lastContactAt: at, address: session.address };
  return {
    batch: { changes: [{ patch: 'contacts', key: { deviceId }, set }] },
    apply: () => Object.assign(registration, set),
  };
}

/** What the registration offers, as the link needs it to encode and decode. */
export function offerOf({ rootPath, contentFormats, objects }: Registration): Offer {
  return { rootPath, contentFormats, objects };
}
