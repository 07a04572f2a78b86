import type { Actor, ResponseState } from '@reeve/contract';
import { type CommandId, type DeviceId, type IncidentId, type Millis, newId, type ResponseId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { CaseBatch } from './case-batch.ts';
import { NEVER } from './due.ts';
import { type LockEvent, type LockState, nextStep, pendingCommand, type Wish } from './lock.ts';

type ResponseRow = Row<'responses'>;

/** Steps kept with a response, the newest; the journal has the others. */
const MAX_STEPS = 200;
const DAY_MS = 24 * 3_600_000;
/** How long a command that locks waits for the device if no lease ends before. */
const LOCK_PATIENCE_MS = DAY_MS;
/** Undoing a lock waits longer than any lease. */
const RELEASE_PATIENCE_MS = 31 * DAY_MS;
/** Wait before undoing a lock is tried again; doubles with each failure. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/** Whether a response in this state is over, and whether it wants the device locked. */
const STANDING = {
  'waiting-approval': { over: false, holds: false },
  denied: { over: true, holds: false },
  locking: { over: false, holds: true },
  locked: { over: false, holds: true },
  releasing: { over: false, holds: false },
  released: { over: true, holds: false },
  failed: { over: false, holds: true },
} as const satisfies Record<ResponseState, { over: boolean; holds: boolean }>;

const STATES = Object.keys(STANDING) as ResponseState[];
const UNDER_WAY: readonly ResponseState[] = STATES.filter((state) => !STANDING[state].over);

export function holds({ state }: Pick<ResponseRow, 'state'>): boolean {
  return STANDING[state].holds;
}

/** Responses of devices that are not over. */
export function responsesUnderWay(store: Store, devices: readonly DeviceId[]): Promise<ResponseRow[]> {
  return store.list('responses', { whereIn: { deviceId: devices, state: UNDER_WAY } });
}

/**
 * The lock of one device and the responses that hold it. As long as one holds it the device is to be locked; when the
 * last one lets go it is undone.
 */
export class HeldLock {
  readonly #out: CaseBatch;
  readonly #responses: ResponseRow[];
  #state: LockState;
  /** How often undoing it failed in a row. */
  #failures: number;

  constructor(out: CaseBatch, row: Row<'locks'> | undefined, responses: readonly ResponseRow[]) {
    this.#out = out;
    this.#state = (row?.state ?? { kind: 'free' }) as LockState;
    this.#failures = row?.failures ?? 0;
    this.#responses = [...responses];
  }

  /** Responses that are not over. */
  get responses(): readonly ResponseRow[] {
    return this.#responses.filter(({ state }) => !STANDING[state].over);
  }

  /** Whether the lock waits for this command. */
  awaits(commandId: CommandId): boolean {
    return pendingCommand(this.#state) === commandId;
  }

  /** A response that does nothing yet. */
  add(
    of: Pick<ResponseRow, 'targets' | 'state'> &
      Partial<Pick<ResponseRow, 'incidentId' | 'policyId' | 'person' | 'until'>>,
  ): ResponseRow {
    const { organisationId, deviceId, now } = this.#out;
    const row: ResponseRow = {
      organisationId,
      deviceId,
      responseId: newId.response(),
      kind: 'lock',
      steps: [],
      createdAt: now,
      dueAt: NEVER,
      ...of,
    };
    this.#responses.push(row);
    this.#out.change({ put: 'responses', row: { ...row } });
    return row;
  }

  /** The response holds the lock from here on, for at most `lease` ms if that is given. */
  begin(response: ResponseRow, lease?: Millis): void {
    const until = lease === undefined ? {} : { until: this.#out.now + lease };
    this.#set(response, { state: 'locking', ...until });
    this.#out.tell({ type: 'response.started', payload: { ...named(response), kind: 'lock', ...until } });
    this.drive({ kind: this.#state.kind === 'failed' ? 'retry' : 'wish' });
  }

  /** The response holds the lock no longer; the device is unlocked if nothing else does. */
  letGo(response: ResponseRow, reason: string): void {
    if (!holds(response)) return;
    this.#set(response, { state: 'releasing' });
    this.#step(response, reason);
    this.#out.tell({ type: 'response.releasing', payload: { ...named(response), reason } });
    this.drive({ kind: 'wish' });
  }

  /** Ends a response that never held the lock. */
  dismiss(response: ResponseRow, state: 'released' | 'denied', text: string): void {
    this.#step(response, text);
    this.#set(response, { state, endedAt: this.#out.now });
  }

  /** The device is gone: everything ends as it is, and nothing more is sent. */
  abandon(text: string): void {
    for (const response of this.responses) this.#release(response, text);
    this.#out.change({ delete: 'locks', key: { deviceId: this.#out.deviceId } });
    this.#state = { kind: 'free' };
  }

  /** Tells a person of something that the server will not do by itself. */
  attention(response: ResponseRow, text: string): void {
    this.#out.tell({ type: 'response.attention', payload: { ...named(response), text } });
  }

  /** Moves the lock on, until it waits for the device or has nothing more to do. */
  drive(event: LockEvent): void {
    const step = nextStep(this.#state, this.#wish(), event, this.#out.now);
    if (step.kind === 'command') {
      const commandId = this.#queue(step.operation);
      this.#setState(step.waiting(commandId));
      for (const response of this.#concerned()) {
        if (holds(response) && response.state !== 'locking') this.#set(response, { state: 'locking' });
        this.#step(response, step.receipt, commandId);
        this.#out.tell({ type: 'response.step', payload: { ...named(response), text: step.receipt, commandId } });
      }
    } else if (step.kind === 'rest') {
      this.#setState(step.state);
      if (step.state.kind === 'failed') this.#failed(step.receipt);
    }
    this.#settle(step.kind === 'rest' ? step.receipt : undefined);
  }

  /**
   * Nobody is told that a device is locked, or as it was before, unless the device has said so. That it could not be
   * undone is told once, however often it is tried.
   */
  #failed(reason: string): void {
    for (const response of this.#concerned()) {
      const held = holds(response);
      this.#step(response, reason);
      if (held) this.#set(response, { state: 'failed' });
      else if (this.#failures > 1) continue;
      this.#out.tell({ type: 'response.failed', payload: { ...named(response), text: reason } });
      this.attention(response, `the lock could not be ${held ? 'proved' : 'undone'}: ${reason}`);
    }
  }

  /** Responses that waited for what the lock has come to. */
  #settle(receipt?: string): void {
    const wanted = this.#wish().locked;
    for (const response of this.responses) {
      if (response.state === 'releasing' && wanted) {
        this.#release(response, 'let go; something else still holds the lock');
      } else if (response.state === 'releasing' && this.#state.kind === 'free') {
        this.#release(response, receipt ?? 'nothing was changed');
      } else if (response.state === 'locking' && this.#state.kind === 'locked') {
        const text = receipt ?? 'the device is locked already';
        this.#step(response, text);
        this.#set(response, { state: 'locked' });
        this.#out.tell({ type: 'response.locked', payload: { ...named(response), text } });
      }
    }
  }

  #release(response: ResponseRow, text: string): void {
    this.dismiss(response, 'released', text);
    this.#out.tell({ type: 'response.released', payload: { ...named(response), text } });
  }

  #queue(operation: Parameters<CaseBatch['queue']>[0]['operation']): CommandId {
    const { now } = this.#out;
    const holders = this.responses.filter(holds);
    const leases = holders.map(({ until }) => until ?? now + LOCK_PATIENCE_MS);
    const [first] = holders.length > 0 ? holders : this.#concerned();
    return this.#out.queue({
      operation,
      actor: actorOf(first),
      expiresAt: leases.length > 0 ? Math.max(...leases) : now + RELEASE_PATIENCE_MS,
      ...(first?.incidentId === undefined ? {} : { incidentId: first.incidentId }),
      ...(first === undefined ? {} : { responseId: first.responseId }),
    });
  }

  /** Responses that what happens to the lock is told of. */
  #concerned(): readonly ResponseRow[] {
    return this.responses.filter(({ state }) => state !== 'waiting-approval');
  }

  #wish(): Wish {
    const holders = this.responses.filter(holds);
    // One that wants the whole device locked outdoes those that want a part of it.
    const whole = holders.some(({ targets }) => targets.length === 0);
    const targets = whole ? [] : [...new Set(holders.flatMap((holder) => holder.targets))];
    return { locked: holders.length > 0, targets };
  }

  #step(response: ResponseRow, text: string, commandId?: CommandId): void {
    const step = { at: this.#out.now, text, ...(commandId === undefined ? {} : { commandId }) };
    this.#set(response, { steps: [...response.steps, step].slice(-MAX_STEPS) });
  }

  #set(row: ResponseRow, set: Partial<Pick<ResponseRow, 'state' | 'until' | 'steps' | 'endedAt'>>): void {
    Object.assign(row, set);
    row.dueAt = holds(row) ? (row.until ?? NEVER) : NEVER;
    const { responseId, dueAt } = row;
    this.#out.change({ patch: 'responses', key: { responseId }, set: { ...set, dueAt } });
  }

  #setState(state: LockState): void {
    this.#state = state;
    if (state.kind === 'failed') this.#failures = this.#wish().locked ? 0 : this.#failures + 1;
    else if (state.kind !== 'releasing' && state.kind !== 'confirming') this.#failures = 0;
    const failures = this.#failures;
    const { organisationId, deviceId, now } = this.#out;
    const dueAt = state.kind === 'failed' && failures > 0 ? now + retryDelay(failures) : NEVER;
    this.#out.change({ put: 'locks', row: { organisationId, deviceId, state, failures, updatedAt: now, dueAt } });
  }
}

function retryDelay(failures: number): Millis {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
}

function named({ responseId, incidentId }: ResponseRow): { responseId: ResponseId; incidentId?: IncidentId } {
  return incidentId === undefined ? { responseId } : { responseId, incidentId };
}

function actorOf(response: ResponseRow | undefined): Actor {
  if (response?.person !== undefined) return { kind: 'person', name: response.person };
  return response?.policyId === undefined
    ? { kind: 'server', name: 'incidents' }
    : { kind: 'policy', name: response.policyId };
}
