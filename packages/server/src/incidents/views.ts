import type { Approval, Incident, LockStatus, Response } from '@reeve/contract';
import type { Row } from '../store/tables.ts';
import { holds } from './held-lock.ts';
import type { LockState } from './lock.ts';

/** Lock states for people: "locked" only when the device has said so. */
const SHOWN = {
  free: 'unlocked',
  remembering: 'locking',
  targeting: 'locking',
  locking: 'locking',
  proving: 'locking',
  checking: 'locking',
  locked: 'locked',
  releasing: 'unlocking',
  confirming: 'unlocking',
  failed: 'failed',
} as const satisfies Record<LockState['kind'], LockStatus['state']>;

/** The lock of a device, as the device itself said last. `until` only if every holder has a longest time. */
export function lockStatusOf(lock: Row<'locks'> | undefined, responses: readonly Row<'responses'>[]): LockStatus {
  if (!lock) return { state: 'unknown', holders: [] };
  const state = lock.state as LockState;
  const holders = responses.filter(holds);
  const until = Math.max(...holders.map((row) => row.until ?? Number.POSITIVE_INFINITY));
  const unproved = state.kind === 'free' && state.provedAt === undefined;
  return {
    state: unproved ? 'unknown' : SHOWN[state.kind],
    holders: holders.map((row) => row.incidentId ?? row.person ?? row.responseId),
    ...('provedAt' in state && state.provedAt !== undefined ? { provedAt: state.provedAt } : {}),
    ...(Number.isFinite(until) ? { until } : {}),
  };
}

/** An incident for people and programs. */
export function incidentView(
  row: Row<'incidents'>,
  responses: readonly Row<'responses'>[],
  endpoint: string,
): Incident {
  const { incidentId, deviceId, policyId, ruleId, rule, state, openedAt, evidence } = row;
  const { clearedAt, closedAt, acknowledgedAt, acknowledgedBy } = row;
  return {
    incidentId,
    deviceId,
    endpoint,
    policyId,
    ruleId,
    rule,
    state,
    openedAt,
    evidence,
    responses: responses.map(responseView),
    ...(clearedAt === undefined ? {} : { clearedAt }),
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(acknowledgedAt === undefined ? {} : { acknowledgedAt }),
    ...(acknowledgedBy === undefined ? {} : { acknowledgedBy }),
  };
}

/** An approval for people and programs. */
export function approvalView(row: Row<'approvals'>, endpoint: string): Approval {
  const { organisationId: _, responseId: __, ...view } = row;
  return { ...view, endpoint };
}

function responseView({ responseId, kind, state, steps, until }: Row<'responses'>): Response {
  const hasBegun = state !== 'waiting-approval' && state !== 'denied';
  return { responseId, kind, state, steps, ...(until !== undefined && hasBegun ? { until } : {}) };
}
