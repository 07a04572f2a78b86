import { timingSafeEqual } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CommandOperation } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { CommandId } from '../ids.ts';
import { SealError, type SealedPlace, type Sealer } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { ModelOf, Models } from '../telemetry/models.ts';
import { SecretValues } from '../telemetry/secret-values.ts';

type CommandRow = Row<'commands'>;
type Kept = Pick<CommandRow, 'operation' | 'sealedValues' | 'valuesDigest'>;

/**
 * What commands write, and nobody is to read: sealed while they wait, and wiped when they end. Everything else that is
 * kept and shown of a command has null in its place.
 */
export class CommandSecrets {
  readonly #values: SecretValues;

  constructor(sealer: Sealer, models: Models) {
    this.#values = new SecretValues(sealer, models);
  }

  /**
   * An operation as a command's row keeps it.
   * @param repeated whether the request may come again, to be compared with this one
   */
  keep(commandId: CommandId, operation: CommandOperation, model: ModelOf | undefined, repeated: boolean): Kept {
    if (!('values' in operation)) return { operation };
    const place = placeOf(commandId, 'sealedValues');
    const under = operation.kind === 'create' ? `${operation.path}/0` : '';
    const { values, sealed } = this.#values.keep(operation.values, place, model, under);
    if (!sealed) return { operation };
    const digest = repeated ? this.#digest(commandId, operation, values) : undefined;
    return { operation: { ...operation, values }, sealedValues: sealed, ...(digest && { valuesDigest: digest }) };
  }

  /**
   * The operation of a command that has not ended, as it is to be sent.
   * @throws ReeveError `wrong-state` if the server has another sealing key now
   */
  open({ commandId, operation, sealedValues }: CommandRow): CommandOperation {
    if (!('values' in operation) || !sealedValues) return operation;
    try {
      const values = this.#values.open(operation.values, sealedValues, placeOf(commandId, 'sealedValues'));
      return { ...operation, values };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw new ReeveError('wrong-state', 'its hidden values do not open: they were sealed with another key');
    }
  }

  /** Whether a command was queued for the operation. */
  isFor({ commandId, operation: kept, valuesDigest }: CommandRow, operation: CommandOperation): boolean {
    if (!('values' in kept) || !('values' in operation)) return isDeepStrictEqual(kept, operation);
    // What is secret was decided when it was queued.
    const values = operation.values.map((each, at) => {
      return kept.values[at]?.secret ? { ...each, value: null, secret: true as const } : each;
    });
    if (!isDeepStrictEqual(kept, { ...operation, values })) return false;
    const digest = this.#digest(commandId, operation, kept.values);
    if (!digest || !valuesDigest) return digest === valuesDigest;
    return timingSafeEqual(digest, valuesDigest);
  }

  /** @param kept that say which of the operation's values are secret */
  #digest(
    commandId: CommandId,
    operation: Extract<CommandOperation, { values: unknown }>,
    kept: readonly { secret?: true }[],
  ): Uint8Array | undefined {
    const marked = operation.values.map((each, at) => (kept[at]?.secret ? { ...each, secret: true as const } : each));
    return this.#values.digest(marked, placeOf(commandId, 'valuesDigest'));
  }
}

function placeOf(commandId: CommandId, column: 'sealedValues' | 'valuesDigest'): SealedPlace {
  return { table: 'commands', row: commandId, column };
}
