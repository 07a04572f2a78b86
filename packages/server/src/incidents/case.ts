import type { Evidence } from '@reeve/contract';
import { formatSpan } from '@reeve/policy';
import { type DeviceId, type IncidentId, type Millis, newId, type PolicyId } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import type { Batch, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { CaseBatch, type DraftCommand } from './case-batch.ts';
import { NEVER } from './due.ts';
import { HeldLock, holds, responsesUnderWay } from './held-lock.ts';

type IncidentRow = Row<'incidents'>;
type ResponseRow = Row<'responses'>;

/** Pieces of evidence kept with an incident, the newest; the journal has the others. */
const MAX_EVIDENCE = 50;

/** A cleared incident closes after this; a breach before then opens it again. */
export const CLOSE_AFTER_MS = 30 * 60_000;

/** What a rule that was broken asks for beyond the alarm. */
export interface LockResponse {
  readonly maxFor: Millis;
  readonly targets: readonly string[];
}

/** The columns of an incident that the consumer writes: a person acknowledges beside it. */
type IncidentPatch = {
  -readonly [C in 'state' | 'closedAt' | 'evidence' | 'dueAt']?: IncidentRow[C];
} & { clearedAt?: Millis | undefined };

interface Rows {
  readonly incidents: IncidentRow[];
  readonly approvals: Row<'approvals'>[];
}

/**
 * Everything that is open about one device while one journal entry is handled: rows as read, changed step by step, and
 * given out as one batch. Incidents have responses; responses hold the device's lock.
 */
export class DeviceCase {
  readonly lock: HeldLock;
  readonly #out: CaseBatch;
  readonly #rows: Rows;

  private constructor(out: CaseBatch, lock: HeldLock, rows: Rows) {
    this.#out = out;
    this.lock = lock;
    this.#rows = rows;
  }

  static async read(
    store: Store,
    entry: JournalEntry,
    deviceId: DeviceId,
    draft: DraftCommand,
    now: Millis,
  ): Promise<DeviceCase> {
    const incidents = await store.list('incidents', {
      where: { deviceId },
      whereIn: { state: ['open', 'cleared'] },
    });
    const approvals = await store.list('approvals', {
      where: { state: 'waiting' },
      whereIn: { incidentId: incidents.map(({ incidentId }) => incidentId) },
    });
    const lock = await store.get('locks', { deviceId });
    const out = new CaseBatch(entry, deviceId, draft, now);
    const held = new HeldLock(out, lock, await responsesUnderWay(store, [deviceId]));
    return new DeviceCase(out, held, { incidents, approvals });
  }

  get deviceId(): DeviceId {
    return this.#out.deviceId;
  }

  /** Everything that was decided. */
  batch(): Required<Pick<Batch, 'changes' | 'journal'>> {
    return this.#out.batch();
  }

  /** Incidents that are not closed. */
  get incidents(): readonly IncidentRow[] {
    return this.#rows.incidents.filter(({ state }) => state !== 'closed');
  }

  incident(incidentId: IncidentId | undefined): IncidentRow | undefined {
    return this.incidents.find((row) => row.incidentId === incidentId);
  }

  /** The incident of a rule; a rule that says something else than before is another one. */
  incidentOf(policyId: PolicyId, ruleKey: string): IncidentRow | undefined {
    return this.incidents.find((row) => row.policyId === policyId && row.ruleKey === ruleKey);
  }

  /** The rule was broken: an incident opens, a cleared one opens again, and an open one gets new evidence. */
  breached(
    rule: Pick<IncidentRow, 'policyId' | 'ruleId' | 'ruleKey' | 'rule'>,
    evidence: Evidence,
  ): { readonly incident: IncidentRow; readonly opened: boolean } {
    const known = this.incidentOf(rule.policyId, rule.ruleKey);
    if (known) {
      const { incidentId, state } = known;
      const opened = state === 'cleared';
      this.#addEvidence(known, evidence);
      if (opened) {
        this.#set(known, { state: 'open', clearedAt: undefined, dueAt: NEVER });
        this.#out.tell({ type: 'incident.reopened', payload: { incidentId, text: evidence.text } });
      } else {
        this.#out.tell({ type: 'incident.evidence', payload: { incidentId, evidence } });
      }
      return { incident: known, opened };
    }
    const { organisationId, deviceId, now } = this.#out;
    const incident: IncidentRow = {
      organisationId,
      deviceId,
      incidentId: newId.incident(),
      state: 'open',
      openedAt: now,
      evidence: [evidence],
      dueAt: NEVER,
      ...rule,
    };
    this.#rows.incidents.push(incident);
    this.#out.change({ put: 'incidents', row: { ...incident } });
    const { incidentId, policyId, ruleId } = incident;
    this.#out.tell({ type: 'incident.opened', payload: { incidentId, policyId, ruleId, rule: rule.rule, evidence } });
    return { incident, opened: true };
  }

  /** The cause is gone: the incident clears, and what it held is let go. */
  cleared(incident: IncidentRow, text: string, evidence?: Evidence): void {
    if (incident.state !== 'open') return;
    if (evidence) this.#addEvidence(incident, evidence);
    const { now } = this.#out;
    this.#set(incident, { state: 'cleared', clearedAt: now, dueAt: now + CLOSE_AFTER_MS });
    this.#out.tell({ type: 'incident.cleared', payload: { incidentId: incident.incidentId, text } });
    this.endResponses(incident, text);
  }

  closed(incident: IncidentRow, reason: string): void {
    this.endResponses(incident, reason);
    this.#set(incident, { state: 'closed', closedAt: this.#out.now, dueAt: NEVER });
    this.#out.tell({ type: 'incident.closed', payload: { incidentId: incident.incidentId, reason } });
  }

  /** Whether the incident holds the lock, or waits to. */
  isAnswered(incident: IncidentRow): boolean {
    return this.#responsesOf(incident).some((response) => holds(response) || response.state === 'waiting-approval');
  }

  /** A policy's lock begins. It counts for the governor. */
  startLock(incident: IncidentRow, { maxFor, targets }: LockResponse): void {
    const { organisationId, deviceId, now: queuedAt } = this.#out;
    const { incidentId, policyId } = incident;
    const response = this.lock.add({ incidentId, policyId, targets: [...targets], state: 'locking' });
    const { responseId } = response;
    this.#out.change({
      put: 'automaticResponses',
      row: { organisationId, deviceId, responseId, policyId, queuedAt },
    });
    this.lock.begin(response, maxFor);
  }

  /** The governor says no: a person is asked. */
  askForLock(incident: IncidentRow, { maxFor, targets }: LockResponse, reason: string): void {
    const { organisationId, deviceId, now } = this.#out;
    const { incidentId, policyId } = incident;
    // Until it is decided, `until` only keeps how long the lease would be.
    const { responseId } = this.lock.add({
      incidentId,
      policyId,
      targets: [...targets],
      state: 'waiting-approval',
      until: now + maxFor,
    });
    const approval: Row<'approvals'> = {
      organisationId,
      deviceId,
      approvalId: newId.approval(),
      policyId,
      incidentId,
      responseId,
      action: `lock for at most ${formatSpan(maxFor)}`,
      reason,
      state: 'waiting',
      createdAt: now,
    };
    this.#rows.approvals.push(approval);
    this.#out.change({ put: 'approvals', row: approval });
    const { approvalId, action } = approval;
    this.#out.tell({ type: 'approval.requested', payload: { approvalId, incidentId, action, reason } });
  }

  /** A person decided about a response that waits. A lease counts from here. */
  decided(approvalId: string, decision: 'approved' | 'denied', person: string): void {
    const approval = this.#rows.approvals.find((row) => row.approvalId === approvalId);
    const response = this.lock.responses.find(({ responseId }) => responseId === approval?.responseId);
    if (!approval || response?.state !== 'waiting-approval') return;
    this.#decide(approval, decision, person);
    if (decision === 'denied') this.lock.dismiss(response, 'denied', `denied by ${person}`);
    else this.lock.begin(response, response.until === undefined ? undefined : response.until - response.createdAt);
  }

  /** A person takes the lock, or lets go of it; others that hold it keep it. */
  personal(person: string, held: boolean): void {
    const mine = this.lock.responses.find((response) => response.person === person && holds(response));
    if (held && !mine) this.lock.begin(this.lock.add({ person, targets: [], state: 'locking' }));
    if (!held && mine) this.lock.letGo(mine, `let go by ${person}`);
  }

  /** The longest time of a response is over, whether its cause is gone or not. */
  leaseEnded(responseId: string): void {
    const response = this.lock.responses.find((row) => row.responseId === responseId);
    if (!response || !holds(response)) return;
    const what = response.state === 'locked' ? 'undone' : 'given up';
    this.lock.letGo(response, 'its longest time is over');
    if (this.incident(response.incidentId)?.state !== 'open') return;
    this.lock.attention(
      response,
      `the lock was ${what} because its longest time is over, but the cause is still there`,
    );
  }

  /** The device is gone. */
  removed(): void {
    for (const approval of this.#rows.approvals) this.#decide(approval, 'obsolete');
    this.lock.abandon('the device was removed: its lock stays as it is');
    for (const incident of this.incidents) this.closed(incident, 'the device was removed');
  }

  /** What an incident holds is let go; what waits for a person does so no longer. */
  endResponses(incident: IncidentRow, reason: string): void {
    for (const response of this.#responsesOf(incident)) {
      if (response.state !== 'waiting-approval') {
        this.lock.letGo(response, reason);
        continue;
      }
      const approval = this.#rows.approvals.find(({ responseId }) => responseId === response.responseId);
      if (approval) this.#decide(approval, 'obsolete');
      this.lock.dismiss(response, 'released', reason);
    }
  }

  #responsesOf({ incidentId }: IncidentRow): readonly ResponseRow[] {
    return this.lock.responses.filter((response) => response.incidentId === incidentId);
  }

  #decide(
    { approvalId, incidentId }: Row<'approvals'>,
    decision: 'approved' | 'denied' | 'obsolete',
    person?: string,
  ): void {
    const decided = {
      state: decision,
      decidedAt: this.#out.now,
      ...(person === undefined ? {} : { decidedBy: person }),
    };
    this.#out.change({ patch: 'approvals', key: { approvalId }, set: decided });
    this.#out.tell({ type: 'approval.decided', payload: { approvalId, incidentId, decision } });
  }

  #set(row: IncidentRow, set: IncidentPatch): void {
    Object.assign(row, set);
    this.#out.change({ patch: 'incidents', key: { incidentId: row.incidentId }, set });
  }

  #addEvidence(row: IncidentRow, evidence: Evidence): void {
    this.#set(row, { evidence: [...row.evidence, evidence].slice(-MAX_EVIDENCE) });
  }
}
