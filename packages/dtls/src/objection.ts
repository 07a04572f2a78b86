/** What is wrong with what a peer says. */
import type { AlertName } from './alert.ts';
import { SIGNATURE_SCHEME_NAMES, schemeLabel } from './algorithms.ts';
import type { RefusalCheck } from './effects.ts';
import type { ParseError } from './schema.ts';

export interface Objection {
  readonly check: RefusalCheck;
  /** One sentence for the operator. */
  readonly detail: string;
  /** What the peer is told; nothing if silence says less. */
  readonly alert?: AlertName;
  /** Name of the alert that the peer sent. */
  readonly received?: string;
  /** What the peer offered, and what was wanted of it. */
  readonly offered?: readonly string[];
  readonly wanted?: readonly string[];
}

/** A message that is not what its declaration says. */
export function notWellFormed(what: string, { kind, field, offset }: ParseError): Objection {
  const detail = `${what} is malformed: ${kind} in ${field} at octet ${offset}`;
  return { check: 'malformed', detail, alert: 'decode_error' };
}

/** A signature by a scheme that was not offered to the peer. */
export function unknownScheme(scheme: number): Objection {
  return {
    check: 'bad-signature',
    detail: `the peer signed with ${schemeLabel(scheme)}, which was not offered`,
    alert: 'illegal_parameter',
    offered: [schemeLabel(scheme)],
    wanted: SIGNATURE_SCHEME_NAMES,
  };
}

export const BAD_FINISHED: Objection = {
  check: 'bad-finished',
  detail: 'both sides hold the key, but saw different handshakes',
};

/** Why a client's first protected record does not open. */
export const UNOPENED = {
  'wrong-key': { check: 'wrong-key', detail: 'the peer holds another key for this identity' },
  'unknown-identity': { check: 'unknown-identity', detail: 'no key is known for this identity' },
  'no-common-suite': { check: 'no-common-suite', detail: 'the credential does not allow the suite that was chosen' },
} as const satisfies { readonly [reason: string]: Objection };
