import type { Actor, Evidence } from '@reeve/contract';
import type { NewCommand } from '../commands/queue.ts';
import {
  type DeviceId,
  type IncidentId,
  type Millis,
  newId,
  type OrganisationId,
  type PolicyId,
  type ResponseId,
} from '../ids.ts';
import type { JournalDraft, JournalEntry } from '../journal/entries.ts';
import type { Batch, Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { type LockEvent, type LockState, nextStep, pendingCommand, type Wish } from './lock.ts';

type IncidentRow = Row<'incidents'>;
type ResponseRow = Row<'responses'>;

/** Pieces of evidence kept with an incident; the journal has the others. */
const MAX_EVIDENCE = 50;
const MAX_STEPS = 200;
const DAY_MS = 24 * 3_600_000;

/** What a rule that was broken asks for beyond the alarm. */
export interface LockResponse {
  readonly maxFor: Millis;
  readonly targets: readonly string[];
}

/** The columns of an incident that the consumer writes. */
interface IncidentPatch {
  state?: IncidentRow['state'];
  clearedAt?: Millis | undefined;
  closedAt?: Millis;
  evidence?: Evidence[];
}

interface Rows {
  readonly incidents: IncidentRow[];
  readonly responses: ResponseRow[];
  readonly approvals: Row<'approvals'>[];
  readonly lock: LockState;
}

type DraftCommand = (command: NewCommand) => {
  commandId: Row<'commands'>['commandId'];
  batch: Required<Pick<Batch, 'changes' | 'journal'>>;
};

/**
 * Everything that is open about one device while one journal entry is handled: rows as read, changed step by step, and
 * given out as one batch. Incidents hold responses; responses hold the device's lock.
 */
export class DeviceCase {
  readonly organisationId: OrganisationId;
  readonly deviceId: DeviceId;
  readonly #entry: JournalEntry;
  readonly #now: Millis;
  readonly #rows: Rows;
  readonly #draft: DraftCommand;
  #lock: LockState;
  readonly #changes: Change[] = [];
  readonly #journal: JournalDraft[] = [];

  private constructor(entry: JournalEntry, deviceId: DeviceId, rows: Rows, draft: DraftCommand, now: Millis) {
    this.organisationId = entry.organisationId;
    this.deviceId = deviceId;
    this.#entry = entry;
    this.#now = now;
    this.#rows = rows;
    this.#lock = rows.lock;
    this.#draft = draft;
  }

  static async read(
    store: Store,
    entry: JournalEntry,
    deviceId: DeviceId,
    draft: DraftCommand,
    now: Millis,
  ): Promise<DeviceCase> {
    const open = await store.list('incidents', { where: { deviceId, state: 'open' } });
    const cleared = await store.list('incidents', { where: { deviceId, state: 'cleared' } });
    const responses = (await store.list('responses', { where: { deviceId } })).filter(
      ({ endedAt }) => endedAt === undefined,
    );
    const approvals: Row<'approvals'>[] = [];
    for (const { incidentId } of [...open, ...cleared]) {
      approvals.push(...(await store.list('approvals', { where: { incidentId } })));
    }
    const lock = (await store.get('locks', { deviceId }))?.state as LockState | undefined;
    return new DeviceCase(
      entry,
      deviceId,
      { incidents: [...open, ...cleared], responses, approvals, lock: lock ?? { kind: 'free' } },
      draft,
      now,
    );
  }

  /** The batch of everything that was decided. */
  batch(): Batch {
    return { changes: this.#changes, journal: this.#journal };
  }

  incidentOf(policyId: PolicyId, ruleId: string): IncidentRow | undefined {
    return this.#rows.incidents.find(
      (row) => row.policyId === policyId && row.ruleId === ruleId && row.state !== 'closed',
    );
  }

  incident(incidentId: IncidentId): IncidentRow | undefined {
    return this.#rows.incidents.find((row) => row.incidentId === incidentId);
  }

  get incidents(): readonly IncidentRow[] {
    return this.#rows.incidents.filter(({ state }) => state !== 'closed');
  }

  get responses(): readonly ResponseRow[] {
    return this.#rows.responses.filter(({ endedAt }) => endedAt === undefined);
  }

  /** Whether a command belongs to the lock of this device. */
  awaits(commandId: string): boolean {
    return pendingCommand(this.#lock) === commandId;
  }

  /** The rule was broken: an incident opens, or an open one gets new evidence. */
  breached(
    rule: { policyId: PolicyId; ruleId: string; ruleKey: string; text: string },
    evidence: Evidence,
  ): IncidentRow {
    const known = this.incidentOf(rule.policyId, rule.ruleId);
    if (known) {
      this.#addEvidence(known, evidence);
      if (known.state === 'cleared') {
        this.#patchIncident(known, { state: 'open', clearedAt: undefined });
        this.#tell({ type: 'incident.reopened', payload: { incidentId: known.incidentId, text: evidence.text } });
      } else this.#tell({ type: 'incident.evidence', payload: { incidentId: known.incidentId, evidence } });
      return known;
    }
    const { policyId, ruleId, ruleKey, text } = rule;
    const row: IncidentRow = {
      organisationId: this.organisationId,
      deviceId: this.deviceId,
      incidentId: newId.incident(),
      policyId,
      ruleId,
      ruleKey,
      rule: text,
      state: 'open',
      openedAt: this.#now,
      evidence: [evidence],
    };
    this.#rows.incidents.push(row);
    this.#changes.push({ put: 'incidents', row });
    this.#tell({
      type: 'incident.opened',
      payload: { incidentId: row.incidentId, policyId, ruleId, rule: text, evidence },
    });
    return row;
  }

  /** The cause is gone: the incident clears, and what it held is let go. */
  cleared(incident: IncidentRow, text: string, evidence?: Evidence): void {
    if (incident.state !== 'open') return;
    if (evidence) this.#addEvidence(incident, evidence);
    this.#patchIncident(incident, { state: 'cleared', clearedAt: this.#now });
    this.#tell({ type: 'incident.cleared', payload: { incidentId: incident.incidentId, text } });
    this.#endResponsesOf(incident, text);
  }

  closed(incident: IncidentRow, reason: string): void {
    if (incident.state === 'closed') return;
    this.#endResponsesOf(incident, reason);
    this.#patchIncident(incident, { state: 'closed', closedAt: this.#now });
    this.#tell({ type: 'incident.closed', payload: { incidentId: incident.incidentId, reason } });
  }

  /** Whether an incident already has a response that is not over. */
  hasResponse(incident: IncidentRow): boolean {
    return this.responses.some(({ incidentId }) => incidentId === incident.incidentId);
  }

  /** A policy's lock begins, and counts for the governor. */
  startLock(incident: IncidentRow, { maxFor, targets }: LockResponse): void {
    const row = this.#response({
      incidentId: incident.incidentId,
      policyId: incident.policyId,
      targets,
      until: this.#now + maxFor,
    });
    this.#count(row, incident.policyId);
    this.#begin(row);
  }

  /** A person holds the lock. */
  startPersonalLock(person: string): void {
    this.#begin(this.#response({ person, targets: [] }));
  }

  /** The governor says no: a person is asked. */
  askForLock(incident: IncidentRow, { maxFor, targets }: LockResponse, reason: string): void {
    const { incidentId, policyId } = incident;
    const row = this.#response({ incidentId, policyId, targets, state: 'waiting-approval', until: this.#now + maxFor });
    const approval: Row<'approvals'> = {
      organisationId: this.organisationId,
      deviceId: this.deviceId,
      approvalId: newId.approval(),
      policyId,
      incidentId,
      responseId: row.responseId,
      action: `lock for at most ${Math.round(maxFor / 60_000)} min`,
      reason,
      state: 'waiting',
      createdAt: this.#now,
    };
    this.#rows.approvals.push(approval);
    this.#changes.push({ put: 'approvals', row: approval });
    const { approvalId, action } = approval;
    this.#tell({ type: 'approval.requested', payload: { approvalId, incidentId, action, reason } });
  }

  /** A person decided about a response that waits. The lease counts from here. */
  decided(approvalId: string, approved: boolean): void {
    const approval = this.#rows.approvals.find((row) => row.approvalId === approvalId);
    const response = this.responses.find(({ responseId }) => responseId === approval?.responseId);
    if (!approval || response?.state !== 'waiting-approval') return;
    if (!approved) {
      this.#end(response, 'denied', 'denied by a person');
      return;
    }
    const lease = (response.until ?? this.#now + DAY_MS) - response.createdAt;
    this.#patchResponse(response, { until: this.#now + lease });
    this.#begin(response);
  }

  /** Ends a response; the lock goes when nothing else holds it. */
  letGo(response: ResponseRow, reason: string): void {
    if (response.endedAt !== undefined || response.state === 'releasing') return;
    if (response.state === 'waiting-approval') {
      const approval = this.#rows.approvals.find(
        ({ responseId, state }) => responseId === response.responseId && state === 'waiting',
      );
      if (approval) {
        this.#changes.push({
          patch: 'approvals',
          key: { approvalId: approval.approvalId },
          set: { state: 'obsolete', decidedAt: this.#now },
        });
        const { approvalId, incidentId } = approval;
        this.#tell({ type: 'approval.decided', payload: { approvalId, incidentId, decision: 'obsolete' } });
      }
      this.#end(response, 'released', reason);
      return;
    }
    this.#patchResponse(response, { state: 'releasing' });
    this.#step(response, reason);
    this.#tell({ type: 'response.releasing', payload: { ...this.#named(response), reason } });
    this.drive({ kind: 'wish' });
  }

  /** Tells a person of something that the server will not do by itself. */
  attention(response: ResponseRow, text: string): void {
    this.#tell({ type: 'response.attention', payload: { ...this.#named(response), text } });
  }

  /** Moves the lock on until it waits for the device or rests. */
  drive(event: LockEvent): void {
    const step = nextStep(this.#lock, this.#wish(), event, this.#now);
    if (step.kind === 'stay') {
      this.#settle();
      return;
    }
    const holders = this.responses.filter(({ state }) => state !== 'waiting-approval');
    if (step.kind === 'command') {
      const [first] = holders;
      const until = Math.max(this.#now + DAY_MS, ...holders.map((holder) => holder.until ?? 0));
      const { commandId, batch } = this.#draft({
        organisationId: this.organisationId,
        deviceId: this.deviceId,
        operation: step.operation,
        actor: this.#actorOf(first),
        expiresAt: until,
        ...(first?.incidentId === undefined ? {} : { incidentId: first.incidentId }),
        ...(first === undefined ? {} : { responseId: first.responseId }),
      });
      this.#changes.push(...batch.changes);
      this.#journal.push(...batch.journal.map((draft) => ({ ...draft, cause: this.#entry.seq })));
      this.#setLock(step.then(commandId));
      for (const holder of holders) {
        this.#step(holder, step.receipt, commandId);
        this.#tell({ type: 'response.step', payload: { ...this.#named(holder), text: step.receipt, commandId } });
      }
      return;
    }
    this.#setLock(step.state);
    for (const holder of holders) this.#step(holder, step.receipt);
    if (step.state.kind === 'failed') {
      for (const holder of holders) {
        this.#patchResponse(holder, { state: holder.state === 'releasing' ? 'releasing' : 'failed' });
        this.#tell({ type: 'response.failed', payload: { ...this.#named(holder), text: step.receipt } });
        this.attention(holder, `the lock could not be proved: ${step.receipt}`);
      }
      return;
    }
    if (step.state.kind === 'locked') {
      for (const holder of holders) {
        if (holder.state === 'releasing') continue;
        this.#patchResponse(holder, { state: 'locked' });
        this.#tell({ type: 'response.locked', payload: { ...this.#named(holder), text: step.receipt } });
      }
    }
    this.#settle(step.receipt);
    // The wish may have changed while the device was answering.
    if (this.#wish().locked !== (step.state.kind === 'locked')) this.drive({ kind: 'wish' });
  }

  /** Responses that only waited for the lock to come to rest: released, or locked beside another holder. */
  #settle(receipt?: string): void {
    for (const response of this.responses) {
      if (response.state === 'releasing' && (this.#lock.kind === 'free' || this.#wish().locked)) {
        const text = this.#wish().locked
          ? 'let go; something else still holds the lock'
          : (receipt ?? 'was not locked');
        this.#end(response, 'released', text);
        this.#tell({ type: 'response.released', payload: { ...this.#named(response), text } });
      }
      if (response.state === 'locking' && this.#lock.kind === 'locked') {
        const text = 'the device is locked already';
        this.#patchResponse(response, { state: 'locked' });
        this.#step(response, text);
        this.#tell({ type: 'response.locked', payload: { ...this.#named(response), text } });
      }
    }
  }

  #wish(): Wish {
    const holders = this.responses.filter(
      ({ state }) => state === 'locking' || state === 'locked' || state === 'failed',
    );
    return { locked: holders.length > 0, targets: [...new Set(holders.flatMap(({ targets }) => targets))] };
  }

  #endResponsesOf(incident: IncidentRow, reason: string): void {
    for (const response of this.responses)
      if (response.incidentId === incident.incidentId) this.letGo(response, reason);
  }

  #response(of: { targets: readonly string[] } & Partial<Omit<ResponseRow, 'targets'>>): ResponseRow {
    const row: ResponseRow = {
      organisationId: this.organisationId,
      deviceId: this.deviceId,
      responseId: newId.response(),
      kind: 'lock',
      state: 'locking',
      steps: [],
      createdAt: this.#now,
      ...of,
      targets: [...of.targets],
    };
    this.#rows.responses.push(row);
    this.#changes.push({ put: 'responses', row });
    return row;
  }

  #begin(response: ResponseRow): void {
    this.#patchResponse(response, { state: 'locking' });
    const until = response.until === undefined ? {} : { until: response.until };
    this.#tell({ type: 'response.started', payload: { ...this.#named(response), kind: 'lock', ...until } });
    this.drive({ kind: 'wish' });
  }

  #count({ responseId }: ResponseRow, policyId: PolicyId): void {
    const { organisationId, deviceId } = this;
    this.#changes.push({
      put: 'automaticResponses',
      row: { organisationId, deviceId, responseId, policyId, queuedAt: this.#now },
    });
  }

  #end(response: ResponseRow, state: 'released' | 'denied', text: string): void {
    this.#step(response, text);
    this.#patchResponse(response, { state, endedAt: this.#now });
  }

  #step(response: ResponseRow, text: string, commandId?: Row<'commands'>['commandId']): void {
    const step = { at: this.#now, text, ...(commandId === undefined ? {} : { commandId }) };
    this.#patchResponse(response, { steps: [...response.steps, step].slice(-MAX_STEPS) });
  }

  #patchResponse(row: ResponseRow, set: Partial<ResponseRow>): void {
    Object.assign(row, set);
    this.#changes.push({ patch: 'responses', key: { responseId: row.responseId }, set });
  }

  /** Only the columns that belong to the consumer: a person acknowledges beside it. */
  #patchIncident(row: IncidentRow, set: IncidentPatch): void {
    Object.assign(row, set);
    this.#changes.push({ patch: 'incidents', key: { incidentId: row.incidentId }, set });
  }

  #addEvidence(row: IncidentRow, evidence: Evidence): void {
    this.#patchIncident(row, { evidence: [...row.evidence, evidence].slice(-MAX_EVIDENCE) });
  }

  #setLock(state: LockState): void {
    this.#lock = state;
    const { organisationId, deviceId } = this;
    this.#changes.push({ put: 'locks', row: { organisationId, deviceId, state, updatedAt: this.#now } });
  }

  #named({ responseId, incidentId }: ResponseRow): { responseId: ResponseId; incidentId?: IncidentId } {
    return incidentId === undefined ? { responseId } : { responseId, incidentId };
  }

  #actorOf(response: ResponseRow | undefined): Actor {
    if (response?.person !== undefined) return { kind: 'person', name: response.person };
    return response?.policyId === undefined
      ? { kind: 'server', name: 'incidents' }
      : { kind: 'policy', name: response.policyId };
  }

  #tell(entry: Pick<JournalDraft, 'type' | 'payload'>): void {
    const { organisationId, deviceId } = this;
    const { actor, seq } = this.#entry;
    this.#journal.push({ ...entry, at: this.#now, organisationId, deviceId, actor, cause: seq } as JournalDraft);
  }
}
