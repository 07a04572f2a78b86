import type { Actor, CommandOperation } from '@reeve/contract';
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
import type { JournalDraft, JournalEntry } from '../journal/entries.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Device, Fleet } from '../registry/fleet.ts';
import { isAwake } from '../registry/presence.ts';
import type { Batch, Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Report } from '../telemetry/ingest.ts';
import { codeText, describeOperation, describeOutcome, isIdempotent, linkOperationOf } from './operation.ts';

type CommandRow = Row<'commands'>;
type Finished = Extract<JournalDraft, { type: 'command.finished' }>['payload']['state'];

/** Commands that may wait for one device, and for all. */
const MAX_PER_DEVICE = 100;
const MAX_WAITING = 10_000;
const DEFAULT_EXPIRY_MS = 24 * 3_600_000;

export interface QueueOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly organisationId: OrganisationId;
  readonly now: () => Millis;
  readonly perform: (device: Device, operation: LinkOperation) => Promise<RequestOutcome>;
  /** The device did not answer: its session is dead until it is heard again. */
  readonly lost: (device: Device) => void;
  /** Values that a read brought; resolves when they are stored. */
  readonly received: (device: Device, report: Report) => Promise<void>;
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

/**
 * The durable queue of commands: in order per device, one at a time, each step committed before it is taken. The store
 * is its only truth; memory holds just which devices have something waiting.
 */
export class CommandQueue {
  readonly #o: QueueOptions;
  /** Devices with something queued. */
  readonly #waiting = new Set<DeviceId>();
  readonly #running = new Map<DeviceId, Promise<void>>();
  readonly #inFlight = new Set<CommandId>();
  readonly #watchers = new Map<CommandId, Set<() => void>>();
  readonly #unwatch: () => void;
  #lastPosition = 0;
  #closed = false;

  private constructor(options: QueueOptions) {
    this.#o = options;
    this.#unwatch = options.bus.watch((entries) => {
      for (const entry of entries) this.#onEntry(entry);
    });
  }

  /** Opens the queue; what a dead process left half-done is queued again, or its outcome is unknown. */
  static async open(options: QueueOptions): Promise<CommandQueue> {
    const queue = new CommandQueue(options);
    await queue.#recover();
    for (const { deviceId } of await options.store.list('commands', { where: { state: 'queued' } }))
      queue.#waiting.add(deviceId);
    return queue;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    for (const watchers of this.#watchers.values()) for (const wake of watchers) wake();
    await Promise.race([Promise.all(this.#running.values()), new Promise((resolve) => setTimeout(resolve, 100))]);
  }

  /** What to commit so that the command is queued; it starts when the commit is journalled. */
  draft(command: NewCommand): {
    readonly commandId: CommandId;
    readonly batch: Required<Pick<Batch, 'changes' | 'journal'>>;
  } {
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
      expiresAt: command.expiresAt ?? now + DEFAULT_EXPIRY_MS,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(incidentId === undefined ? {} : { incidentId }),
      ...(responseId === undefined ? {} : { responseId }),
    };
    const payload = {
      commandId,
      operation: describeOperation(operation),
      ...(incidentId === undefined ? {} : { incidentId }),
    };
    return {
      commandId,
      batch: {
        changes: [{ put: 'commands', row }],
        journal: [{ type: 'command.queued', at: now, organisationId, deviceId, actor, payload }],
      },
    };
  }

  /** Queues a command of a person or program. @throws ReeveError `invalid-value`, `too-many` */
  async add(command: NewCommand): Promise<CommandRow> {
    const { idempotencyKey, organisationId, deviceId } = command;
    if (idempotencyKey !== undefined) {
      const [same] = await this.#o.store.list('commands', { where: { organisationId, idempotencyKey } });
      if (same) return same;
    }
    linkOperationOf(command.operation, this.#o.fleet.get(deviceId)?.registration);
    const ofDevice = await this.#o.store.count('commands', { deviceId, state: 'queued' });
    if (ofDevice >= MAX_PER_DEVICE || (await this.#o.store.count('commands', { state: 'queued' })) >= MAX_WAITING) {
      throw new ReeveError('too-many', 'Too many commands wait: cancel some, or wait for the devices');
    }
    const { commandId, batch } = this.draft(command);
    await this.#o.store.commit(batch);
    return this.get(commandId);
  }

  /** @throws ReeveError `no-such-thing` */
  async get(commandId: string): Promise<CommandRow> {
    const row = await this.#o.store.get('commands', { commandId: commandId as CommandId });
    if (!row) throw new ReeveError('no-such-thing', `No command "${commandId}": see \`reeve command ls\``);
    return row;
  }

  /** Cancels a queued command. @throws ReeveError `wrong-state` once it was sent */
  async cancel(commandId: string, actor: Actor): Promise<CommandRow> {
    const row = await this.get(commandId);
    if (row.state !== 'queued' || this.#inFlight.has(row.commandId)) {
      throw new ReeveError('wrong-state', `The command is ${row.state}: only a queued one can be cancelled`);
    }
    await this.#finish(row, 'cancelled', `cancelled by ${actor.name}`, actor);
    return this.get(commandId);
  }

  /** The command when it is finished, or as it is after `ms`. */
  async wait(commandId: CommandId, ms: number, signal: AbortSignal): Promise<CommandRow> {
    const until = this.#o.now() + ms;
    for (;;) {
      const row = await this.get(commandId);
      const left = until - this.#o.now();
      if (row.finishedAt !== undefined || left <= 0 || signal.aborted || this.#closed) return row;
      await this.#changed(commandId, left, signal);
    }
  }

  /** The device was heard: it can be sent to. */
  heard(device: Device): void {
    if (this.#waiting.has(device.row.deviceId)) this.#pump(device);
  }

  /** Ends what is too old, and picks up what a failing store left behind; called every second. */
  async tick(now: Millis): Promise<void> {
    if (this.#waiting.size === 0 && this.#inFlight.size === 0) return;
    for (const deviceId of [...this.#waiting]) {
      const rows = await this.#queued(deviceId);
      for (const row of rows) {
        if (row.expiresAt <= now && !this.#inFlight.has(row.commandId)) {
          await this.#finish(row, 'expired', 'the device was not heard of in time');
        }
      }
      const device = this.#o.fleet.get(deviceId);
      if (device) this.#pump(device);
    }
  }

  #onEntry(entry: JournalEntry): void {
    if (entry.type === 'command.queued' || entry.type === 'command.requeued') {
      if (!entry.deviceId) return;
      this.#waiting.add(entry.deviceId);
      const device = this.#o.fleet.get(entry.deviceId);
      if (device) this.#pump(device);
    } else if (entry.type === 'command.finished') {
      for (const wake of this.#watchers.get(entry.payload.commandId) ?? []) wake();
    }
  }

  #changed(commandId: CommandId, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(commandId) ?? new Set();
      this.#watchers.set(commandId, watchers);
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        watchers.delete(wake);
        if (watchers.size === 0) this.#watchers.delete(commandId);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      watchers.add(wake);
    });
  }

  /** Sends what waits for the device, one after the other, for as long as it can be reached. */
  #pump(device: Device): void {
    const { deviceId } = device.row;
    if (this.#closed || this.#running.has(deviceId) || !isReachable(device, this.#o.now())) return;
    const run = this.#run(device)
      .catch(() => {})
      .finally(() => this.#running.delete(deviceId));
    this.#running.set(deviceId, run);
  }

  async #run(device: Device): Promise<void> {
    const { deviceId } = device.row;
    while (!this.#closed && isReachable(device, this.#o.now())) {
      const [row] = await this.#queued(deviceId);
      if (!row) {
        this.#waiting.delete(deviceId);
        return;
      }
      await this.#send(device, row);
    }
  }

  async #send(device: Device, row: CommandRow): Promise<void> {
    const now = this.#o.now();
    if (row.expiresAt <= now) return this.#finish(row, 'expired', 'the device was not heard of in time');
    let operation: LinkOperation;
    try {
      operation = linkOperationOf(row.operation, device.registration);
    } catch (error) {
      return this.#finish(row, 'failed', error instanceof Error ? error.message : 'the value does not fit');
    }
    this.#inFlight.add(row.commandId);
    try {
      const attempt = row.attempts + 1;
      const text = attempt === 1 ? 'sent' : `sent again (${attempt})`;
      row.receipts = [...row.receipts, { at: now, step: attempt === 1 ? 'sent' : 'repeated', text }];
      row.attempts = attempt;
      row.state = 'sent';
      await this.#o.store.commit({
        changes: [{ put: 'commands', row }],
        journal: [this.#entry(row, { type: 'command.sent', payload: { commandId: row.commandId, attempt } })],
      });
      await this.#settle(device, row, await this.#o.perform(device, operation));
    } finally {
      this.#inFlight.delete(row.commandId);
    }
  }

  async #settle(device: Device, row: CommandRow, outcome: RequestOutcome): Promise<void> {
    const text = describeOutcome(outcome);
    switch (outcome.kind) {
      case 'answered': {
        row.code = codeText(outcome.code);
        const { body } = outcome;
        const receivedAt = this.#o.now();
        if (outcome.code >> 5 !== 2) return this.#finish(row, 'failed', text);
        if (row.operation.kind === 'read' && body.kind === 'records') {
          row.values = body.records.map(({ path, stored }) => ({ path, stored, receivedAt }));
          await this.#o.received(device, { path: row.operation.path, body, fresh: true, receivedAt });
        }
        return this.#finish(row, 'answered', text);
      }
      case 'reset':
        return this.#finish(row, 'failed', text);
      case 'not-sent':
        this.#o.lost(device);
        return this.#requeue(row, `${text}; waits for the device's next contact`);
      case 'timeout':
        this.#o.lost(device);
        if (isIdempotent(row.operation) || row.repeatable === 1) {
          return this.#requeue(row, "no answer; repeated at the device's next contact");
        }
        return this.#finish(row, 'outcome-unknown', 'sent, and not answered: the device may have acted on it');
    }
  }

  async #requeue(row: CommandRow, reason: string): Promise<void> {
    const at = this.#o.now();
    row.state = 'queued';
    row.receipts = [...row.receipts, { at, step: 'queued', text: reason }];
    await this.#o.store.commit({
      changes: [{ put: 'commands', row }],
      journal: [this.#entry(row, { type: 'command.requeued', payload: { commandId: row.commandId, reason } })],
    });
  }

  async #finish(row: CommandRow, state: Finished, text: string, actor?: Actor): Promise<void> {
    const at = this.#o.now();
    const { commandId, responseId, code } = row;
    const finished: CommandRow = {
      ...row,
      state,
      finishedAt: at,
      receipts: [...row.receipts, { at, step: state, text }],
    };
    const payload = {
      commandId,
      state,
      text,
      ...(code === undefined ? {} : { code }),
      ...(responseId === undefined ? {} : { responseId }),
    };
    const change: Change = { put: 'commands', row: finished };
    await this.#o.store.commit({
      changes: [change],
      journal: [this.#entry(row, { type: 'command.finished', payload }, actor)],
    });
  }

  async #recover(): Promise<void> {
    for (const row of await this.#o.store.list('commands', { where: { state: 'sent' } })) {
      if (isIdempotent(row.operation) || row.repeatable === 1) {
        await this.#requeue(row, "the server restarted before the answer; repeated at the device's next contact");
      } else {
        await this.#finish(
          row,
          'outcome-unknown',
          'the server restarted before the answer: the device may have acted on it',
        );
      }
    }
  }

  async #queued(deviceId: DeviceId): Promise<CommandRow[]> {
    const rows = await this.#o.store.list('commands', { where: { deviceId, state: 'queued' } });
    return rows.sort((a, b) => a.position - b.position);
  }

  #entry(
    row: CommandRow,
    entry: Pick<
      Extract<JournalDraft, { type: 'command.sent' | 'command.requeued' | 'command.finished' }>,
      'type' | 'payload'
    >,
    actor?: Actor,
  ): JournalDraft {
    const { organisationId, deviceId } = row;
    return { ...entry, at: this.#o.now(), organisationId, deviceId, actor: actor ?? row.actor } as JournalDraft;
  }
}

/** Whether something can be sent to the device now. */
function isReachable({ session, registration }: Device, now: Millis): boolean {
  return session !== undefined && registration?.state === 'registered' && isAwake(registration, now);
}
