import type { CommandOperation } from '@reeve/contract';
import type { LinkOperation, LinkRecord, RequestOutcome } from '../link/port.ts';
import type { Row } from '../store/tables.ts';
import { storedOf } from '../telemetry/models.ts';

/** Whether doing it twice is doing it once: such a command is simply sent again when its answer is lost. */
export function isIdempotent(operation: CommandOperation): boolean {
  return operation.kind === 'read' || (operation.kind === 'write' && operation.mode === 'replace');
}

/**
 * The operation as the link performs it, its values typed by the object's definition.
 * @throws ReeveError `invalid-value` naming the path and what was expected
 */
export function linkOperationOf(
  operation: CommandOperation,
  registration: Row<'registrations'> | undefined,
): LinkOperation {
  if (operation.kind !== 'write') return operation;
  const { kind, mode, path } = operation;
  const records = operation.values.map(
    ({ path: at, value, type }): LinkRecord => ({ path: at, stored: storedOf(at, value, type, registration) }),
  );
  return { kind, mode, path, records };
}

/** The operation in words. */
export function describeOperation(operation: CommandOperation): string {
  switch (operation.kind) {
    case 'read':
      return `read ${operation.path}`;
    case 'write': {
      const values = operation.values.map(({ path, value }) => `${path} = ${JSON.stringify(value)}`).join(', ');
      return `${operation.mode === 'replace' ? 'write' : 'merge into'} ${operation.path}: ${values}`;
    }
    case 'execute':
      return `execute ${operation.path}${operation.arguments ? ` (${operation.arguments})` : ''}`;
  }
}

/** The answer in words. */
export function describeOutcome(outcome: RequestOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered ${codeText(outcome.code)}${outcome.body.kind === 'undecodable' ? `, ${outcome.body.detail}` : ''}`;
    case 'timeout':
      return 'no answer';
    case 'reset':
      return 'the device reset the request';
    case 'not-sent':
      return `not sent: ${outcome.reason}`;
  }
}

/** A CoAP code as people write it. */
export function codeText(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}
