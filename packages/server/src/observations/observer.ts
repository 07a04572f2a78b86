import type { Observation } from '@reeve/contract';
import type { LossReason } from '@reeve/policy';
import { commitAll, type Decision } from '../decision.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkDown, RequestOutcome } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer, Turn } from '../pacing/pacer.ts';
import type { RuleEngine } from '../policies/engine.ts';
import { carrierOf, type Device, type Fleet, pages, type Registration } from '../registry/fleet.ts';
import type { QuirkBook } from '../registry/quirks.ts';
import { howUnanswered, isReachable } from '../registry/reach.ts';
import { knownOf, throughOf } from '../registry/terms.ts';
import { SmallMap } from '../small-map.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import type { Values } from '../telemetry/values.ts';
import { furthest, Parts } from './parts.ts';
import { baseOf, wantedTarget } from './target.ts';
import {
  type Begun,
  cancelOf,
  describeRefusal,
  isBegun,
  isMissing,
  type LiveWatch,
  type Requested,
  type Watch,
} from './watch.ts';
import { Wishes } from './wishes.ts';

/** What is to be done next for a device; `former` is the observation that is begun anew. */
type Step =
  | { readonly kind: 'start'; readonly path: string; readonly former?: LiveWatch; readonly watch?: undefined }
  | { readonly kind: 'stop'; readonly path: string; readonly former?: undefined; readonly watch: Watch };

/** What was the case when a device was asked to observe something. */
interface Asked extends Pick<Device, 'session' | 'lastHeard'> {
  readonly path: string;
  readonly of: Registration | undefined;
  readonly carrier: Device;
}

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly engine: RuleEngine;
  readonly values: Values;
  readonly requests: Requests;
  readonly quirks: QuirkBook;
  readonly pacer: Pacer;
  readonly send: (message: LinkDown) => void;
  /** Takes a report of the device's values; called within its lane. */
  readonly take: (device: Device, report: Report, also: Decision[]) => Promise<void>;
  /** The device did not answer: its session is dead until it is heard again. */
  readonly lost: (device: Device, how: 'timeout' | 'not-sent') => void;
  readonly now: () => Millis;
}

/**
 * Keeps what should be observed observed: what rules need and what people asked for, shared between them, begun again
 * after every Register, over every new session, after a restart of the server, and when a value is overdue while the
 * device is in contact.
 */
export class Observer {
  readonly #o: Options;
  readonly #wishes: Wishes;
  readonly #parts: Parts;
  readonly #syncing = new Set<DeviceId>();

  private constructor(options: Options, wishes: Wishes) {
    this.#o = options;
    this.#wishes = wishes;
    this.#parts = new Parts(options.quirks);
  }

  /** Loads what people want, and what devices were observing before a restart. */
  static async load(options: Options): Promise<Observer> {
    const observer = new Observer(options, await Wishes.load(options.store, options.fleet, options.engine));
    const live = new Map<DeviceId, Row<'observations'>[]>();
    const over: Change[] = [];
    for await (const row of pages(options.store, 'observations')) {
      const { deviceId, path } = row;
      const registration = options.fleet.get(deviceId)?.registration;
      if (registration?.registrationId === row.registrationId && registration.state === 'registered') {
        live.set(deviceId, [...(live.get(deviceId) ?? []), row]);
      } else over.push({ delete: 'observations', key: { deviceId, path } });
    }
    if (over.length > 0) await options.store.commit({ changes: over });
    for (const [deviceId, rows] of live) {
      const device = options.fleet.get(deviceId);
      const { registration, gateway } = device ?? {};
      if (!device || !registration) continue;
      if (gateway?.registration) options.send({ kind: 'restore', ...knownOf(gateway.registration), observations: [] });
      const observations = rows.map(({ path, token, since, format }) => {
        const observation = { path, token, ...(format === undefined ? {} : { format }) };
        watchesOf(device).set(path, { ...observation, since, state: 'live', doubt: 'restart' });
        return observation;
      });
      options.send({ kind: 'restore', ...knownOf(registration), ...throughOf(device), observations });
    }
    return observer;
  }

  /** What is observed on the device, and for whom. */
  view(deviceId: DeviceId): Observation[] {
    return [...this.#wishes.of(deviceId)].map(([path, wantedBy]) => this.#view(deviceId, path, wantedBy));
  }

  #view(deviceId: DeviceId, path: string, wantedBy: string[]): Observation {
    const device = this.#o.fleet.get(deviceId);
    const watch = device && furthest(this.#parts.of(device, path).map((part) => device.watches?.get(part)));
    return {
      path,
      wantedBy,
      state: watch?.state ?? 'wanted',
      since: watch?.since ?? this.#o.now(),
      ...(watch?.state === 'refused' ? { reason: watch.reason } : {}),
    };
  }

  /** Whether the server still wants a notification of this token. */
  expects({ watches }: Device, path: string, token: string): boolean {
    const watch = watches?.get(path);
    if (watch?.state === 'requested') watch.overtakenBy = token;
    if (watch?.state !== 'live') return watch?.state === 'requested';
    if (watch.token !== token) return false;
    watch.doubt = undefined;
    return true;
  }

  /**
   * A person wants a target observed. Stored before this resolves.
   * @throws ReeveError `too-many`, `invalid-value`
   */
  async want(device: Device, text: string, person: string): Promise<Observation> {
    const { deviceId } = device.row;
    const path = wantedTarget(text, device.registration);
    await this.#wishes.add(device, path, person, this.#o.now());
    this.sync(device);
    return this.#view(deviceId, path, this.#wishes.of(deviceId).get(path) ?? [person]);
  }

  /** A person wants a target observed no longer. Stored before this resolves. @throws ReeveError `invalid-value` */
  async unwant(device: Device, text: string, person: string): Promise<void> {
    const { deviceId } = device.row;
    const path = wantedTarget(text, undefined);
    await this.#wishes.remove(deviceId, path, person);
    this.sync(device);
  }

  /**
   * Whatever the device observed is gone: a new registration, or a new session. Rules are blind until a value is back.
   * Never rejects: if that cannot be saved, what was observed is wanted all the same, at the next contact.
   */
  restart(device: Device, reason: Extract<LossReason, 'new-registration' | 'new-session'>): Promise<void> | undefined {
    const { deviceId } = device.row;
    // At once, and not in the lane: the link has forgotten them already, and the lane may be full.
    const dropped = this.#wantAgain(device, reason);
    const needs = this.#o.engine.needs(deviceId);
    if (dropped.length === 0 && needs.length === 0) return void this.sync(device);
    const blind = needs.map(({ path }) => ({ kind: 'blind', path, reason }) as const);
    const record = async () => {
      const decision = this.#o.engine.feed(device, blind, this.#o.now());
      if (dropped.length > 0 || decision) await commitAll(this.#o.store, [...dropped, decision]);
      this.sync(device);
    };
    return this.#o.lanes.run(deviceId, record).catch(() => {});
  }

  /**
   * Makes what was observed wanted.
   * @returns what deletes the rows of it; those of a former registration count for nothing, and go at the next start
   */
  #wantAgain({ row: { deviceId }, watches }: Device, reason: LossReason): Decision[] {
    const dropped: Decision[] = [];
    if (!watches) return dropped;
    const since = this.#o.now();
    for (const { path, state } of watches.values()) {
      if (state === 'live' && reason === 'new-session') {
        dropped.push({ batch: { changes: [{ delete: 'observations', key: { deviceId, path } }] } });
      }
      if (state === 'refused' && reason === 'new-session') continue;
      watches.set(path, { path, since, state: 'wanted' });
    }
    return dropped;
  }

  /** The device ended an observation by itself; it is asked again when it registers anew. Called within its lane. */
  async ended(device: Device, path: string, code: number): Promise<void> {
    if (this.#parts.outgrown(device, path, code)) return this.#forget(device, path);
    await this.#refused(device, path, 'the device ended the observation', 'refused');
  }

  /** A notification was not taken, which ends its observation; it begins anew when the device is heard. */
  dropped(device: Device, path: string): void {
    const watches = watchesOf(device);
    if (watches.get(path)?.state === 'live') watches.set(path, { path, since: this.#o.now(), state: 'wanted' });
  }

  /**
   * Observes again what is overdue, and what the device may have given up while the server was away; called when the
   * device is heard, since then it can answer. So a restart costs each device a few messages at its own next contact.
   */
  heard(device: Device): void {
    const { deviceId } = device.row;
    const now = this.#o.now();
    for (const watch of device.watches?.values() ?? []) {
      if (watch.state === 'live' && watch.doubt) watch.doubt = 'renew';
      if (watch.state === 'wanted') watch.later = false;
    }
    for (const { path, maxAge } of this.#o.engine.needs(deviceId)) {
      const watch = device.watches?.get(path);
      if (watch?.state !== 'live' || now - watch.since < maxAge / 2) continue;
      const last = this.#o.values.lastReceivedAt(deviceId, path) ?? watch.since;
      if (now - last < maxAge / 2) continue;
      watch.doubt = 'renew';
    }
    this.sync(device);
  }

  /** Rules that are new to the device want a value now: a path that is observed already is observed anew for it. */
  renew(device: Device): void {
    for (const path of this.#o.engine.unseen(device.row.deviceId)) {
      const watch = device.watches?.get(path);
      if (watch?.state === 'live') watch.doubt = 'renew';
    }
    this.sync(device);
  }

  /** Starts and stops observations until they are what is wanted. One round at a time per device. */
  sync(device: Device): void {
    if (this.#syncing.has(device.row.deviceId)) return;
    const next = this.#next(device);
    if (next) void this.#round(device, next);
  }

  /** Until nothing is to be done, or the rest is left to the device's next contact. Never rejects. */
  async #round(device: Device, first: Step): Promise<void> {
    const { deviceId } = device.row;
    this.#syncing.add(deviceId);
    try {
      for (let next: Step | undefined = first; next; next = this.#next(device)) {
        const turn = this.#ask(device, next);
        if (turn !== 'go') {
          if ((await turn) === 'later') return;
          // What is wanted may have changed meanwhile.
          next = this.#next(device);
          if (!next) return;
        }
        if (next.kind === 'stop') await this.#stop(device, next.watch);
        else await this.#start(device, next.path, next.former);
      }
    } catch {
      // What is wanted yet is begun at the next contact.
    } finally {
      this.#syncing.delete(deviceId);
    }
  }

  #ask(device: Device, { path, former, watch }: Step): Turn | Promise<Turn> {
    // The device knows nothing of it.
    if (watch && watch.state !== 'live') return 'go';
    const bytes = requestBytes({ kind: 'observe', path }, carrierOf(device).session);
    return this.#o.pacer.ask(device, 'background', former ? 2 * bytes : bytes, 'observations');
  }

  #next(device: Device): Step | undefined {
    if (!isReachable(device, this.#o.now())) return undefined;
    const wanted = this.#parts.ofAll(device, this.#wishes.targets(device));
    const watches = device.watches;
    for (const watch of watches?.values() ?? []) {
      if (!wanted.includes(watch.path)) return { kind: 'stop', path: watch.path, watch };
    }
    for (const path of wanted) {
      const watch = watches?.get(path);
      if (watch === undefined || (watch.state === 'wanted' && !watch.later)) return { kind: 'start', path };
      if (watch.state === 'live' && watch.doubt === 'renew') return { kind: 'start', path, former: watch };
    }
    return undefined;
  }

  async #stop(device: Device, watch: Watch): Promise<void> {
    if (watch.state !== 'live') {
      device.watches?.delete(watch.path);
      return;
    }
    await this.#forget(device, watch.path);
    await this.#o.requests.perform(device, cancelOf(watch));
  }

  /** The device does not observe a path any more. What can't be saved is over at the next start. */
  async #forget({ row: { deviceId }, watches }: Device, path: string): Promise<void> {
    watches?.delete(path);
    await this.#o.store.commit({ changes: [{ delete: 'observations', key: { deviceId, path } }] }).catch(() => {});
  }

  /** @param former the observation that this one takes the place of */
  async #start(device: Device, path: string, former: LiveWatch | undefined): Promise<void> {
    const { requests, lanes, now } = this.#o;
    const { deviceId } = device.row;
    const carrier = carrierOf(device);
    const asked = { path, of: device.registration, carrier, session: carrier.session, lastHeard: carrier.lastHeard };
    if (former) void requests.perform(device, cancelOf(former));
    watchesOf(device).set(path, { path, since: now(), state: 'requested' });
    const outcome = await requests.perform(device, { kind: 'observe', path });
    try {
      const turn = lanes.enter(deviceId);
      if (turn) await turn;
      try {
        await this.#learn(device, asked, outcome);
      } finally {
        lanes.leave(deviceId);
      }
    } catch {
      this.#lost(device, path, 'timeout');
    }
  }

  /** It is asked for again when the device is heard, so that nothing is tried in a loop. */
  #retryLater(device: Device, path: string): void {
    watchesOf(device).set(path, { path, since: this.#o.now(), state: 'wanted', later: true });
  }

  /** Nothing more is sent to the device until it is heard again. */
  #lost(device: Device, path: string, how: 'timeout' | 'not-sent'): void {
    this.#retryLater(device, path);
    this.#o.lost(device, how);
  }

  /** Must run in the device's lane. */
  #learn(device: Device, { path, of, carrier, ...before }: Asked, outcome: RequestOutcome): Promise<void> | undefined {
    const same = carrier.session?.sessionId === before.session?.sessionId && device.registration === of;
    const watch = device.watches?.get(path);
    if (!of || !same || watch?.state !== 'requested') return undefined;
    const inParts = this.#parts.learn(device, path, outcome);
    if (isBegun(outcome)) return this.#begun(device, of, watch, outcome);
    if (inParts) return this.#forget(device, path);
    const how = howUnanswered(outcome);
    if (!how) return this.#refused(device, path, describeRefusal(outcome), isMissing(outcome) ? 'missing' : 'refused');
    // A gateway that was heard since is there, although one of the devices behind it may not be.
    if (how === 'timeout' && carrier.lastHeard !== before.lastHeard) this.#retryLater(device, path);
    else this.#lost(device, path, how);
    return undefined;
  }

  /** Of what is to be observed in parts this is the beginning; it is not wanted as a whole any more, and ended next. */
  #begun(device: Device, { registrationId }: Registration, { path, overtakenBy }: Requested, outcome: Begun) {
    const { deviceId, organisationId } = device.row;
    const { token, format } = outcome;
    const since = this.#o.now();
    const watch: LiveWatch = { path, since, state: 'live', token };
    const row: Row<'observations'> = { organisationId, deviceId, registrationId, path, token, since };
    if (format !== undefined) row.format = watch.format = format;
    const live: Decision = {
      batch: { changes: [{ put: 'observations', row }] },
      apply: () => watchesOf(device).set(path, watch),
    };
    this.#parts.prove(device, path);
    const report = { path: baseOf(path) ?? path, body: outcome.body, fresh: token !== overtakenBy, receivedAt: since };
    return this.#o.take(device, report, [live]);
  }

  async #refused(device: Device, path: string, reason: string, loss: 'missing' | 'refused'): Promise<void> {
    const { deviceId, organisationId, endpoint } = device.row;
    const at = this.#o.now();
    const actor = { kind: 'device', name: endpoint } as const;
    const refused: Decision = {
      batch: {
        changes: [{ delete: 'observations', key: { deviceId, path } }],
        journal: [{ type: 'observation.refused', at, organisationId, deviceId, actor, payload: { path, reason } }],
      },
      apply: () => watchesOf(device).set(path, { path, since: at, state: 'refused', reason }),
    };
    await commitAll(this.#o.store, [refused, this.#o.engine.feed(device, [{ kind: 'blind', path, reason: loss }], at)]);
  }
}

function watchesOf(device: Device): SmallMap<Watch> {
  device.watches ??= new SmallMap();
  return device.watches;
}
