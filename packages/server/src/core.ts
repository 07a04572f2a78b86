import { randomInt } from 'node:crypto';
import { Dispatcher } from './dispatcher.ts';
import { HandshakeCounts } from './handshakes/counters.ts';
import { FailedHandshakes, type ListenerName } from './handshakes/failed.ts';
import type { Millis, OrganisationId } from './ids.ts';
import { Lanes } from './lanes.ts';
import type { LinkDown } from './link/port.ts';
import { Requests } from './link/requests.ts';
import { Live } from './live.ts';
import { Observer } from './observations/observer.ts';
import { RuleEngine } from './policies/engine.ts';
import { Credentials } from './registry/credentials.ts';
import { type Device, Fleet } from './registry/fleet.ts';
import { Registrations } from './registry/registrations.ts';
import { SessionKeeper } from './sessions/keeper.ts';
import type { Store } from './store/port.ts';
import type { Sealer } from './store/sealing.ts';
import { Ingest } from './telemetry/ingest.ts';
import { Values } from './telemetry/values.ts';
import { openTrust, type TrustOptions } from './trust/trust.ts';

interface CoreOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly organisationId: OrganisationId;
  /** Whether devices without DTLS may register. */
  readonly noSec: boolean;
  readonly listener: ListenerName;
  readonly trust: TrustOptions;
  /** Hands a message to the link. */
  readonly send: (message: LinkDown) => void;
  /** A device was heard; `anew` if with a new registration or over a new session. */
  readonly contacted: (device: Device, anew: boolean) => void;
  /** How long sessions outlive registrations; see sessions/limits.ts. */
  readonly keepSessionDays?: number;
  readonly now: () => Millis;
}

/**
 * Joins the capabilities that every message of a device goes through: registry, observing, values and rules. Their
 * state is loaded when this resolves.
 */
export async function openCore(options: CoreOptions) {
  const { store, sealer, organisationId, noSec, listener, send, contacted, keepSessionDays, now } = options;
  const lanes = new Lanes();
  const live = new Live();
  const fleet = await Fleet.load(store);
  const credentials = await Credentials.load(store, sealer);
  // Their sessions are not restored: only those whose time ends from now on are told of.
  credentials.told(credentials.over(now()));
  const trust = await openTrust({ ...options.trust, store, sealer, organisationId, fleet, credentials, send, now });
  const values = await Values.load(store);
  const failedHandshakes = await FailedHandshakes.load(store, organisationId, listener);
  const handshakeCounts = new HandshakeCounts();
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
    refuse: (refused) => failedHandshakes.count(refused),
    hooks: {
      contact: (device, { at, session }) => [engine.contact(device, at), sessions.heard(device, session)],
      registered: (device) => heard(device, 'new-registration'),
      heard: (device, fresh) => heard(device, fresh ? 'new-session' : undefined),
      ended: (device) => dispatcher.tellPresence(device),
    },
  });
  const sessions: SessionKeeper = await SessionKeeper.restore(
    {
      store,
      sealer,
      fleet,
      organisationId,
      deviceBehind: (session) => trust.admission.deviceBehind(session, now()),
      send,
      ...(keepSessionDays === undefined ? {} : { keepDays: keepSessionDays }),
      random: randomInt,
      now,
    },
    (device, session) => registrations.bind(device, session),
  );
  const dispatcher: Dispatcher = new Dispatcher({
    store,
    fleet,
    lanes,
    credentials,
    admission: trust.admission,
    registrations,
    sessions,
    failedHandshakes,
    handshakeCounts,
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
    trust,
    values,
    failedHandshakes,
    handshakeCounts,
    engine,
    ingest,
    requests,
    lost,
    observer,
    registrations,
    sessions,
    dispatcher,
  };
}
