import { randomInt } from 'node:crypto';
import { openBootstrap } from './bootstrap/open.ts';
import type { ServerUris } from './bootstrap/uris.ts';
import { Performer } from './commands/performer.ts';
import { GroupCommit } from './decision.ts';
import { Dispatcher } from './dispatcher.ts';
import { Gateways } from './gateways/gateways.ts';
import { HandshakeCounts } from './handshakes/counters.ts';
import { FailedHandshakes, type ListenerName } from './handshakes/failed.ts';
import type { Millis, OrganisationId } from './ids.ts';
import { Lanes } from './lanes.ts';
import type { LinkDown, LinkUp } from './link/port.ts';
import { Requests } from './link/requests.ts';
import { Live } from './live.ts';
import { ModelLibrary } from './models/library.ts';
import { Observer } from './observations/observer.ts';
import type { DownlinkLimits } from './pacing/limits.ts';
import { Pacer } from './pacing/pacer.ts';
import { RuleEngine } from './policies/engine.ts';
import { Credentials } from './registry/credentials.ts';
import { type Device, Fleet } from './registry/fleet.ts';
import { QuirkBook } from './registry/quirks.ts';
import { noteHeard, noteUnanswered } from './registry/reach.ts';
import { Registrations } from './registry/registrations.ts';
import { SessionKeeper } from './sessions/keeper.ts';
import { OscoreKeeper } from './sessions/oscore-keeper.ts';
import { shareTexts } from './store/loading.ts';
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
  /** Where devices reach the server. */
  readonly uris: () => ServerUris;
  /** Hands a message to the link. */
  readonly send: (message: LinkDown) => void;
  /** A device was heard; `anew` if with a new registration or over a new session. */
  readonly contacted: (device: Device, anew: boolean) => void;
  /** A device asks for a part of what it is updated with. */
  readonly fetch: (message: Extract<LinkUp, { kind: 'fetch' }>) => void;
  /** How long sessions outlive registrations; see sessions/limits.ts. */
  readonly keepSessionDays?: number;
  /** How much devices are sent without urgency; see pacing/limits.ts. */
  readonly downlink?: Partial<DownlinkLimits> | undefined;
  readonly now: () => Millis;
}

/**
 * Joins the capabilities that every message of a device goes through: registry, observing, values and rules. Their
 * state is loaded when this resolves.
 */
export async function openCore(options: CoreOptions) {
  const { store, sealer, organisationId, noSec, listener, send, contacted, keepSessionDays, now } = options;
  const loaded = shareTexts(store);
  const lanes = new Lanes();
  const commits = new GroupCommit(store);
  const live = new Live();
  const fleet = await Fleet.load(store);
  const credentials = await Credentials.load(store, sealer);
  // Their sessions are not restored: only those whose time ends from now on are told of.
  credentials.told(credentials.over(now()));
  const trust = await openTrust({
    ...options.trust,
    uris: options.uris,
    store,
    sealer,
    organisationId,
    fleet,
    credentials,
    send,
    now,
  });
  const library = await ModelLibrary.load(store, send);
  const values = await Values.load(store, fleet);
  const failedHandshakes = await FailedHandshakes.load(store, organisationId, listener);
  const handshakeCounts = new HandshakeCounts();
  const engine = await RuleEngine.load(store, fleet, values);
  const ingest = new Ingest(engine, (refused) => failedHandshakes.count(refused));
  const requests = new Requests(send);
  const quirks = new QuirkBook({ store, lanes });
  const pacer = await Pacer.load({ store, limits: options.downlink, now });
  const lost = (device: Device, how: 'timeout' | 'not-sent') => noteUnanswered(fleet, device, how);

  const observer: Observer = await Observer.load({
    store,
    fleet,
    lanes,
    engine,
    values,
    requests,
    quirks,
    pacer,
    send,
    lost,
    now,
    take: (device, report, also) => dispatcher.take(device, report, also),
  });
  /** What hung on an old registration or session is begun again. */
  const met = (device: Device, anew?: 'new-registration' | 'new-session') => {
    if (anew) void observer.restart(device, anew);
    else observer.heard(device);
    contacted(device, anew !== undefined);
    dispatcher.tellPresence(device);
  };
  /** After each contact, which is one of the devices behind a gateway too. */
  const heard = (device: Device, anew?: 'new-registration' | 'new-session') => {
    noteHeard(device, now());
    met(device, anew);
    for (const behind of fleet.behind(device)) met(behind, anew);
    gateways.heard(device);
  };
  const registrations = new Registrations({
    store,
    commits,
    fleet,
    credentials,
    lanes,
    send,
    organisationId,
    noSec,
    refuse: (refused) => failedHandshakes.count(refused),
    hooks: {
      held: (session) => sessions.held(session),
      contact: (device, { at, session }) => [engine.contact(device, at), sessions.heard(device, session)],
      registered: (device) => {
        bootstrapping.bootstrap.registered(device);
        gateways.renewed(device);
        heard(device, 'new-registration');
      },
      heard: (device, fresh) => heard(device, fresh ? 'new-session' : undefined),
      ended: (device) => {
        dispatcher.tellPresence(device);
        return gateways.ended(device);
      },
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
  const bootstrapping = await openBootstrap({
    store,
    sealer,
    fleet,
    credentials,
    lanes,
    requests,
    models: library.models,
    trust,
    organisationId,
    noSec,
    uris: options.uris,
    send,
    refuse: (refused) => failedHandshakes.count(refused),
    now,
  });
  const dispatcher: Dispatcher = new Dispatcher({
    store,
    commits,
    fleet,
    lanes,
    credentials,
    admission: trust.admission,
    registrations,
    sessions,
    oscore: new OscoreKeeper({
      store,
      credentials,
      purposeOf: options.trust.purposeOf,
      send,
      random: randomInt,
      now,
    }),
    failedHandshakes,
    handshakeCounts,
    observer: () => observer,
    gateways: () => gateways,
    bootstrap: bootstrapping.bootstrap,
    engine,
    ingest,
    models: library.models,
    requests,
    live,
    send,
    heard: (device, fresh) => heard(device, fresh ? 'new-session' : undefined),
    fetch: options.fetch,
    now,
  });
  const gateways: Gateways = await Gateways.load({
    ...{ store, fleet, lanes, requests, pacer, engine, send, now },
    refuse: (refused) => failedHandshakes.count(refused),
    take: (device, report) => dispatcher.take(device, report),
    joined: (device) => met(device, 'new-registration'),
    left: (device) => dispatcher.tellPresence(device),
  });
  loaded();
  return {
    store,
    noSec,
    send,
    now,
    lanes,
    live,
    fleet,
    gateways,
    credentials,
    trust,
    library,
    values,
    failedHandshakes,
    handshakeCounts,
    engine,
    ingest,
    requests,
    performer: new Performer({ requests, quirks, lost }),
    pacer,
    lost,
    observer,
    registrations,
    sessions,
    bootstrapping,
    dispatcher,
  };
}

/** The capabilities that every message of a device goes through, joined. */
export type Core = Awaited<ReturnType<typeof openCore>>;
