import { Code } from '@reeve/coap';
import type { Millis } from '../ids.ts';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';

/**
 * Why a live observation is not relied on: nothing came of it since a restart, in which the device may have given it up;
 * or it is to be begun anew as soon as something can be sent. A notification dispels either.
 */
type Doubt = 'restart' | 'renew';

/** One target that somebody wants observed; `path` is its text, see target.ts. */
export type Watch = { path: string; since: Millis } & (
  | {
      state: 'wanted';
      /** It was asked for in vain, and is again when the device is heard next. */
      later?: boolean;
    }
  /** The request is on its way, or its answer, which a notification of this token has overtaken. */
  | { state: 'requested'; overtakenBy?: string }
  | { state: 'live'; token: string; format?: number; doubt?: Doubt | undefined }
  /** The device said no; asked again when it registers anew. */
  | { state: 'refused'; reason: string }
);

export type LiveWatch = Extract<Watch, { state: 'live' }>;
export type Requested = Extract<Watch, { state: 'requested' }>;

/** What came of asking for an observation that is live now. */
export type Begun = Extract<RequestOutcome, { kind: 'answered' }> & { readonly token: string };

/** What ends an observation. */
export function cancelOf({ path, token, format }: LiveWatch): LinkOperation {
  return { kind: 'cancel-observe', path, token, ...(format === undefined ? {} : { format }) };
}

/** Whether the outcome of asking for an observation began it. */
export function isBegun(outcome: RequestOutcome): outcome is Begun {
  return outcome.kind === 'answered' && outcome.code === Code.Content && outcome.token !== undefined;
}

/** Whether the device says that it does not have what it was asked to observe. */
export function isMissing(outcome: RequestOutcome): boolean {
  return outcome.kind === 'answered' && outcome.code === Code.NotFound;
}

/** Why a device does not observe what it was asked to, in words. */
export function describeRefusal(outcome: RequestOutcome): string {
  if (outcome.kind === 'reset') return 'the device reset the request';
  if (outcome.kind === 'unencodable') return outcome.reason;
  if (outcome.kind !== 'answered') return 'the request did not reach the device';
  if (outcome.code === Code.Content) return 'the device answers, but does not observe';
  return `the device answered ${outcome.code >> 5}.${String(outcome.code & 31).padStart(2, '0')}`;
}
