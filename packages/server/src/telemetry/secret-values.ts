import type { SetValue } from '@reeve/contract';
import type { SealedPlace, Sealer } from '../store/sealing.ts';
import type { ModelOf, Models } from './models.ts';

/** Values that are written, as they are kept: null stands for each that is secret. */
export interface KeptValues<Value extends SetValue = SetValue> {
  readonly values: Value[];
  /** What is secret, in its order and sealed; absent if nothing is. */
  readonly sealed?: Uint8Array;
}

/**
 * Keeps values that are to be written to devices, and what of them is secret sealed: what the resource's definition does
 * not let be read, and what the caller says is.
 */
export class SecretValues {
  readonly #sealer: Sealer;
  readonly #models: Models;

  constructor(sealer: Sealer, models: Models) {
    this.#sealer = sealer;
    this.#models = models;
  }

  /** @param under the path that those of the values are within: of a Create the instance's */
  keep<Value extends SetValue>(
    values: readonly Value[],
    place: SealedPlace,
    model: ModelOf | undefined,
    under = '',
  ): KeptValues<Value> {
    const { shown, secrets } = hide(values, ({ path, secret }) => {
      return secret === true || this.#models.isUnreadable(`${under}${path}`, model);
    });
    return { values: shown, ...(secrets && { sealed: this.#sealer.seal(secrets, place) }) };
  }

  /**
   * The values as they are to be written.
   * @throws SealError
   */
  open<Value extends SetValue>(values: readonly Value[], sealed: Uint8Array | undefined, place: SealedPlace): Value[] {
    if (!sealed) return [...values];
    const secrets = JSON.parse(Buffer.from(this.#sealer.open(sealed, place)).toString()) as SetValue['value'][];
    return values.map((each) => {
      const value = each.secret ? secrets.shift() : undefined;
      return value === undefined ? each : { ...each, value };
    });
  }

  /** What only the same secrets have; undefined if there are none. */
  digest(values: readonly SetValue[], place: SealedPlace): Uint8Array | undefined {
    const { secrets } = hide(values, ({ secret }) => secret === true);
    return secrets && this.#sealer.digest(secrets, place);
  }
}

/** The values without what is secret, and that as bytes. */
function hide<Value extends SetValue>(values: readonly Value[], isSecret: (value: Value) => boolean) {
  const secrets: SetValue['value'][] = [];
  const shown = values.map((each) => {
    // What removes a resource instance says nothing.
    if (each.value === null || !isSecret(each)) return each;
    secrets.push(each.value);
    return { ...each, value: null, secret: true as const };
  });
  return { shown, secrets: secrets.length === 0 ? undefined : Buffer.from(JSON.stringify(secrets)) };
}
