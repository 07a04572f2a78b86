import type { CommandPriority } from '@reeve/contract';
import type { Decision } from '../decision.ts';
import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import type { LinkOperation } from '../link/port.ts';
import { requestBytes } from '../pacing/cost.ts';
import type { Pacer, Turn } from '../pacing/pacer.ts';
import { carrierOf, type Device, type Fleet } from '../registry/fleet.ts';
import type { InstanceChange } from '../registry/instances.ts';
import { isReachable } from '../registry/reach.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import type { Models } from '../telemetry/models.ts';
import { instanceChangeOf, linkOperationOf, readPathOf } from './operation.ts';
import { doneOf, isSuccess, type Performed } from './outcome.ts';
import type { Performer } from './performer.ts';
import { priorityOf } from './priority.ts';
import type { CommandSecrets } from './secrets.ts';
import { expired, finished, sent, settled } from './steps.ts';

type CommandRow = Row<'commands'>;

/** What a command is carried out with. */
export interface DeliveryOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly fleet: Fleet;
  readonly models: Models;
  readonly pacer: Pacer;
  readonly now: () => Millis;
  readonly performer: Pick<Performer, 'perform' | 'requestsFor'>;
  /** What is to be stored with everything that a device's answer changes. */
  readonly mark: (device: Device) => Decision | undefined;
  /** Values that a read brought; resolves when they are stored. */
  readonly received: (device: Device, report: Report) => Promise<void>;
  /** An object instance was made or taken away; resolves when that is stored. */
  readonly instances: (device: Device, change: InstanceChange) => Promise<void>;
}

/** What became of the head of a device's queue when it was to be taken. */
type Taken =
  | { readonly kind: 'sent'; readonly row: CommandRow; readonly operation: LinkOperation }
  /** It could not be sent any more, and is over. */
  | { readonly kind: 'ended' }
  /** It waits for its turn. */
  | { readonly kind: 'paced'; readonly turn: Promise<Turn> }
  /** The device may not be sent so much today. */
  | ({ readonly kind: 'held' } & Cost);

interface Cost {
  readonly priority: CommandPriority;
  readonly bytes: number;
}

/**
 * Works off the queues of devices that can be reached: one command at a time for each, as LwM2M has it for devices that
 * sleep (Core §6.4.1), each step committed before it is taken. The store is the only truth; memory holds just which
 * devices have something waiting.
 */
export class Delivery {
  readonly #o: DeliveryOptions;
  /** What leaves a queue (sent, expired, cancelled) is decided here, so that it leaves in one way only. */
  readonly #lanes: Lanes;
  readonly #secrets: CommandSecrets;
  /** Devices that may have something queued. */
  readonly #waiting = new Set<DeviceId>();
  /** Devices whose queue is being worked off. */
  readonly #running = new Map<DeviceId, Promise<void>>();
  /** Devices whose next command is more than they may be sent. */
  readonly #held = new Map<DeviceId, Cost>();
  /** Wakes what waits for the next tick. */
  #onTick: (() => void)[] = [];
  #closed = false;

  constructor(options: DeliveryOptions, lanes: Lanes, secrets: CommandSecrets) {
    this.#o = options;
    this.#lanes = lanes;
    this.#secrets = secrets;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    for (const deviceId of this.#running.keys()) this.#o.pacer.recall(deviceId, 'commands');
    await Promise.race([Promise.all(this.#running.values()), new Promise((resolve) => setTimeout(resolve, 100))]);
  }

  /** Devices that may have something queued. */
  waiting(): Iterable<DeviceId> {
    return this.#waiting;
  }

  /** The device may have something queued; it is looked at when it is heard, or at the next tick. */
  note(deviceId: DeviceId): void {
    this.#waiting.add(deviceId);
  }

  /** Something was queued for the device, and may go before what waits for its turn. */
  queued(deviceId: DeviceId): void {
    this.note(deviceId);
    this.changed(deviceId);
    this.#o.pacer.recall(deviceId, 'commands');
    const device = this.#o.fleet.get(deviceId);
    if (device) this.#pump(device);
  }

  /** The device's next command may be another one now. */
  changed(deviceId: DeviceId): void {
    this.#held.delete(deviceId);
  }

  /** The device was heard: it can be sent to. */
  heard(device: Device): void {
    if (this.#waiting.has(device.row.deviceId)) this.#pump(device);
  }

  /** Whether the device's next command is more than what is left of its budget. */
  isOverBudget(device: Device): boolean {
    const cost = this.#held.get(device.row.deviceId);
    return cost !== undefined && !this.#o.pacer.affords(device, cost.priority, cost.bytes);
  }

  /** Picks up what a failing store left behind, and what has its budget again. */
  async tick(now: Millis): Promise<void> {
    this.#wake();
    for (const deviceId of this.#waiting) {
      const device = this.#o.fleet.get(deviceId);
      if (device) this.#pump(device);
      else await this.#drop(deviceId, now);
    }
  }

  /** The device was removed: nothing will be sent to it any more. */
  async #drop(deviceId: DeviceId, now: Millis): Promise<void> {
    const { store } = this.#o;
    for (const row of await store.list('commands', { where: { deviceId, state: 'queued' } })) {
      await store.commit(finished(row, 'cancelled', 'the device was removed', now));
    }
    this.#waiting.delete(deviceId);
    this.#held.delete(deviceId);
  }

  /** Sends what waits for the device, one after the other, for as long as it can be reached. */
  #pump(device: Device): void {
    const { deviceId } = device.row;
    if (this.#closed || this.#running.has(deviceId) || !isReachable(device, this.#o.now())) return;
    if (this.isOverBudget(device)) return;
    this.#held.delete(deviceId);
    this.#running.set(deviceId, this.#run(device));
  }

  async #run(device: Device): Promise<void> {
    const { deviceId } = device.row;
    // Started from within a commit's announcement: that is to end first.
    await Promise.resolve();
    try {
      let granted = false;
      while (!this.#closed && isReachable(device, this.#o.now())) {
        // Whatever is queued from here on says so again.
        this.#waiting.delete(deviceId);
        const taken = await this.#lanes.run(deviceId, () => this.#take(device, granted));
        granted = false;
        if (taken) this.#waiting.add(deviceId);
        else if (!this.#waiting.has(deviceId)) return;
        if (taken?.kind === 'sent') await this.#send(device, taken.row, taken.operation);
        else if (taken?.kind === 'paced') granted = (await taken.turn) === 'go';
        else if (taken?.kind === 'held') {
          this.#held.set(deviceId, taken);
          return;
        }
      }
    } catch {
      // The store fails, its health says why: the next tick tries again.
      this.#waiting.add(deviceId);
    } finally {
      this.#running.delete(deviceId);
    }
  }

  /** Takes the head of the device's queue, and commits that it is sent before it is; undefined if nothing waits. */
  async #take(device: Device, granted: boolean): Promise<Taken | undefined> {
    const { store, pacer } = this.#o;
    const { deviceId } = device.row;
    const now = this.#o.now();
    const [head] = await store.list('commands', {
      where: { deviceId, state: 'queued' },
      orderBy: 'position',
      limit: 1,
    });
    if (!head) return undefined;
    if (head.expiresAt <= now) {
      await store.commit(expired(head, now));
      return { kind: 'ended' };
    }
    let operation: LinkOperation;
    try {
      // The device may have registered other versions of its objects since the command was queued.
      operation = linkOperationOf(this.#secrets.open(head), this.#o.models, device.registration);
    } catch (error) {
      if (!(error instanceof ReeveError)) throw error;
      await store.commit(finished(head, 'failed', error.message, now));
      return { kind: 'ended' };
    }
    if (!granted) {
      const { session } = carrierOf(device);
      const requests = this.#o.performer.requestsFor(device, operation);
      const bytes = requests.reduce((sum, request) => sum + requestBytes(request, session), 0);
      const cost: Cost = { priority: priorityOf(head), bytes };
      const turn = pacer.ask(device, cost.priority, cost.bytes, 'commands');
      if (turn === 'later') return { kind: 'held', ...cost };
      if (turn !== 'go') return { kind: 'paced', turn };
    }
    const { row, batch } = sent(head, now);
    await store.commit(batch);
    return { kind: 'sent', row, operation };
  }

  async #send(device: Device, row: CommandRow, operation: LinkOperation): Promise<void> {
    const outcome = await this.#o.performer.perform(device, operation);
    const at = this.#o.now();
    const path = readPathOf(row.operation);
    if (outcome.kind === 'answered' && isSuccess(outcome.code) && path !== undefined) {
      // A report that can't be stored is lost as a notification can be; the command keeps its values.
      await this.#o.received(device, { path, body: outcome.body, fresh: true, receivedAt: at }).catch(() => {});
    }
    const done = doneOf(row.operation, outcome);
    if (done) {
      // If it can't be stored, the device's next list of objects says it.
      const change = instanceChangeOf(done, outcome.kind === 'answered' ? outcome.body : { kind: 'empty' });
      if (change) await this.#o.instances(device, change).catch(() => {});
    }
    await this.#settle(device, row, outcome, at);
  }

  /** Commits what is known and can't be asked for again: while the store fails, it is tried at each tick. */
  async #settle(device: Device, taken: CommandRow, outcome: Performed, at: Millis): Promise<void> {
    const { store, mark } = this.#o;
    const { deviceId, commandId } = taken;
    while (!this.#closed) {
      try {
        await this.#lanes.run(deviceId, async () => {
          // Somebody may have asked to cancel it meanwhile.
          const row = (await store.get('commands', { commandId })) ?? taken;
          const { changes, journal } = settled(row, outcome, at);
          await store.commit({ changes: [...changes, ...(mark(device)?.batch.changes ?? [])], journal });
        });
        return;
      } catch {
        await new Promise<void>((resolve) => this.#onTick.push(resolve));
      }
    }
  }

  #wake(): void {
    const woken = this.#onTick;
    this.#onTick = [];
    for (const wake of woken) wake();
  }
}
