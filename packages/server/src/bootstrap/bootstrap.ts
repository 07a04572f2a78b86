import { Code } from '@reeve/coap';
import type { BootstrapStep } from '@reeve/contract';
import { commitAll, type Decision } from '../decision.ts';
import type { Refused } from '../handshakes/failed.ts';
import { type DeviceId, type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { BootstrapUp } from '../link/bootstrap-port.ts';
import { encodePack } from '../link/pack.ts';
import type { ExchangeRef, LinkDown, SessionId, SessionInfo } from '../link/port.ts';
import type { Requests } from '../link/requests.ts';
import { admit } from '../registry/admit.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import { charge, rateLimits } from '../registry/rate.ts';
import type { Change, Store } from '../store/port.ts';
import { bootstrapLimits } from './limits.ts';
import { type Configuration, packOf } from './plan.ts';
import { type PrepareOptions, prepare } from './prepare.ts';
import { type BootstrapRow, ended, withStep } from './records.ts';
import { advance, begin, requestOf } from './session.ts';

type BootstrapRequest = Extract<BootstrapUp, { kind: 'bootstrap-request' }>;
type PackRequest = Extract<BootstrapUp, { kind: 'bootstrap-pack-request' }>;

/** What the bootstrap server needs of the others. */
export interface BootstrapOptions extends PrepareOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly lanes: Lanes;
  readonly requests: Requests;
  readonly organisationId: OrganisationId;
  /** Whether devices without DTLS are admitted at all. */
  readonly noSec: boolean;
  readonly send: (message: LinkDown) => void;
  readonly refuse: (refused: Refused) => void;
  readonly now: () => Millis;
}

/** A session under way. */
interface Active {
  row: BootstrapRow;
  readonly sessionId: SessionId;
  readonly configuration: Configuration;
  readonly preferred: number | undefined;
}

const actorOf = ({ row: { endpoint } }: Device) => ({ kind: 'device', name: endpoint }) as const;

/** The bootstrap server (OMA Core §6.1): gives devices the accounts with which they register, and all that goes with them. */
export class Bootstrap {
  readonly #o: BootstrapOptions;
  /** Sessions under way; a device has one. */
  readonly #active = new Map<DeviceId, Active>();
  /** Devices whose session begins once that is stored: they have a place already. */
  readonly #beginning = new Set<DeviceId>();
  /** DTLS sessions on the bootstrap sockets: they end with the process, as a device begins anew quickly. */
  readonly #sessions = new Set<SessionId>();

  private constructor(options: BootstrapOptions) {
    this.#o = options;
  }

  static async open(options: BootstrapOptions): Promise<Bootstrap> {
    const bootstrap = new Bootstrap(options);
    await bootstrap.sweep(options.now());
    for (const deviceId of options.provisioning.unconfirmed()) {
      const device = options.fleet.get(deviceId);
      if (device) await options.provisioning.registered(device);
    }
    return bootstrap;
  }

  /** A DTLS session began on a bootstrap socket. */
  opened({ sessionId }: SessionInfo): void {
    this.#sessions.add(sessionId);
  }

  /** A DTLS session ended. */
  closed(sessionId: SessionId): void {
    this.#sessions.delete(sessionId);
  }

  /** Whether a DTLS session is one of the bootstrap interface. */
  owns(sessionId: SessionId): boolean {
    return this.#sessions.has(sessionId);
  }

  /** The device registered: what it was given before is not needed any more, if it came with what it was given last. */
  registered(device: Device): void {
    if (!this.#o.provisioning.isAwaited(device)) return;
    // What fails is done at the next start.
    void this.#o.lanes.run(device.row.deviceId, () => this.#o.provisioning.registered(device)).catch(() => {});
  }

  /** Answers a Bootstrap-Request, and asks the device for everything else. */
  request(message: BootstrapRequest): Promise<void> {
    return this.#admitted(message, async (device) => {
      const { deviceId } = device.row;
      const former = this.#active.get(deviceId);
      if (!former && this.#active.size + this.#beginning.size >= bootstrapLimits.atOnce) {
        return this.#busy(message.exchange, bootstrapLimits.retryAfter);
      }
      this.#beginning.add(deviceId);
      try {
        await this.#begin(device, former, message);
      } finally {
        this.#beginning.delete(deviceId);
      }
    });
  }

  async #begin(device: Device, former: Active | undefined, message: BootstrapRequest): Promise<void> {
    const { deviceId } = device.row;
    await this.#o.provisioning.came(device, message.session);
    const prepared = await prepare(device, this.#o, message.session);
    const row = this.#rowOf(device, message, 'asked to be bootstrapped');
    if (typeof prepared === 'string') return this.#cannot(device, row, message, prepared);
    const { configuration, decisions } = prepared;
    const { sessionId } = message.session;
    const active: Active = { row, sessionId, configuration, preferred: message.preferredFormat };
    await commitAll(this.#o.store, [
      ...(former ? [this.#abandoned(former)] : []),
      this.#started(device, active.row, await this.#surplus(deviceId)),
      ...decisions,
    ]);
    this.#active.set(deviceId, active);
    this.#answer(message.exchange, Code.Changed);
    void this.#run(active).catch(() => this.#lost(active));
  }

  /** Answers a Bootstrap-Pack-Request with everything at once. */
  packRequest(message: PackRequest): Promise<void> {
    return this.#admitted(message, async (device) => {
      const prepared = await prepare(device, this.#o);
      const row: BootstrapRow = { ...this.#rowOf(device, message, 'asked for everything at once'), pack: 1 };
      if (typeof prepared === 'string') return this.#cannot(device, row, message, prepared);
      const { configuration, decisions } = prepared;
      const { exchange, format, kept, at } = message;
      const records = packOf(configuration, kept);
      const encoded = encodePack(format, records);
      if (typeof encoded === 'string') return this.#cannot(device, row, message, `no pack can hold it: ${encoded}`);
      const text = `gave ${records.length} values as one pack: what the device makes of it is its registration`;
      const given = withStep(row, { at, operation: 'pack', code: '2.05', result: 'done', text });
      await commitAll(this.#o.store, [
        this.#started(device, given, await this.#surplus(device.row.deviceId)),
        { batch: ended(given, at).batch },
        ...decisions,
      ]);
      this.#o.send({ kind: 'pack', exchange, format, records });
    });
  }

  /** Ends on record what nobody works on any more, after a restart or a fault of the store; called every minute. */
  async sweep(now: Millis): Promise<void> {
    const { store } = this.#o;
    for (const { bootstrapId } of await store.list('bootstraps', { where: { state: 'running' } })) {
      // It may have ended since the list was made; what is running is active until its end is stored.
      const row = await store.get('bootstraps', { bootstrapId });
      if (row?.state !== 'running' || this.#beginning.has(row.deviceId)) continue;
      if (this.#active.get(row.deviceId)?.row.bootstrapId === bootstrapId) continue;
      await store.commit(ended(row, now, 'the server was interrupted').batch);
    }
  }

  /** Deletes what was started before `before`. */
  async prune(before: Millis): Promise<void> {
    const { store } = this.#o;
    for (;;) {
      const oldest = await store.list('bootstraps', { orderBy: 'startedAt', limit: bootstrapLimits.prunedAtOnce });
      const over = oldest.filter(({ startedAt, state }) => startedAt < before && state !== 'running');
      if (over.length === 0) return;
      await store.commit({ changes: over.map(deletionOf) });
    }
  }

  /** The device is gone. */
  forget(deviceId: DeviceId): void {
    this.#active.delete(deviceId);
    this.#o.provisioning.forget(deviceId);
  }

  /** Handles what a device that may come wants, in its lane. */
  async #admitted(message: BootstrapUp, task: (device: Device) => Promise<void>): Promise<void> {
    const { exchange, session, endpoint, at } = message;
    const admitted = admit(message, 'bootstrap', this.#o);
    const { device } = admitted;
    if (!device) {
      const { check, detail } = admitted;
      const { address, ingress, identity } = session;
      const who = { ...(identity === undefined ? {} : { identity }), ...(endpoint === undefined ? {} : { endpoint }) };
      this.#o.refuse({ at, address, ingress, check, detail, ...who });
      return this.#answer(exchange, Code.BadRequest);
    }
    const refused = charge(device, message);
    if (refused) {
      this.#o.refuse(refused);
      return this.#busy(exchange, rateLimits.retryAfter);
    }
    try {
      await this.#o.lanes.run(device.row.deviceId, () => task(device));
    } catch {
      // Nothing was saved, so nothing is given; the device is told to come back in a minute.
      this.#busy(exchange, 60);
    }
  }

  /** Asks the device for one thing after the other; every answer is on record before the next is asked for. */
  async #run(active: Active): Promise<void> {
    const { configuration, preferred, sessionId } = active;
    const { store, requests, now } = this.#o;
    let phase = begin(configuration, preferred);
    while (phase.kind === 'asking') {
      const outcome = await requests.bootstrap(sessionId, requestOf(phase));
      if (!this.#isActive(active)) return;
      const at = now();
      const { step, phase: next, inventory } = advance(phase, outcome, configuration);
      const late = next.kind === 'asking' && at - active.row.startedAt > bootstrapLimits.sessionMs;
      phase = late ? { kind: 'failed', reason: 'it took so long that the device gave up' } : next;
      const version = inventory?.version;
      active.row = withStep({ ...active.row, ...(version === undefined ? {} : { version }) }, { at, ...step });
      const reason = phase.kind === 'failed' ? phase.reason : undefined;
      await store.commit(
        phase.kind === 'asking'
          ? { changes: [{ put: 'bootstraps', row: active.row }] }
          : ended(active.row, at, reason).batch,
      );
    }
    this.#lost(active);
  }

  #isActive(active: Active): boolean {
    return this.#active.get(active.row.deviceId) === active;
  }

  /** Nobody works on it any more. */
  #lost(active: Active): void {
    if (this.#isActive(active)) this.#active.delete(active.row.deviceId);
  }

  /** The device began anew in the midst of it. */
  #abandoned({ row }: Active): Decision {
    return { batch: ended(row, this.#o.now(), 'the device began anew').batch };
  }

  #started(device: Device, row: BootstrapRow, surplus: readonly Change[]): Decision {
    const { organisationId, deviceId, bootstrapId, address, group, startedAt: at } = row;
    const entry = { at, organisationId, deviceId, actor: actorOf(device) };
    return {
      batch: {
        changes: [{ put: 'bootstraps', row }, ...surplus],
        journal: [{ ...entry, type: 'bootstrap.started', payload: { bootstrapId, address, group } }],
      },
    };
  }

  /** What makes room for one more session of a device. */
  async #surplus(deviceId: DeviceId): Promise<Change[]> {
    const rows = await this.#o.store.list('bootstraps', {
      where: { deviceId },
      orderBy: 'startedAt',
      descending: true,
    });
    return rows.slice(bootstrapLimits.keptPerDevice - 1).map(deletionOf);
  }

  /** There is nothing to give: on record, and the device is told to come back. */
  async #cannot(device: Device, row: BootstrapRow, { exchange, at }: BootstrapUp, reason: string): Promise<void> {
    const { deviceId } = device.row;
    const started = this.#started(device, row, await this.#surplus(deviceId));
    await commitAll(this.#o.store, [started, { batch: ended(row, at, reason).batch }]);
    this.#busy(exchange, 60);
  }

  #rowOf({ row }: Device, { session, at, endpoint }: BootstrapUp, text: string): BootstrapRow {
    const { organisationId, deviceId } = row;
    const { address, identity } = session;
    const { group } = this.#o.templates.for(row);
    const step: BootstrapStep = {
      at,
      operation: 'request',
      result: 'done',
      text: `${endpoint ?? 'the device'} ${text}`,
    };
    return {
      organisationId,
      deviceId,
      bootstrapId: newId.bootstrap(),
      endpoint: row.endpoint,
      group,
      state: 'running',
      pack: 0,
      address,
      startedAt: at,
      steps: [step],
      ...(identity === undefined ? {} : { identity }),
    };
  }

  #answer(exchange: ExchangeRef, code: number): void {
    this.#o.send({ kind: 'answer', exchange, code });
  }

  #busy(exchange: ExchangeRef, maxAge: number): void {
    this.#o.send({ kind: 'answer', exchange, code: Code.ServiceUnavailable, maxAge });
  }
}

function deletionOf({ bootstrapId }: BootstrapRow): Change {
  return { delete: 'bootstraps', key: { bootstrapId } };
}
