import type { CommandOperation } from '@reeve/contract';
import { parseExecuteArgs } from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { LinkBody, LinkOperation, LinkRecord, RequestOutcome } from '../link/port.ts';
import { type ModelOf, storedOf } from '../telemetry/models.ts';

/** Whether doing it twice is doing it once: such a command is simply sent again when its answer is lost. */
export function isIdempotent(operation: CommandOperation): boolean {
  return operation.kind === 'read' || (operation.kind === 'write' && operation.mode === 'replace');
}

/**
 * The operation as the link performs it, its values typed by the object's definition.
 * @throws ReeveError `invalid-value` naming the path and what was expected
 */
export function linkOperationOf(operation: CommandOperation, registration: ModelOf | undefined): LinkOperation {
  if (operation.kind === 'execute') {
    const parsed = parseExecuteArgs(operation.arguments ?? '');
    if (!parsed.ok)
      throw new ReeveError('invalid-value', `${operation.path} takes no such arguments: ${parsed.error.detail}`);
  }
  if (operation.kind !== 'write') return operation;
  const { kind, mode, path } = operation;
  for (const { path: at } of operation.values) {
    if (at !== path && !at.startsWith(path === '/' ? path : `${path}/`)) {
      throw new ReeveError('invalid-value', `${at} is not at or below ${path}, which is written`);
    }
  }
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
      return `answered ${codeText(outcome.code)}${describeDefect(outcome.body)}`;
    case 'timeout':
      return 'no answer';
    case 'reset':
      return 'the device reset the request';
    case 'not-sent':
    case 'unencodable':
      return `not sent: ${outcome.reason}`;
  }
}

/** What is wrong with the payload of an answer. */
function describeDefect(body: LinkBody): string {
  if (body.kind === 'undecodable') return `, ${body.detail}`;
  return body.kind === 'records' && body.truncated ? ', cut off: more blocks were to come' : '';
}

/** A CoAP code as people write it. */
export function codeText(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}
