import type { CommandOperation, WrittenPiece } from '@reeve/contract';
import type { LinkBody, RequestOutcome } from '../link/port.ts';

/** How an operation ended, in however many requests it took. */
export type Performed = RequestOutcome & {
  /** Of what was done in pieces. */
  readonly requests?: number;
  /** What became of each value that was written by itself. Absent if none of them left the server. */
  readonly pieces?: readonly WrittenPiece[];
};

/** Whether a CoAP response code is of class 2 (RFC 7252 §5.9.1). */
export function isSuccess(code: number): boolean {
  return code >> 5 === 2;
}

/** What of an operation a device says that it has done; undefined for nothing. */
export function doneOf(operation: CommandOperation, outcome: Performed): CommandOperation | undefined {
  if (outcome.kind === 'answered' && isSuccess(outcome.code)) return operation;
  if (operation.kind !== 'write-composite' || !outcome.pieces) return undefined;
  const { pieces } = outcome;
  return { ...operation, values: operation.values.filter((_, index) => pieces[index]?.written) };
}

/** The outcome in words. */
export function describeOutcome(outcome: Performed): string {
  return `${describeLast(outcome)}${describePieces(outcome)}`;
}

function describeLast(outcome: RequestOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered ${codeText(outcome.code)}${describeDefect(outcome.body)}`;
    case 'timeout':
      return outcome.acknowledged ? 'acknowledged, but no answer' : 'no answer';
    case 'reset':
      return 'the device reset the request';
    case 'not-sent':
    case 'unencodable':
      return `not sent: ${outcome.reason}`;
  }
}

function describePieces({ requests, pieces }: Performed): string {
  if (pieces) return `; ${pieces.filter(({ written }) => written).length} of ${pieces.length} values were written`;
  return requests === undefined ? '' : `, asked for in ${requests === 1 ? 'another request' : `${requests} requests`}`;
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
