import { isDeepStrictEqual } from 'node:util';
import type { Actor, CommandOperation } from '@reeve/contract';
import type { Bus } from '../bus/port.ts';
import type { Decision } from '../decision.ts';
import { ReeveError } from '../errors.ts';
import {
  type CommandId,
  type DeviceId,
  type IncidentId,
  type Millis,
  newId,
  type OrganisationId,
  type ResponseId,
} from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { Lanes } from '../lanes.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import type { InstanceChange } from '../registry/instances.ts';
import { isAwake } from '../registry/presence.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import { Endings } from './endings.ts';
import { commandLimits } from './limits.ts';
import { instanceChangeOf, linkOperationOf, readPathOf } from './operation.ts';
import { finished, interrupted, isSuccess, queued, type StepBatch, sent, settled } from './steps.ts';

type CommandRow = Row<'commands'>;

export interface QueueOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly organisationId: OrganisationId;
  readonly now: () => Millis;
  readonly perform: (device: Device, operation: LinkOperation) => Promise<RequestOutcome>;
  /** The device did not answer: its session is dead until it is heard again. */
  readonly lost: (device: Device) => void;
  /** What is to be stored with everything that a device's answer changes. */
  readonly mark: (device: Device) => Decision | undefined;
  /** Values that a read brought; resolves when they are stored. */
  readonly received: (device: Device, report: Report) => Promise<void>;
  /** An object instance was made or taken away; resolves when that is stored. */
  readonly instances: (device: Device, change: InstanceChange) => Promise<void>;
}

/** A command to be queued. */
export interface NewCommand {
  readonly organisationId: OrganisationId;
  readonly deviceId: DeviceId;
  readonly operation: CommandOperation;
  readonly actor: Actor;
  readonly expiresAt?: Millis;
  readonly repeatable?: boolean;
  readonly idempotencyKey?: string;
  readonly incidentId?: IncidentId;
  readonly responseId?: ResponseId;
}

/** The head of a device's queue as it was taken: sent, or ended instead; undefined if nothing waits. */
type Taken = { readonly row: CommandRow; readonly operation: LinkOperation } | 'ended' | undefined;

/**
 * The durable queue of commands: in order per device, one at a time, each step committed before it is taken. The store
 * is its only truth; memory holds just which devices have something waiting.
 */
export class CommandQueue {
  readonly #o: QueueOptions;
  /** Devices that may have something queued. */
  readonly #waiting = new Set<DeviceId>();
  /** Devices whose queue is being worked off. */
  readonly #running = new Map<DeviceId, Promise<void>>();
  /** What leaves a queue (sent, expired, cancelled) is decided here, so that it leaves in one way only. */
  readonly #lanes = new Lanes();
  readonly #endings = new Endings();
  #unwatch: () => void = () => {};
  /** Wakes what waits for the next tick. */
  #onTick: (() => void)[] = [];
  #lastPosition = 0;
  #closed = false;

  private constructor(options: QueueOptions) {
    this.#o = options;
  }

  /** Opens the queue; what a dead process left half-done is queued again, or its outcome is unknown. */
  static async open(options: QueueOptions): Promise<CommandQueue> {
    const queue = new CommandQueue(options);
    const { store, bus, now } = options;
    // Before anything is sent anew: what is sent now was sent by the process that died.
    for await (const row of inState(store, 'sent')) await store.commit(interrupted(row, now()));
    queue.#unwatch = bus.watch((entries) => {
      for (const entry of entries) queue.#onEntry(entry);
    });
    for await (const { deviceId, position } of inState(store, 'queued')) {
      queue.#waiting.add(deviceId);
      queue.#lastPosition = Math.max(queue.#lastPosition, position);
    }
    return queue;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    this.#endings.close();
    this.#wake();
    await Promise.race([Promise.all(this.#running.values()), new Promise((resolve) => setTimeout(resolve, 100))]);
  }

  /** What to commit so that the command is queued; it starts when the commit is journalled. */
  draft(command: NewCommand): { readonly commandId: CommandId; readonly batch: StepBatch } {
    const { organisationId, deviceId, operation, actor, incidentId, responseId, idempotencyKey } = command;
    const now = this.#o.now();
    const commandId = newId.command();
    this.#lastPosition = Math.max(now * 1000, this.#lastPosition + 1);
    const device = this.#o.fleet.get(deviceId);
    const reachable = device !== undefined && isReachable(device, now);
    const row: CommandRow = {
      organisationId,
      deviceId,
      commandId,
      position: this.#lastPosition,
      operation,
      state: 'queued',
      actor,
      repeatable: command.repeatable ? 1 : 0,
      attempts: 0,
      receipts: [{ at: now, step: 'queued', text: reachable ? 'queued' : "queued until the device's next contact" }],
      createdAt: now,
      expiresAt: command.expiresAt ?? now + commandLimits.expiryMs,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(incidentId === undefined ? {} : { incidentId }),
      ...(responseId === undefined ? {} : { responseId }),
    };
    return { commandId, batch: queued(row) };
  }

  /**
   * Queues a command of a person or program; with an idempotency key that was used before, gives back that command.
   * @throws ReeveError `invalid-value`, `too-many`, `wrong-state` if the key was used for another command
   */
  async add(command: NewCommand): Promise<CommandRow> {
    const { deviceId, operation } = command;
    const { store, fleet } = this.#o;
    const same = await this.#sameAs(command);
    if (same) return same;
    linkOperationOf(operation, fleet.get(deviceId)?.registration);
    const ofDevice = await store.count('commands', { deviceId, state: 'queued' });
    if (
      ofDevice >= commandLimits.perDevice ||
      (await store.count('commands', { state: 'queued' })) >= commandLimits.waiting
    ) {
      throw new ReeveError('too-many', 'Too many commands wait: cancel some, or wait for the devices');
    }
    const { commandId, batch } = this.draft(command);
    try {
      await store.commit(batch);
    } catch (error) {
      // The same key at the same time: the other one was first.
      const first = error instanceof StoreError && error.kind === 'conflict' && (await this.#sameAs(command));
      if (first) return first;
      throw error;
    }
    return this.#get(commandId);
  }

  /** Cancels a queued command. @throws ReeveError `wrong-state` once it was sent */
  async cancel(commandId: CommandId, actor: Actor): Promise<CommandRow> {
    const { deviceId } = await this.#get(commandId);
    return this.#lanes.run(deviceId, async () => {
      const row = await this.#get(commandId);
      if (row.state !== 'queued') {
        throw new ReeveError('wrong-state', `The command is ${row.state}: only a queued one can be cancelled`);
      }
      await this.#o.store.commit(finished(row, 'cancelled', `cancelled by ${actor.name}`, this.#o.now(), actor));
      return this.#get(commandId);
    });
  }

  /** The command when it is finished, or as it is after `ms`. */
  async wait(commandId: CommandId, ms: number, signal: AbortSignal): Promise<CommandRow> {
    const done = new AbortController();
    const ended = this.#endings.next(commandId, ms, AbortSignal.any([signal, done.signal]));
    try {
      const row = await this.#get(commandId);
      if (row.finishedAt !== undefined || ms <= 0 || signal.aborted || this.#closed) return row;
      await ended;
      return await this.#get(commandId);
    } finally {
      done.abort();
    }
  }

  /** The device was heard: it can be sent to. */
  heard(device: Device): void {
    if (this.#waiting.has(device.row.deviceId)) this.#pump(device);
  }

  /** Ends what is too old, and picks up what a failing store left behind; called every second. */
  async tick(now: Millis): Promise<void> {
    this.#wake();
    if (this.#waiting.size === 0) return;
    for (const deviceId of this.#waiting) {
      const device = this.#o.fleet.get(deviceId);
      if (device) this.#pump(device);
      else await this.#drop(deviceId, now);
    }
    const { store } = this.#o;
    const oldest = { where: { state: 'queued' }, orderBy: 'expiresAt', limit: commandLimits.batch } as const;
    for (const { commandId, deviceId, expiresAt } of await store.list('commands', oldest)) {
      if (expiresAt > now) return;
      await this.#lanes.run(deviceId, async () => {
        const row = await this.#get(commandId);
        if (row.state === 'queued') await store.commit(expired(row, now));
      });
    }
  }

  /** Deletes what was queued before `before` and is over. */
  async prune(before: Millis): Promise<void> {
    const { store } = this.#o;
    for (;;) {
      const oldest = await store.list('commands', { orderBy: 'createdAt', limit: commandLimits.batch });
      const over = oldest.filter(({ createdAt, finishedAt }) => createdAt < before && finishedAt !== undefined);
      if (over.length === 0) return;
      await store.commit({ changes: over.map(({ commandId }) => ({ delete: 'commands', key: { commandId } })) });
    }
  }

  #onEntry(entry: JournalEntry): void {
    if (entry.type === 'command.queued' || entry.type === 'command.requeued') {
      if (!entry.deviceId) return;
      this.#waiting.add(entry.deviceId);
      const device = this.#o.fleet.get(entry.deviceId);
      if (device) this.#pump(device);
    } else if (entry.type === 'command.finished') {
      this.#endings.ended(entry.payload.commandId);
    }
  }

  /** @throws ReeveError `no-such-thing` */
  async #get(commandId: CommandId): Promise<CommandRow> {
    const row = await this.#o.store.get('commands', { commandId });
    if (!row) throw new ReeveError('no-such-thing', `No command "${commandId}": see \`reeve command ls\``);
    return row;
  }

  async #sameAs({ organisationId, deviceId, operation, idempotencyKey }: NewCommand): Promise<CommandRow | undefined> {
    if (idempotencyKey === undefined) return undefined;
    const [row] = await this.#o.store.list('commands', { where: { organisationId, idempotencyKey } });
    if (row && (row.deviceId !== deviceId || !isDeepStrictEqual(row.operation, operation))) {
      throw new ReeveError('wrong-state', `The idempotency key was used for another command, ${row.commandId}`);
    }
    return row;
  }

  /** The device was removed: nothing will be sent to it any more. */
  async #drop(deviceId: DeviceId, now: Millis): Promise<void> {
    const { store } = this.#o;
    for (const row of await store.list('commands', { where: { deviceId, state: 'queued' } })) {
      await store.commit(finished(row, 'cancelled', 'the device was removed', now));
    }
    this.#waiting.delete(deviceId);
  }

  /** Sends what waits for the device, one after the other, for as long as it can be reached. */
  #pump(device: Device): void {
    const { deviceId } = device.row;
    if (this.#closed || this.#running.has(deviceId) || !isReachable(device, this.#o.now())) return;
    this.#running.set(deviceId, this.#run(device));
  }

  async #run(device: Device): Promise<void> {
    const { deviceId } = device.row;
    // Started from within a commit's announcement: that is to end first.
    await Promise.resolve();
    try {
      while (!this.#closed && isReachable(device, this.#o.now())) {
        // Whatever is queued from here on says so again.
        this.#waiting.delete(deviceId);
        const taken = await this.#lanes.run(deviceId, () => this.#take(device));
        if (taken) this.#waiting.add(deviceId);
        else if (!this.#waiting.has(deviceId)) return;
        if (typeof taken === 'object') await this.#send(device, taken.row, taken.operation);
      }
    } catch {
      // The store fails, its health says why: the next tick tries again.
      this.#waiting.add(deviceId);
    } finally {
      this.#running.delete(deviceId);
    }
  }

  /** Takes the head of the device's queue, and commits that it is sent before it is. */
  async #take({ row: { deviceId }, registration }: Device): Promise<Taken> {
    const { store } = this.#o;
    const now = this.#o.now();
    const [head] = await store.list('commands', {
      where: { deviceId, state: 'queued' },
      orderBy: 'position',
      limit: 1,
    });
    if (!head) return undefined;
    if (head.expiresAt <= now) {
      await store.commit(expired(head, now));
      return 'ended';
    }
    let operation: LinkOperation;
    try {
      // The device may have registered other versions of its objects since the command was queued.
      operation = linkOperationOf(head.operation, registration);
    } catch (error) {
      if (!(error instanceof ReeveError)) throw error;
      await store.commit(finished(head, 'failed', error.message, now));
      return 'ended';
    }
    const { row, batch } = sent(head, now);
    await store.commit(batch);
    return { row, operation };
  }

  async #send(device: Device, row: CommandRow, operation: LinkOperation): Promise<void> {
    const { session } = device;
    const outcome = await this.#o.perform(device, operation);
    const at = this.#o.now();
    const unanswered = outcome.kind === 'timeout' || outcome.kind === 'not-sent';
    // A session that came up meanwhile is not the one that failed.
    if (unanswered && device.session === session) this.#o.lost(device);
    const path = readPathOf(row.operation);
    if (outcome.kind === 'answered' && isSuccess(outcome.code) && path !== undefined) {
      // A report that can't be stored is lost as a notification can be; the command keeps its values.
      await this.#o.received(device, { path, body: outcome.body, fresh: true, receivedAt: at }).catch(() => {});
    }
    if (outcome.kind === 'answered' && isSuccess(outcome.code)) {
      // If it can't be stored, the device's next list of objects says it.
      const change = instanceChangeOf(row.operation, outcome.body);
      if (change) await this.#o.instances(device, change).catch(() => {});
    }
    const { changes, journal } = settled(row, outcome, at);
    await this.#insist({ changes: [...changes, ...(this.#o.mark(device)?.batch.changes ?? [])], journal });
  }

  /** Commits what is known and can't be asked for again: while the store fails, it is tried at each tick. */
  async #insist(batch: StepBatch): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#o.store.commit(batch);
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

function expired(row: CommandRow, now: Millis): StepBatch {
  return finished(row, 'expired', 'the device was not heard of in time', now);
}

/** Whether something can be sent to the device now. */
function isReachable({ session, registration }: Device, now: Millis): boolean {
  return session !== undefined && registration?.state === 'registered' && isAwake(registration, now);
}

/** Every command in a state, page by page. */
async function* inState(store: Store, state: CommandRow['state']): AsyncGenerator<CommandRow> {
  let after: CommandRow | undefined;
  do {
    const rows: CommandRow[] = await store.list('commands', {
      where: { state },
      limit: commandLimits.batch,
      ...(after ? { after } : {}),
    });
    yield* rows;
    after = rows.at(-1);
  } while (after);
}
