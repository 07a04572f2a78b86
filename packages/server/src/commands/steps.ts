import { type Actor, operationText } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { JournalPayloads } from '../journal/entries.ts';
import type { LinkBody } from '../link/port.ts';
import type { Batch } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { storable } from '../telemetry/ingest.ts';
import { commandLimits } from './limits.ts';
import { changesNothing, instanceChangeOf, isIdempotent, readPathOf } from './operation.ts';
import { codeText, describeOutcome, isSuccess, type Performed } from './outcome.ts';

type CommandRow = Row<'commands'>;
type Brought = Pick<CommandRow, 'values' | 'nodes' | 'created'>;
type End = JournalPayloads['command.finished']['state'];

/** What one step of a command commits: its row with a receipt, and the journal entry that tells of it. */
export type StepBatch = Required<Pick<Batch, 'changes' | 'journal'>>;

/** A command begins to wait. */
export function queued(row: CommandRow): StepBatch {
  const { organisationId, deviceId, commandId, actor, incidentId, createdAt: at } = row;
  const payload = {
    commandId,
    operation: operationText(row.operation),
    ...(incidentId === undefined ? {} : { incidentId }),
  };
  return {
    changes: [{ put: 'commands', row }],
    journal: [{ type: 'command.queued', at, organisationId, deviceId, actor, payload }],
  };
}

/** It is about to be sent: committed first, so that a restart knows that it may have been. */
export function sent(before: CommandRow, at: Millis): { readonly row: CommandRow; readonly batch: StepBatch } {
  const attempt = before.attempts + 1;
  const receipt =
    attempt === 1 ? { step: 'sent', text: 'sent' } : { step: 'repeated', text: `sent again (${attempt})` };
  const row = withReceipt({ ...before, state: 'sent', attempts: attempt }, at, receipt);
  const { organisationId, deviceId, commandId, actor } = row;
  return {
    row,
    batch: {
      changes: [{ put: 'commands', row }],
      journal: [{ type: 'command.sent', at, organisationId, deviceId, actor, payload: { commandId, attempt } }],
    },
  };
}

/** It waits again, at its old place in the queue. */
function requeued(before: CommandRow, reason: string, at: Millis): StepBatch {
  const row = withReceipt({ ...before, state: 'queued' }, at, { step: 'queued', text: reason });
  const { organisationId, deviceId, commandId, actor } = row;
  return {
    changes: [{ put: 'commands', row }],
    journal: [{ type: 'command.requeued', at, organisationId, deviceId, actor, payload: { commandId, reason } }],
  };
}

/** What a wake-up message came to. */
export type WakeUp = Omit<JournalPayloads['device.woken'], 'commandId'>;

/** The device was sent a message to wake up for it. */
export function woken(before: CommandRow, wakeUp: WakeUp, at: Millis): StepBatch {
  const { number, error } = wakeUp;
  const text = error === undefined ? `woken by SMS to ${number}` : `no SMS to ${number} could be sent: ${error}`;
  const row = withReceipt(before, at, { step: 'woken', text });
  const { organisationId, deviceId, commandId, actor } = row;
  return {
    changes: [{ put: 'commands', row }],
    journal: [{ type: 'device.woken', at, organisationId, deviceId, actor, payload: { commandId, ...wakeUp } }],
  };
}

/** It reached its last state: what it was to write in secret is wiped. */
export function finished(
  { sealedValues: _, ...before }: CommandRow,
  state: End,
  text: string,
  at: Millis,
  by?: Actor,
): StepBatch {
  const row = withReceipt({ ...before, state, finishedAt: at }, at, { step: state, text });
  const { organisationId, deviceId, commandId, responseId, code } = row;
  const payload = {
    commandId,
    state,
    text,
    ...(code === undefined ? {} : { code }),
    ...(responseId === undefined ? {} : { responseId }),
  };
  return {
    changes: [{ put: 'commands', row }],
    journal: [{ type: 'command.finished', at, organisationId, deviceId, actor: by ?? row.actor, payload }],
  };
}

/**
 * It is given up while it waits. What was sent before without an answer is not said to have been cancelled or to have
 * expired, unless nothing could have come of it.
 */
function abandoned(row: CommandRow, state: 'cancelled' | 'expired', text: string, at: Millis, by?: Actor): StepBatch {
  return row.unanswered === 1 && !changesNothing(row.operation)
    ? finished(row, 'outcome-unknown', `${text}; it was sent before: the device may have acted on it`, at, by)
    : finished(row, state, text, at, by);
}

/** A person cancels it while it waits. */
export function cancelled(row: CommandRow, by: Actor, at: Millis): StepBatch {
  return abandoned(row, 'cancelled', `cancelled by ${by.name}`, at, by);
}

/** Its time is over while it waits. */
export function expired(row: CommandRow, at: Millis): StepBatch {
  return abandoned(row, 'expired', 'the device was not heard of in time', at);
}

/** A person cancels it while it is under way: an answer still counts, and without one it is not sent again. */
export function cancelling(before: CommandRow, by: Actor, at: Millis): StepBatch {
  const text = `cancelled by ${by.name} while under way: it is not sent again`;
  const row = withReceipt({ ...before, cancelledBy: by }, at, { step: 'cancelling', text });
  const { organisationId, deviceId, commandId } = row;
  return {
    changes: [{ put: 'commands', row }],
    journal: [{ type: 'command.cancelling', at, organisationId, deviceId, actor: by, payload: { commandId } }],
  };
}

/** It did not leave the server, or may not have arrived: it waits for the device's next contact, unless it was cancelled. */
function waitsAgain(row: CommandRow, reason: string, at: Millis): StepBatch {
  return row.cancelledBy ? cancelled(row, row.cancelledBy, at) : requeued(row, reason, at);
}

/** Nobody knows whether a command that was sent arrived: it waits to be repeated if it may be, else it ends here. */
function lost(before: CommandRow, why: string, at: Millis): StepBatch {
  const row: CommandRow = { ...before, unanswered: 1 };
  return isIdempotent(row.operation) || row.repeatable === 1
    ? waitsAgain(row, `${why}; repeated at the device's next contact`, at)
    : finished(row, 'outcome-unknown', `${why}: the device may have acted on it`, at);
}

/** The process died between sending and the answer. */
export function interrupted(row: CommandRow, at: Millis): StepBatch {
  return lost(row, 'the server restarted before the answer', at);
}

/** What became of a command that was sent. */
export function settled(before: CommandRow, outcome: Performed, at: Millis): StepBatch {
  const text = describeOutcome(outcome);
  const { pieces } = outcome;
  const row: CommandRow = pieces ? { ...before, pieces } : before;
  switch (outcome.kind) {
    case 'answered': {
      const { body } = outcome;
      const succeeded = isSuccess(outcome.code);
      const brought = succeeded ? broughtBy(row.operation, body, at) : {};
      return finished(
        { ...row, ...brought, code: codeText(outcome.code) },
        succeeded ? 'answered' : 'failed',
        text,
        at,
      );
    }
    case 'reset':
    case 'unencodable':
      return finished(row, 'failed', text, at);
    case 'not-sent':
      if (pieces) return lost(row, text, at);
      return row.attempts < commandLimits.unsent
        ? waitsAgain(row, `${text}; waits for the device's next contact`, at)
        : finished(row, 'failed', text, at);
    case 'timeout':
      return lost(row, text, at);
  }
}

/** What a success brought, to be kept with the command. */
function broughtBy(operation: CommandRow['operation'], body: LinkBody, at: Millis): Brought {
  if (readPathOf(operation) !== undefined && body.kind === 'records') {
    const values = body.records.map(({ path, stored, time }) => {
      const observedAt = storable(time);
      return { path, stored, receivedAt: at, ...(observedAt === undefined ? {} : { observedAt }) };
    });
    return { values };
  }
  if (operation.kind === 'discover' && body.kind === 'nodes') return { nodes: [...body.nodes] };
  const change = instanceChangeOf(operation, body);
  return change?.kind === 'created' ? { created: change.path } : {};
}

function withReceipt(row: CommandRow, at: Millis, receipt: { step: string; text: string }): CommandRow {
  return { ...row, receipts: [...row.receipts, { at, ...receipt }].slice(-commandLimits.receipts) };
}
