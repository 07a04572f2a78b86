import { commitAll, type Decision } from './decision.ts';
import type { Millis } from './ids.ts';
import type { Lanes } from './lanes.ts';
import type { LinkDown, LinkUp } from './link/port.ts';
import type { Requests } from './link/requests.ts';
import type { Live } from './live.ts';
import type { Observer } from './observations/observer.ts';
import type { RuleEngine } from './policies/engine.ts';
import type { Credentials } from './registry/credentials.ts';
import type { Device, Fleet } from './registry/fleet.ts';
import { presenceOf } from './registry/presence.ts';
import { charge } from './registry/rate.ts';
import type { Refusals } from './registry/refusals.ts';
import type { Registrations } from './registry/registrations.ts';
import { contactOf } from './registry/terms.ts';
import { valueView } from './registry/views.ts';
import type { Store } from './store/port.ts';
import type { Ingest, Report } from './telemetry/ingest.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly credentials: Credentials;
  readonly registrations: Registrations;
  readonly refusals: Refusals;
  readonly observer: () => Observer;
  readonly engine: RuleEngine;
  readonly ingest: Ingest;
  readonly requests: Requests;
  readonly live: Live;
  readonly send: (message: LinkDown) => void;
  /** The device was heard; `fresh` if over a session that is new to it. */
  readonly heard: (device: Device, fresh: boolean) => void;
  readonly now: () => Millis;
}

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
    const { fleet, registrations, credentials, refusals, requests, live, send, now } = this.#o;
    switch (message.kind) {
      case 'find-psk': {
        const key = credentials.key(message.identity, now());
        send({ kind: 'psk', lookup: message.lookup, ...(key ? { key } : {}) });
        break;
      }
      case 'session-opened': {
        const deviceId = message.session.identity && credentials.deviceOf(message.session.identity);
        const device = deviceId ? fleet.get(deviceId) : undefined;
        // Bound before the first message, so that a notification over the new session finds its registration.
        if (device) registrations.bind(device, message.session);
        break;
      }
      case 'session-closed': {
        const device = fleet.bySession(message.sessionId);
        if (device) fleet.setSession(device, undefined);
        break;
      }
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
      case 'outcome':
        requests.settle(message.request, message.outcome);
        break;
      case 'refused':
        refusals.count(message);
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
   * Commits a report of a device's values with whatever else belongs to it, then shows it. Must run in the device's
   * lane. @throws StoreError if nothing was saved
   */
  async take(device: Device, report: Report, also: readonly Decision[] = []): Promise<void> {
    // History names a sample by its times: no two reports of a device are of the same millisecond.
    const receivedAt = Math.max(report.receivedAt, (device.reportedAt ?? 0) + 1);
    device.reportedAt = receivedAt;
    const { decision, current } = this.#o.ingest.take(device, { ...report, receivedAt });
    await commitAll(this.#o.store, [decision, ...also]);
    if (current.some(({ path }) => path === '/3/0/1' || path === '/3/0/0')) await this.#reassign(device);
    if (current.length === 0 || !this.#o.live.watched) return;
    const values = current.map((row) => valueView(row, device.registration));
    this.#o.live.tell({ kind: 'samples', data: { deviceId: device.row.deviceId, values } });
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
    this.#o.observer().renew(device);
  }

  /** Shows that the device was heard. */
  tellPresence(device: Device): void {
    if (!this.#o.live.watched) return;
    const presence = presenceOf(device.registration, this.#o.now());
    this.#o.live.tell({ kind: 'presence', data: { deviceId: device.row.deviceId, presence } });
  }

  async #notification(message: Extract<LinkUp, { kind: 'notification' }>): Promise<void> {
    const { fleet, lanes, registrations, refusals, send } = this.#o;
    const { exchange, session, registrationId, path, token, body } = message;
    const device = fleet.byRegistration(registrationId);
    const wanted = device && this.#o.observer().expects(device.row.deviceId, path, token);
    if (!device || !wanted || device.registration?.identity !== session.identity) {
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      return;
    }
    const refused = charge(device, message);
    if (refused) {
      refusals.count(refused);
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      // A non-confirmable one is dropped without a word, and its observation goes on.
      if (exchange !== undefined || message.ends) this.#o.observer().dropped(device, path);
      return;
    }
    try {
      await lanes.run(device.row.deviceId, async () => {
        const { registration } = device;
        if (registration?.registrationId !== registrationId) {
          if (exchange !== undefined) send({ kind: 'reject', exchange });
          return;
        }
        const report: Report = { path, body, fresh: message.fresh, receivedAt: message.at };
        const contact = contactOf(registration, session, message.at);
        const rules = this.#o.engine.contact(device, message.at);
        await this.take(device, report, rules ? [contact, rules] : [contact]);
        if (exchange !== undefined) send({ kind: 'accept', exchange });
        if (message.ends) await this.#o.observer().ended(device, path);
        this.#o.heard(device, registrations.attach(device, session));
      });
    } catch {
      // Nothing was saved, so nothing is acknowledged: the observation ends, and begins again when the device is heard.
      if (exchange !== undefined) send({ kind: 'reject', exchange });
      this.#o.observer().dropped(device, path);
    }
  }
}
