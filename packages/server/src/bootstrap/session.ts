import type { BootstrapStep } from '@reeve/contract';
import { type BootstrapInventory, bootstrapInventory, ContentFormat } from '@reeve/lwm2m';
import { codeText } from '../commands/outcome.ts';
import type { BootstrapLinkOperation } from '../link/bootstrap-port.ts';
import type { RequestOutcome } from '../link/port.ts';
import { type Configuration, type PlannedOperation, planOf } from './plan.ts';

/** Where a bootstrap session is: what the device is being asked, or how it ended. */
export type Phase =
  | {
      readonly kind: 'asking';
      readonly operation: PlannedOperation;
      readonly rest: readonly PlannedOperation[];
      /** Content formats that the device has not refused, best first. */
      readonly formats: readonly number[];
      /** It was asked before and did not answer. */
      readonly repeated: boolean;
    }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly reason: string };

type Asking = Extract<Phase, { kind: 'asking' }>;

/** What an outcome leads to, and what is recorded of it. */
export interface Advance {
  readonly phase: Phase;
  readonly step: Omit<BootstrapStep, 'at'>;
  /** What the device listed. */
  readonly inventory?: BootstrapInventory;
}

const { tlv, senmlCbor, senmlJson, lwm2mCbor } = ContentFormat;
/** Without a preference what every version may have comes first. */
const FORMATS: readonly number[] = [tlv, senmlCbor, senmlJson, lwm2mCbor];
const FORMAT_NAMES: Readonly<Record<number, string>> = {
  [tlv]: 'TLV',
  [senmlCbor]: 'SenML CBOR',
  [senmlJson]: 'SenML JSON',
  [lwm2mCbor]: 'LwM2M CBOR',
};

/** How an operation can end, as far as it matters what comes next. */
type Result = 'done' | 'missing' | 'format' | 'refused' | 'silent' | 'gone';
type Reaction = 'next' | 'pass-over' | 'other-format' | 'repeat' | 'fail';

/**
 * What follows each end of each operation. A device that can't say what it has, or can't delete, can be written to all
 * the same; that it has all that it needs it says by its answer to Finish (OMA Core §6.1.7).
 */
const REACTIONS: Readonly<Record<PlannedOperation['kind'], Readonly<Record<Result, Reaction>>>> = {
  discover: {
    done: 'next',
    missing: 'pass-over',
    format: 'pass-over',
    refused: 'pass-over',
    silent: 'repeat',
    gone: 'fail',
  },
  delete: {
    done: 'next',
    missing: 'pass-over',
    format: 'pass-over',
    refused: 'pass-over',
    silent: 'repeat',
    gone: 'fail',
  },
  write: { done: 'next', missing: 'fail', format: 'other-format', refused: 'fail', silent: 'repeat', gone: 'fail' },
  read: {
    done: 'next',
    missing: 'pass-over',
    format: 'other-format',
    refused: 'pass-over',
    silent: 'repeat',
    gone: 'fail',
  },
  finish: { done: 'next', missing: 'fail', format: 'fail', refused: 'fail', silent: 'repeat', gone: 'fail' },
};

/** How a session begins. @param preferred the content format in which the device wants to be written */
export function begin(configuration: Configuration, preferred: number | undefined): Phase {
  const formats = preferred === undefined ? FORMATS : [preferred, ...FORMATS.filter((each) => each !== preferred)];
  return configuration.template.discover === false
    ? follow(planOf(configuration, undefined), formats)
    : { kind: 'asking', operation: { kind: 'discover', path: '/' }, rest: [], formats, repeated: false };
}

/** The request of a phase. */
export function requestOf({ operation, formats }: Asking): BootstrapLinkOperation {
  const [format = tlv] = formats;
  return operation.kind === 'write' || operation.kind === 'read' ? { ...operation, format } : operation;
}

/** What comes after an outcome. */
export function advance(phase: Asking, outcome: RequestOutcome, configuration: Configuration): Advance {
  const { operation, formats } = phase;
  const result = resultOf(outcome);
  const reaction = REACTIONS[operation.kind][result];
  const inventory = inventoryOf(operation, outcome);
  const record = (how: BootstrapStep['result'], next: Phase): Advance => ({
    phase: next,
    step: { ...stepOf(phase, outcome), result: how },
    ...(inventory ? { inventory } : {}),
  });
  const on = () => follow(operation.kind === 'discover' ? planOf(configuration, inventory) : phase.rest, formats);
  const failed: Phase = { kind: 'failed', reason: `${wordsOf(operation)}: ${answerOf(outcome, operation)}` };
  switch (reaction) {
    case 'next':
      return record('done', on());
    case 'pass-over':
      return record('passed-over', on());
    case 'other-format': {
      const others = formats.slice(1);
      if (others.length > 0) return record('again', { ...phase, formats: others, repeated: false });
      return operation.kind === 'read' ? record('passed-over', on()) : record('failed', failed);
    }
    case 'repeat':
      return phase.repeated ? record('failed', failed) : record('again', { ...phase, repeated: true });
    case 'fail':
      return record('failed', failed);
  }
}

function follow([operation, ...rest]: readonly PlannedOperation[], formats: readonly number[]): Phase {
  return operation ? { kind: 'asking', operation, rest, formats, repeated: false } : { kind: 'finished' };
}

function resultOf(outcome: RequestOutcome): Result {
  switch (outcome.kind) {
    case 'answered': {
      const { code } = outcome;
      if (code >> 5 === 2) return 'done';
      const text = codeText(code);
      if (text === '4.04') return 'missing';
      return text === '4.06' || text === '4.15' ? 'format' : 'refused';
    }
    case 'unencodable':
      return 'format';
    case 'reset':
      return 'refused';
    case 'timeout':
      return 'silent';
    case 'not-sent':
      return 'gone';
  }
}

function inventoryOf(operation: PlannedOperation, outcome: RequestOutcome): BootstrapInventory | undefined {
  if (operation.kind !== 'discover' || outcome.kind !== 'answered' || outcome.body.kind !== 'nodes') return undefined;
  return bootstrapInventory(outcome.body.nodes);
}

function stepOf({ operation, formats }: Asking, outcome: RequestOutcome): Omit<BootstrapStep, 'at' | 'result'> {
  const format = operation.kind === 'write' || operation.kind === 'read' ? FORMAT_NAMES[formats[0] ?? tlv] : undefined;
  const asked = format === undefined ? wordsOf(operation) : `${wordsOf(operation)} in ${format}`;
  return {
    operation: operation.kind,
    ...(operation.kind === 'finish' ? {} : { path: operation.path }),
    ...(outcome.kind === 'answered' ? { code: codeText(outcome.code) } : {}),
    text: `${asked}: ${answerOf(outcome, operation)}`,
  };
}

const VERBS: Readonly<Record<PlannedOperation['kind'], string>> = {
  discover: 'asked what is there at',
  delete: 'deleted',
  write: 'wrote',
  read: 'read',
  finish: 'asked to finish',
};

function wordsOf(operation: PlannedOperation): string {
  return operation.kind === 'finish' ? VERBS.finish : `${VERBS[operation.kind]} ${operation.path}`;
}

function answerOf(outcome: RequestOutcome, { kind }: PlannedOperation): string {
  switch (outcome.kind) {
    case 'answered': {
      const text = codeText(outcome.code);
      if (kind === 'finish' && text === '4.06') return '4.06, the device finds its configuration inconsistent';
      return outcome.body.kind === 'undecodable' ? `${text}, which ${outcome.body.detail}` : text;
    }
    case 'timeout':
      return 'no answer';
    case 'reset':
      return 'the device reset it';
    case 'not-sent':
    case 'unencodable':
      return outcome.reason;
  }
}
