import type { Actor, CommandOperation, CommandPriority, Downlink, Waiting } from '@reeve/contract';
import type { Bus } from '../bus/port.ts';
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
import type { LinkOperation } from '../link/port.ts';
import type { Device } from '../registry/fleet.ts';
import { isReachable } from '../registry/reach.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { Delivery, type DeliveryOptions } from './delivery.ts';
import { Endings } from './endings.ts';
import { commandLimits } from './limits.ts';
import { linkOperationOf } from './operation.ts';
import { Places } from './priority.ts';
import { CommandSecrets } from './secrets.ts';
import { cancelled, cancelling, expired, interrupted, queued, type StepBatch, type WakeUp, woken } from './steps.ts';
import { downlinkOf, type Situation, whyWaiting } from './waiting.ts';

type CommandRow = Row<'commands'>;

export interface QueueOptions extends DeliveryOptions {
  readonly bus: Bus;
}

/** A command to be queued. */
export interface NewCommand {
  readonly organisationId: OrganisationId;
  readonly deviceId: DeviceId;
  readonly operation: CommandOperation;
  readonly actor: Actor;
  readonly priority?: CommandPriority;
  readonly expiresAt?: Millis;
  readonly repeatable?: boolean;
  readonly idempotencyKey?: string;
  readonly incidentId?: IncidentId;
  readonly responseId?: ResponseId;
}

/**
 * The durable queue of commands: in order of priority and time per device. What waits is here and in the store; how it
 * is sent, in `Delivery`.
 */
export class CommandQueue {
  readonly #o: QueueOptions;
  readonly #lanes = new Lanes();
  readonly #secrets: CommandSecrets;
  readonly #delivery: Delivery;
  readonly #endings = new Endings();
  readonly #places = new Places();
  #unwatch: () => void = () => {};
  /** No queued command expires before. */
  #nextExpiry: Millis = 0;
  #closed = false;

  private constructor(options: QueueOptions) {
    this.#o = options;
    this.#secrets = new CommandSecrets(options.sealer, options.models);
    this.#delivery = new Delivery(options, this.#lanes, this.#secrets);
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
    for await (const row of inState(store, 'queued')) {
      queue.#delivery.note(row.deviceId);
      queue.#places.behind(row);
    }
    return queue;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    this.#endings.close();
    await this.#delivery.close();
  }

  /** What to commit so that the command is queued; it starts when the commit is journalled. */
  draft(command: NewCommand): { readonly commandId: CommandId; readonly batch: StepBatch } {
    const { organisationId, deviceId, operation, actor, incidentId, responseId, idempotencyKey } = command;
    const { priority = 'normal' } = command;
    const now = this.#o.now();
    const commandId = newId.command();
    const device = this.#o.fleet.get(deviceId);
    const reachable = device !== undefined && isReachable(device, now);
    // What a policy has written, as the targets of a lock, stands in the policy: people are to see it.
    const kept =
      responseId === undefined
        ? this.#secrets.keep(commandId, operation, device?.registration, idempotencyKey !== undefined)
        : { operation };
    const row: CommandRow = {
      organisationId,
      deviceId,
      commandId,
      position: this.#places.next(priority, now),
      ...kept,
      state: 'queued',
      actor,
      repeatable: command.repeatable ? 1 : 0,
      attempts: 0,
      receipts: [{ at: now, step: 'queued', text: reachable ? 'queued' : "queued until the device's next contact" }],
      createdAt: now,
      expiresAt: command.expiresAt ?? now + commandLimits.expiryMs,
      ...(priority === 'normal' ? {} : { priority }),
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
    linkOperationOf(operation, this.#o.models, fleet.get(deviceId)?.registration);
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

  /**
   * Cancels a command: a queued one at once, and of one that is under way that it is sent again.
   * @throws ReeveError `wrong-state` once it is over
   */
  async cancel(commandId: CommandId, actor: Actor): Promise<CommandRow> {
    const { deviceId } = await this.#get(commandId);
    return this.#lanes.run(deviceId, async () => {
      const row = await this.#get(commandId);
      if (row.finishedAt !== undefined) {
        throw new ReeveError('wrong-state', `The command is ${row.state}: it is over already`);
      }
      if (row.cancelledBy) return row;
      const now = this.#o.now();
      await this.#o.store.commit(row.state === 'sent' ? cancelling(row, actor, now) : cancelled(row, actor, now));
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

  /** The requests that an operation takes on the device. */
  requestsFor(device: Device, operation: LinkOperation): readonly LinkOperation[] {
    return this.#o.performer.requestsFor(device, operation);
  }

  /** Why a queued command of the device is not sent yet. */
  whyWaiting(device: Device): Waiting {
    return whyWaiting(this.#situationOf(device));
  }

  /** What waits to be sent to the device, and what it may be sent. */
  async downlinkOf(device: Device): Promise<Downlink> {
    const { deviceId } = device.row;
    return downlinkOf(this.#situationOf(device), await this.#o.store.count('commands', { deviceId, state: 'queued' }));
  }

  /** Devices that may have something queued. */
  waiting(): Iterable<DeviceId> {
    return this.#delivery.waiting();
  }

  /** The command that is to be sent next to a device, if one waits. */
  async next(deviceId: DeviceId): Promise<CommandRow | undefined> {
    const where = { deviceId, state: 'queued' } as const;
    const [head] = await this.#o.store.list('commands', { where, orderBy: 'position', limit: 1 });
    return head;
  }

  /** Notes with a command that its device was sent a message to wake up. */
  async noteWake(commandId: CommandId, wakeUp: WakeUp): Promise<void> {
    const { deviceId } = await this.#get(commandId);
    await this.#lanes.run(deviceId, async () => {
      await this.#o.store.commit(woken(await this.#get(commandId), wakeUp, this.#o.now()));
    });
  }

  /** The device was heard: it can be sent to. */
  heard(device: Device): void {
    this.#delivery.heard(device);
  }

  /** Ends what is too old, and picks up what a failing store left behind; called every second. */
  async tick(now: Millis): Promise<void> {
    await this.#delivery.tick(now);
    await this.#expire(now);
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

  async #expire(now: Millis): Promise<void> {
    if (this.#nextExpiry > now) return;
    const { store } = this.#o;
    const { batch } = commandLimits;
    // Whatever is queued from here on brings it forward again.
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    try {
      const oldest = await store.list('commands', { where: { state: 'queued' }, orderBy: 'expiresAt', limit: batch });
      const over = oldest.filter(({ expiresAt }) => expiresAt <= now);
      for (const { commandId, deviceId } of over) {
        await this.#lanes.run(deviceId, async () => {
          const row = await this.#get(commandId);
          if (row.state === 'queued') await store.commit(expired(row, now));
        });
      }
      const next = oldest[over.length]?.expiresAt ?? (over.length === batch ? now : Number.POSITIVE_INFINITY);
      this.#nextExpiry = Math.min(this.#nextExpiry, next);
    } catch (error) {
      this.#nextExpiry = now;
      throw error;
    }
  }

  #onEntry(entry: JournalEntry): void {
    if (!entry.deviceId) return;
    if (entry.type === 'command.queued' || entry.type === 'command.requeued') {
      this.#nextExpiry = 0;
      this.#delivery.queued(entry.deviceId);
    } else if (entry.type === 'command.finished') {
      this.#delivery.changed(entry.deviceId);
      this.#endings.ended(entry.payload.commandId);
    }
  }

  #situationOf(device: Device): Situation {
    const { pacer, now } = this.#o;
    return { device, pacer, overBudget: this.#delivery.isOverBudget(device), now: now() };
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
    if (row && (row.deviceId !== deviceId || !this.#secrets.isFor(row, operation))) {
      throw new ReeveError('wrong-state', `The idempotency key was used for another command, ${row.commandId}`);
    }
    return row;
  }
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
