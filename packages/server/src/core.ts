import { Dispatcher } from './dispatcher.ts';
import type { Millis, OrganisationId } from './ids.ts';
import { Lanes } from './lanes.ts';
import type { LinkDown } from './link/port.ts';
import { Requests } from './link/requests.ts';
import { Live } from './live.ts';
import { Observer } from './observations/observer.ts';
import { RuleEngine } from './policies/engine.ts';
import { Credentials } from './registry/credentials.ts';
import { type Device, Fleet } from './registry/fleet.ts';
import { Refusals } from './registry/refusals.ts';
import { Registrations } from './registry/registrations.ts';
import type { Store } from './store/port.ts';
import type { Sealer } from './store/sealing.ts';
import { Ingest } from './telemetry/ingest.ts';
import { Values } from './telemetry/values.ts';

interface CoreOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly organisationId: OrganisationId;
  /** Whether devices without DTLS may register. */
  readonly noSec: boolean;
  /** Hands a message to the link. */
  readonly send: (message: LinkDown) => void;
  /** A device was heard; `anew` if with a new registration or over a new session. */
  readonly contacted: (device: Device, anew: boolean) => void;
  readonly now: () => Millis;
}

/**
 * Joins the capabilities that every message of a device goes through: registry, observing, values and rules. Their
 * state is loaded when this resolves.
 */
export async function openCore({ store, sealer, organisationId, noSec, send, contacted, now }: CoreOptions) {
  const lanes = new Lanes();
  const live = new Live();
  const fleet = await Fleet.load(store);
  const credentials = await Credentials.load(store, sealer);
  const values = await Values.load(store);
  const refusals = await Refusals.load(store, organisationId);
  const engine = await RuleEngine.load(store, fleet, values);
  const ingest = new Ingest(values, engine);
  const requests = new Requests(send);
  /** The device did not answer: nothing is sent to it until it is heard again. */
  const lost = (device: Device) => fleet.setSession(device, undefined);

  const observer: Observer = await Observer.load({
    store,
    fleet,
    lanes,
    engine,
    values,
    requests,
    send,
    lost,
    now,
    take: (device, report, also) => dispatcher.take(device, report, also),
  });
  /** After each contact: what hung on an old registration or session is begun again. */
  const heard = (device: Device, anew?: 'new-registration' | 'new-session') => {
    if (anew) void observer.restart(device, anew);
    else observer.heard(device);
    contacted(device, anew !== undefined);
    dispatcher.tellPresence(device);
  };
  const registrations = new Registrations({
    store,
    fleet,
    credentials,
    lanes,
    send,
    organisationId,
    noSec,
    refuse: (refused) => refusals.count(refused),
    hooks: {
      contact: (device, at) => engine.contact(device, at),
      registered: (device) => heard(device, 'new-registration'),
      heard: (device, fresh) => heard(device, fresh ? 'new-session' : undefined),
      ended: (device) => dispatcher.tellPresence(device),
    },
  });
  const dispatcher: Dispatcher = new Dispatcher({
    store,
    fleet,
    lanes,
    credentials,
    registrations,
    refusals,
    observer: () => observer,
    engine,
    ingest,
    requests,
    live,
    send,
    heard: (device, fresh) => heard(device, fresh ? 'new-session' : undefined),
    now,
  });
  return {
    lanes,
    live,
    fleet,
    credentials,
    values,
    refusals,
    engine,
    ingest,
    requests,
    lost,
    observer,
    registrations,
    dispatcher,
  };
}
