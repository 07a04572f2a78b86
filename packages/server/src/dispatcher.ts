import { Code } from '@reeve/coap';
import type { Bootstrap } from './bootstrap/bootstrap.ts';
import { commitAll, type Decision, type Decisions, type GroupCommit } from './decision.ts';
import type { Gateways } from './gateways/gateways.ts';
import type { HandshakeCounts } from './handshakes/counters.ts';
import type { FailedHandshakes } from './handshakes/failed.ts';
import type { Millis } from './ids.ts';
import type { Lanes } from './lanes.ts';
import type { LinkDown, LinkUp } from './link/port.ts';
import type { Requests } from './link/requests.ts';
import type { Live } from './live.ts';
import type { Observer } from './observations/observer.ts';
import { baseOf } from './observations/target.ts';
import type { RuleEngine } from './policies/engine.ts';
import type { Credentials } from './registry/credentials.ts';
import { carrierOf, type Device, type Fleet } from './registry/fleet.ts';
import { presenceOf } from './registry/presence.ts';
import { charge, chargeLater, rateLimits } from './registry/rate.ts';
import { howUnanswered, noteHeard } from './registry/reach.ts';
import { type Registrations, speaksFor } from './registry/registrations.ts';
import { contactOf, noteReceived, receivedMark, refusedFormat } from './registry/terms.ts';
import { valueView } from './registry/views.ts';
import type { SessionKeeper } from './sessions/keeper.ts';
import type { OscoreKeeper } from './sessions/oscore-keeper.ts';
import { samplesOf } from './store/history.ts';
import type { Batch, Sample, Store } from './store/port.ts';
import type { Ingest, Report } from './telemetry/ingest.ts';
import type { Models } from './telemetry/models.ts';
import type { Admission } from './trust/admission.ts';

interface Options {
  readonly store: Store;
  readonly commits: GroupCommit;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly credentials: Credentials;
  readonly admission: Admission;
  readonly registrations: Registrations;
  readonly sessions: SessionKeeper;
  readonly oscore: OscoreKeeper;
  readonly failedHandshakes: FailedHandshakes;
  readonly handshakeCounts: HandshakeCounts;
  readonly observer: () => Observer;
  readonly gateways: () => Gateways;
  readonly bootstrap: Bootstrap;
  readonly engine: RuleEngine;
  readonly ingest: Ingest;
  readonly models: Models;
  readonly requests: Requests;
  readonly live: Live;
  readonly send: (message: LinkDown) => void;
  /** The device was heard; `fresh` if over a session that is new to it. */
  readonly heard: (device: Device, fresh: boolean) => void;
  /** A device asks for a part of what it is updated with. */
  readonly fetch: (message: Extract<LinkUp, { kind: 'fetch' }>) => void;
  readonly now: () => Millis;
}

type Sent = Extract<LinkUp, { kind: 'send' }>;

/** Hands each message of the link to the capability that it is for. A message that fails is the device's to repeat. */
export class Dispatcher {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  dispatch(messages: readonly LinkUp[]): void {
    for (const message of messages) this.#one(message);
  }

  #one(message: LinkUp): void {
    const { fleet, registrations, failedHandshakes, requests, live, send, now } = this.#o;
    switch (message.kind) {
      case 'find-psk': {
        const { lookup, identity, ingress } = message;
        const found = this.#o.admission.psk(identity, now(), ingress);
        send({ kind: 'psk', lookup, ...(found ? { found } : {}) });
        break;
      }
      case 'find-peer': {
        const { lookup, ingress, presented } = message;
        void this.#o.admission
          .peer(presented, ingress, now())
          .then((verdict) => send({ kind: 'peer', lookup, verdict }));
        break;
      }
      case 'find-resumed': {
        const { lookup, ingress, identity, credential } = message;
        send({ kind: 'resumed', lookup, good: this.#o.admission.resumes(identity, credential, now(), ingress) });
        break;
      }
      case 'find-oscore':
        void this.#o.oscore.find(message);
        break;
      case 'reserve-oscore':
        void this.#o.oscore.reserve(message);
        break;
      case 'session-opened': {
        const { session } = message;
        const deviceId = this.#o.admission.deviceBehind(session, now());
        const device = deviceId ? fleet.get(deviceId) : undefined;
        if (!device) {
          // What admitted it went while the handshake was under way.
          send({ kind: 'close-session', sessionId: session.sessionId });
        } else if (this.#o.admission.purposeOf(session) === 'bootstrap') {
          this.#o.bootstrap.opened(session);
        } else {
          // Queued before anything that comes over it.
          this.#o.sessions.opened(message);
          // Bound before the first message, so that a notification over the new session finds its registration.
          registrations.bind(device, session);
        }
        break;
      }
      case 'session-closed': {
        this.#o.bootstrap.closed(message.sessionId);
        this.#o.sessions.closed(message.sessionId, message.at);
        const device = fleet.bySession(message.sessionId);
        if (device) fleet.setSession(device, undefined);
        break;
      }
      case 'session-moved':
        void registrations.moved(message, this.#o.sessions.moved(message));
        break;
      case 'reserve':
        // What ends with the process needs nobody's leave.
        if (this.#o.bootstrap.owns(message.sessionId)) send({ ...message, kind: 'reserved' });
        else this.#o.sessions.reserve(message.sessionId, message.upTo);
        break;
      case 'register':
        void registrations.register(message);
        break;
      case 'update':
        void registrations.update(message);
        break;
      case 'deregister':
        void registrations.deregister(message);
        break;
      case 'notification':
        void this.#notification(message);
        break;
      case 'send':
        void this.#sent(message);
        break;
      case 'fetch':
        this.#o.fetch(message);
        break;
      case 'bootstrap-request':
        void this.#o.bootstrap.request(message);
        break;
      case 'bootstrap-pack-request':
        void this.#o.bootstrap.packRequest(message);
        break;
      case 'outcome':
        this.#answered(message);
        requests.settle(message.request, message.outcome);
        break;
      case 'format-refused':
        void this.#formatRefused(message);
        break;
      case 'refused':
        failedHandshakes.count(this.#o.admission.explained(message));
        break;
      case 'census':
        this.#o.handshakeCounts.take(message);
        break;
      case 'trace': {
        const { at, direction, text, bytes } = message;
        const device = fleet.bySession(message.sessionId);
        if (device) live.traced(device.row.deviceId, { at, direction, text, bytes });
        break;
      }
    }
  }

  /**
   * Commits what a device answered, with whatever else belongs to it, then shows it. Must run in the device's lane.
   * @throws StoreError if nothing was saved
   */
  take(device: Device, report: Report, also: readonly Decision[] = []): Promise<void> {
    return this.#report(device, report, [receivedMark(device), ...also]);
  }

  #report(device: Device, report: Report, also: Decisions): Promise<void> {
    // It may have been removed while its lane was waited for.
    if (this.#o.fleet.get(device.row.deviceId) !== device) return Promise.resolve();
    // History names a sample by its times: no two reports of a device are of the same millisecond.
    const receivedAt = Math.max(report.receivedAt, (device.reportedAt ?? 0) + 1);
    device.reportedAt = receivedAt;
    const told = receivedAt === report.receivedAt ? report : { ...report, receivedAt };
    const decision = this.#o.ingest.take(device, told);
    return this.#o.commits.commit([decision, ...also]).then(() => this.#reported(device, report, decision.batch));
  }

  /** After the commit of a report. @returns what to wait for, if anything */
  #reported(device: Device, report: Report, batch: Batch): Promise<void> | undefined {
    const { journal = [], samples = [], readings = [] } = batch;
    chargeLater(carrierOf(device), journal.length * rateLimits.entry, report.receivedAt);
    if (this.#o.live.watched) this.#tellSamples(device, [...samples, ...readings.flatMap(samplesOf)]);
    const gateways = this.#o.gateways();
    if (!samples.some(saysModel) && !readings.some(({ form }) => form.paths.some(isModel))) {
      return gateways.told(device, report);
    }
    return this.#reassign(device).then(() => gateways.told(device, report));
  }

  #tellSamples(device: Device, samples: readonly Sample[]): void {
    const values = samples.flatMap(({ path, stored, receivedAt, current }) =>
      current ? valueView({ path, stored, receivedAt, ...current }, device.registration, this.#o.models) : [],
    );
    if (values.length > 0) this.#o.live.tell({ kind: 'samples', data: { deviceId: device.row.deviceId, values } });
  }

  /** Which policies apply may depend on what the device says that it is: what it no longer falls under is undone. */
  async #reassign(device: Device): Promise<void> {
    if (!this.#o.engine.assign(device)) return;
    const { organisationId, deviceId, endpoint } = device.row;
    const actor = { kind: 'device', name: endpoint } as const;
    const at = this.#o.now();
    await this.#o.store.commit({
      journal: [{ type: 'device.changed', at, organisationId, deviceId, actor, payload: { fields: ['model'] } }],
    });
    chargeLater(carrierOf(device), rateLimits.journalled, at);
    this.#o.observer().renew(device);
  }

  /** What the answer is going to change is stored with the number of its record. */
  #answered(message: Extract<LinkUp, { kind: 'outcome' }>): void {
    const device = message.session && this.#o.fleet.bySession(message.session.sessionId);
    if (!device) return;
    noteReceived(device, message);
    if (howUnanswered(message.outcome) === undefined) noteHeard(device, message.at);
  }

  async #formatRefused({ registrationId, format }: Extract<LinkUp, { kind: 'format-refused' }>): Promise<void> {
    const { fleet, lanes, store } = this.#o;
    const device = fleet.byRegistration(registrationId);
    if (!device) return;
    // What is not saved is found out again after a restart.
    await lanes
      .run(device.row.deviceId, () => commitAll(store, [refusedFormat(device, registrationId, format)]))
      .catch(() => {});
  }

  /** Shows that the device was heard. */
  tellPresence(device: Device): void {
    if (!this.#o.live.watched) return;
    const presence = presenceOf(device, this.#o.now());
    this.#o.live.tell({ kind: 'presence', data: { deviceId: device.row.deviceId, presence } });
  }

  async #notification(message: Extract<LinkUp, { kind: 'notification' }>): Promise<void> {
    const { fleet, registrations, failedHandshakes, send } = this.#o;
    const { exchange, session, registrationId, path, token, body } = message;
    const device = fleet.byRegistration(registrationId);
    const wanted = device && this.#o.observer().expects(device, path, token);
    if (!device || !wanted || !speaksFor(this.#o.credentials, session, device)) {
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      return;
    }
    const carrier = carrierOf(device);
    const refused = charge(carrier, message);
    if (refused) {
      failedHandshakes.count(refused);
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      // A non-confirmable one is dropped without a word, and its observation goes on.
      if (exchange !== undefined || message.ends) this.#o.observer().dropped(device, path);
      return;
    }
    try {
      const turn = this.#enter(device);
      if (turn) await turn;
      try {
        if (carrier.registration === undefined || device.registration?.registrationId !== registrationId) {
          if (exchange !== undefined) send({ kind: 'reject', exchange });
          return;
        }
        const report: Report = { path: baseOf(path) ?? path, body, fresh: message.fresh, receivedAt: message.at };
        await this.#report(device, report, this.#contacts(device, message));
        if (exchange !== undefined) send({ kind: 'accept', exchange });
        if (message.ends) await this.#o.observer().ended(device, path, message.code);
        this.#o.heard(carrier, registrations.attach(carrier, session));
      } finally {
        this.#leave(device);
      }
    } catch {
      // Nothing was saved, so nothing is acknowledged: the observation ends, and begins again when the device is heard.
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      this.#o.observer().dropped(device, path);
    }
  }

  /** Takes the lane of a device, within that of the gateway that it is behind, if it is. @throws LaneFullError */
  #enter({ gateway, row: { deviceId } }: Device): Promise<void> | undefined {
    const { lanes } = this.#o;
    return gateway ? lanes.enterWithin(gateway.row.deviceId, deviceId) : lanes.enter(deviceId);
  }

  #leave({ gateway, row: { deviceId } }: Device): void {
    this.#o.lanes.leave(deviceId);
    if (gateway) this.#o.lanes.leave(gateway.row.deviceId);
  }

  /** What a message tells beside what it says: that the device was heard, and the gateway that it is behind. */
  #contacts(device: Device, message: Pick<Sent, 'at' | 'session' | 'record'>): Decisions {
    const { engine, sessions } = this.#o;
    const { at, session } = message;
    const carrier = carrierOf(device);
    const contact = carrier.registration && contactOf(carrier, carrier.registration, message);
    const own = [engine.contact(device, at), contact, sessions.heard(carrier, session)];
    if (device === carrier) return own;
    const behind = device.registration && contactOf(device, device.registration, { at, session });
    return [...own, behind, engine.contact(carrier, at)];
  }

  /** A device tells of its own accord: stored and judged as a notification is, and answered after the commit. */
  async #sent(message: Sent): Promise<void> {
    const { fleet, lanes, registrations, failedHandshakes, send } = this.#o;
    const { exchange, session, registrationId, body, behind = [] } = message;
    const answer = (code: number, maxAge?: number) =>
      send({ kind: 'answer', exchange, code, ...(maxAge === undefined ? {} : { maxAge }) });
    const device = fleet.byRegistration(registrationId);
    if (!device || !speaksFor(this.#o.credentials, session, device)) return answer(Code.NotFound);
    const refused = charge(device, message);
    if (refused) {
      failedHandshakes.count(refused);
      return answer(Code.ServiceUnavailable, rateLimits.retryAfter);
    }
    try {
      const turn = this.#enter(device);
      if (turn) await turn;
      try {
        if (device.registration?.registrationId !== registrationId) return answer(Code.NotFound);
        const told = { path: '/', fresh: true, receivedAt: message.at };
        for (const { registrationId: of, body: values } of behind) {
          const one = fleet.byRegistration(of);
          if (one?.gateway !== device) return answer(Code.NotFound);
          const report = () => this.#report(one, { ...told, body: values }, this.#contacts(one, message));
          await lanes.run(one.row.deviceId, report);
        }
        if (behind.length === 0 || body.kind === 'columns' || body.records.length > 0) {
          await this.#report(device, { ...told, body }, this.#contacts(device, message));
        }
        answer(Code.Changed);
        this.#o.heard(device, registrations.attach(device, session));
      } finally {
        this.#leave(device);
      }
    } catch {
      // Nothing was saved, so nothing is acknowledged; the device is told to come back in a minute.
      answer(Code.ServiceUnavailable, 60);
    }
  }
}

/** Whether it says what the device is. */
function saysModel({ path, current }: Sample): boolean {
  return current !== undefined && isModel(path);
}

/** Whether it is the manufacturer or the model of the device (LwM2M object 3). */
function isModel(path: string): boolean {
  return path === '/3/0/1' || path === '/3/0/0';
}
