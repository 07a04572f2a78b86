import type { Evidence, IncidentState, ResponseState } from '@reeve/contract';
import type { ApprovalId, CommandId, IncidentId, PolicyId, ResponseId } from '../ids.ts';
import { device } from './columns.ts';
import { integer, json, optional, table, text } from './schema.ts';

/** What came of rules that were broken: incidents, the responses to them, and who allowed those. */
export const incidentTables = {
  incidents: table(
    {
      ...device,
      incidentId: text<IncidentId>(),
      policyId: text<PolicyId>(),
      ruleId: text(),
      ruleKey: text(),
      rule: text(),
      state: text<IncidentState>(),
      openedAt: integer(),
      clearedAt: optional(integer()),
      closedAt: optional(integer()),
      acknowledgedAt: optional(integer()),
      acknowledgedBy: optional(text()),
      evidence: json<Evidence[]>(),
      /** When it closes by itself; see incidents/due.ts. */
      dueAt: integer(),
    },
    ['incidentId'],
    { indexes: [['deviceId', 'state'], ['state'], ['openedAt'], ['dueAt']] },
  ),

  /** Automatic and personal responses: leases that hold the device's lock. */
  responses: table(
    {
      ...device,
      responseId: text<ResponseId>(),
      incidentId: optional(text<IncidentId>()),
      policyId: optional(text<PolicyId>()),
      /** A person who holds the lock by hand. */
      person: optional(text()),
      kind: text<'lock'>(),
      state: text<ResponseState>(),
      until: optional(integer()),
      targets: json<string[]>(),
      steps: json<{ at: number; text: string; commandId?: CommandId }[]>(),
      createdAt: integer(),
      endedAt: optional(integer()),
      /** When its longest time is over, while it holds the lock; see incidents/due.ts. */
      dueAt: integer(),
    },
    ['responseId'],
    { indexes: [['deviceId', 'state'], ['incidentId'], ['dueAt']] },
  ),

  /** The lock of a device as a whole: what was remembered, what is being done, what was proved. */
  locks: table(
    {
      ...device,
      /** Playbook state; see incidents/lock.ts. */
      state: json<unknown>(),
      /** How often undoing it failed in a row. */
      failures: integer(),
      updatedAt: integer(),
      /** When undoing it is tried again; see incidents/due.ts. */
      dueAt: integer(),
    },
    ['deviceId'],
    { indexes: [['dueAt']] },
  ),

  approvals: table(
    {
      ...device,
      approvalId: text<ApprovalId>(),
      policyId: text<PolicyId>(),
      incidentId: text<IncidentId>(),
      responseId: text<ResponseId>(),
      action: text(),
      reason: text(),
      state: text<'waiting' | 'approved' | 'denied' | 'obsolete'>(),
      createdAt: integer(),
      decidedBy: optional(text()),
      decidedAt: optional(integer()),
    },
    ['approvalId'],
    { indexes: [['state'], ['incidentId', 'state']] },
  ),

  /** Start of every automatic response, for the governor's sliding hour. */
  automaticResponses: table(
    { ...device, responseId: text<ResponseId>(), policyId: text<PolicyId>(), queuedAt: integer() },
    ['responseId'],
    { indexes: [['policyId']] },
  ),
} as const;
