import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../decision.ts';
import { newId, type RegistrationId } from '../ids.ts';
import type { LinkUp, Offer, SessionInfo } from '../link/port.ts';
import type { Change } from '../store/port.ts';
import { type Row, tables } from '../store/tables.ts';
import type { Device, Registration } from './fleet.ts';
import type { Offered } from './profiles.ts';
import { keptQuirks } from './quirks.ts';

type Terms = Row<'registrations'>;
type Register = Extract<LinkUp, { kind: 'register' }>;
type Update = Extract<LinkUp, { kind: 'update' }>;

/** The registration of a device that registers now. */
export function registrationOf(device: Device, message: Register, { offer, profile }: Offered): Registration {
  const { organisationId, deviceId, endpoint } = device.row;
  const { session, sms, lifetime, version, binding, at } = message;
  const { rootPath, contentFormats, objects } = offer;
  const registration: Registration = {
    organisationId,
    deviceId,
    registrationId: newId.registration(),
    endpoint,
    lifetime,
    version,
    binding,
    queueMode: message.queueMode ? 1 : 0,
    rootPath,
    contentFormats,
    objects,
    extra: message.extra,
    registeredAt: at,
    state: 'registered',
    lastContactAt: at,
    address: session.address,
  };
  const quirks = keptQuirks(device.registration, registration);
  const received = receivedOf(device);
  if (session.identity !== undefined) registration.identity = session.identity;
  if (sms !== undefined) registration.sms = sms;
  if (profile) registration.profile = profile;
  if (quirks) registration.quirks = quirks;
  if (received) {
    registration.sessionId = received.sessionId;
    registration.received = received.record;
  }
  return registration;
}

const termColumns = Object.keys(tables.registrations.columns) as readonly (keyof Terms)[];
const contactColumns = Object.keys(tables.contacts.columns) as readonly (keyof Row<'contacts'>)[];

/** What is stored of a registration: all of a device's first one, of any other what the one before did not say. */
export function registrationChanges(former: Registration | undefined, registration: Registration): Change[] {
  const { deviceId, sessionId, received } = registration;
  if (!former) {
    return [
      { put: 'registrations', row: registration },
      { put: 'contacts', row: registration },
    ];
  }
  const contact = differing<Row<'contacts'>>(contactColumns, former, registration);
  // The mark that is stored may be newer than the one before: see `receivedMark`.
  if (sessionId !== undefined && received !== undefined) Object.assign(contact, { sessionId, received });
  return [
    { patch: 'registrations', key: { deviceId }, set: differing<Terms>(termColumns, former, registration) },
    { patch: 'contacts', key: { deviceId }, set: contact },
  ];
}

/** Lists and texts that are held once are the same where they say the same. */
function differing<R>(columns: readonly (keyof R)[], before: R, after: R): Partial<R> {
  const set: Partial<R> = {};
  for (const column of columns) if (before[column] !== after[column]) set[column] = after[column];
  return set;
}

/**
 * The terms that an Update changes; undefined if it changes none, as a plain one does.
 *
 * @param offered what it says of the device's objects, if it does
 */
export function changedTerms(
  registration: Registration,
  message: Update,
  offered?: Offered,
): Partial<Terms> | undefined {
  const { lifetime, binding, queueMode, sms } = message;
  if ((lifetime ?? binding ?? queueMode ?? sms ?? offered) === undefined) return undefined;
  const { offer, profile } = offered ?? {};
  const next: Partial<Terms> = {
    ...(lifetime === undefined ? {} : { lifetime }),
    ...(binding === undefined ? {} : { binding }),
    ...(queueMode === undefined ? {} : { queueMode: queueMode ? 1 : 0 }),
    ...(sms === undefined ? {} : { sms }),
    ...(profile && { profile }),
    ...(offer ? { rootPath: offer.rootPath, objects: offer.objects } : {}),
    // Some clients name their formats only once: a list without them keeps what was known.
    ...(offer && offer.contentFormats.length > 0 ? { contentFormats: offer.contentFormats } : {}),
  };
  const changed = Object.entries(next).filter(
    ([name, value]) => !isDeepStrictEqual(registration[name as keyof Terms], value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** Where and when a message of a device came in. */
type Heard = Pick<Update, 'at' | 'session' | 'record'>;

/** What a contact changes in its row, and in the registration. */
type ContactChange = Partial<Omit<Row<'contacts'>, 'organisationId' | 'deviceId'>>;

/** What every authenticated message tells: when the device was heard, and from where if that is new. */
export function contactOf(device: Device, registration: Registration, heard: Heard): Decision {
  const { at, session } = heard;
  const { deviceId, address } = registration;
  noteReceived(device, heard);
  const set: ContactChange = { lastContactAt: at };
  if (session.address !== address) set.address = session.address;
  const { received } = device;
  if (received) {
    // The session is another one rarely.
    if (received.sessionId !== registration.sessionId) set.sessionId = received.sessionId;
    set.received = received.record;
  }
  return {
    batch: { changes: [{ patch: 'contacts', key: { deviceId }, set }] },
    apply: () => {
      Object.assign(registration, set);
      settleReceived(device);
    },
  };
}

/** The newest record whose effect was decided on: the one that is stored, unless another one is ahead of that. */
export function receivedOf({ received, registration }: Device): Device['received'] {
  const { sessionId, received: record } = registration ?? {};
  return received ?? (sessionId === undefined || record === undefined ? undefined : { sessionId, record });
}

/** Holds it once, where it is stored by now. */
export function settleReceived(device: Device): void {
  const { received, registration } = device;
  const stored = received?.sessionId === registration?.sessionId && received?.record === registration?.received;
  if (stored && received?.former === undefined) device.received = undefined;
}

/**
 * Notes that the effect of a record is going to be stored. At once, and not after the commit: another that overtakes it
 * must not lower the mark.
 */
export function noteReceived(
  device: Device,
  { session, record }: { readonly session?: SessionInfo | undefined; readonly record?: number | undefined },
): void {
  if (session === undefined || record === undefined) return;
  const received = receivedOf(device);
  const { sessionId } = session;
  if (received?.sessionId === sessionId) {
    if (received.record < record) device.received = { ...received, record };
  } else if (received?.former !== sessionId) {
    device.received = { sessionId, record, ...(received ? { former: received.sessionId } : {}) };
  }
}

/** Whether a message comes late over a session that another one took the place of. */
export function isSuperseded({ received }: Device, { sessionId }: SessionInfo): boolean {
  return received?.former === sessionId;
}

/** What of a device's row of contact says which records are replays after a restart; committed with every effect. */
function receivedBy(device: Device): Pick<Row<'contacts'>, 'sessionId' | 'received'> {
  const received = receivedOf(device);
  return received ? { sessionId: received.sessionId, received: received.record } : {};
}

/** What marks the newest record whose effect is stored; for effects that are no contact. */
export function receivedMark(device: Device): Decision | undefined {
  if (!device.received) return undefined;
  const { deviceId } = device.row;
  const set = receivedBy(device);
  return {
    batch: { changes: [{ patch: 'contacts', key: { deviceId }, set }] },
    apply: () => {
      const { registration } = device;
      // Another session is taken over with a contact.
      if (registration && registration.sessionId === set.sessionId) Object.assign(registration, set);
      settleReceived(device);
    },
  };
}

/** What is stored when a device refuses a content format, so that it is not tried first again after a restart. */
export function refusedFormat(
  { registration }: Device,
  registrationId: RegistrationId,
  format: number,
): Decision | undefined {
  if (registration?.registrationId !== registrationId || registration.refusedFormats?.includes(format))
    return undefined;
  const { deviceId, refusedFormats: before = [] } = registration;
  const set = { refusedFormats: [...before, format] };
  return {
    batch: { changes: [{ patch: 'registrations', key: { deviceId }, set }] },
    apply: () => Object.assign(registration, set),
  };
}

/** What the link knows of a registration. */
export function knownOf(registration: Registration) {
  const { registrationId, version, refusedFormats = [] } = registration;
  return { registrationId, version, offer: offerOf(registration), refusedFormats };
}

/** By the objects, which are held once for all registrations that have them: the link knows the same offer again. */
const offers = new WeakMap<Registration['objects'], Offer>();

/** What the registration offers, as the link needs it to encode and decode. */
function offerOf({ rootPath, contentFormats, objects, prefix }: Registration): Offer {
  const known = offers.get(objects);
  const same = known?.rootPath === rootPath && known.contentFormats === contentFormats && known.prefix === prefix;
  if (known && same) return known;
  const offer = { rootPath, contentFormats, objects, ...(prefix === undefined ? {} : { prefix }) };
  offers.set(objects, offer);
  return offer;
}

/** What the link must know beside of a device that is behind a gateway. */
export function throughOf({ gateway }: Device): { readonly through?: RegistrationId } {
  return gateway?.registration ? { through: gateway.registration.registrationId } : {};
}
