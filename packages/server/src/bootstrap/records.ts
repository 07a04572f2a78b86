import type { BootstrapSession, BootstrapStep } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { showIdentity } from '../registry/proofs.ts';
import type { Batch } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { bootstrapLimits } from './limits.ts';

export type BootstrapRow = Row<'bootstraps'>;

const actor = { kind: 'server', name: 'bootstrap' } as const;

/** One more step of a session; of too many the first stay, which say how it went wrong. */
export function withStep(row: BootstrapRow, step: BootstrapStep): BootstrapRow {
  return row.steps.length < bootstrapLimits.steps ? { ...row, steps: [...row.steps, step] } : row;
}

/** A session came to its end. @param reason why it failed; absent if it did not */
export function ended(before: BootstrapRow, at: Millis, reason?: string): { row: BootstrapRow; batch: Batch } {
  const state = reason === undefined ? 'finished' : 'failed';
  const row: BootstrapRow = { ...before, state, endedAt: at, ...(reason === undefined ? {} : { reason }) };
  const { organisationId, deviceId, bootstrapId, group } = row;
  const fact = { at, organisationId, deviceId, actor };
  const entry: JournalDraft =
    reason === undefined
      ? { ...fact, type: 'bootstrap.finished', payload: { bootstrapId, group } }
      : { ...fact, type: 'bootstrap.failed', payload: { bootstrapId, reason } };
  return { row, batch: { changes: [{ put: 'bootstraps', row }], journal: [entry] } };
}

/** A session for people and programs; nothing secret is in it. */
export function sessionView(row: BootstrapRow): BootstrapSession {
  const { organisationId: _, pack, identity, ...rest } = row;
  return { ...rest, pack: pack === 1, ...(identity === undefined ? {} : { identity: showIdentity(identity) }) };
}
