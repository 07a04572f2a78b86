import type { Millis } from '../units.ts';
import type { LossReason } from './sight.ts';

/** A resource's value as the evaluator takes it; time is Unix seconds. */
export type SampleValue = number | bigint | string | boolean;

/** The values of one notification, answer or report of a device; values of two messages are never one sample. */
export interface Sample {
  readonly kind: 'sample';
  /** What the message reports: the observed path, `/6/0` or `/3/0/9`. */
  readonly path: string;
  /** Values by the full path of their resource, `/6/0/0`. */
  readonly values: Readonly<Record<string, SampleValue>>;
  /** When the device says that it measured, if it said so with the values. */
  readonly observedAt?: Millis;
  readonly receivedAt: Millis;
}

/** What can happen to a rule on a device. */
export type Input =
  | Sample
  /** An authenticated message came from the device. Needed at the latest before the tick that `wakeAt` asked for. */
  | { readonly kind: 'contact'; readonly at: Millis }
  /** Values will not come any more, until one comes. */
  | { readonly kind: 'blind'; readonly reason: LossReason }
  /** Time has passed. */
  | { readonly kind: 'tick' };
