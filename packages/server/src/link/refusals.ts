import type { CoapEffect, RefusalReason } from '@reeve/coap';
import type { DtlsEffect, RefusalCheck } from '@reeve/dtls';
import type { Millis } from '../ids.ts';
import { addressOfKey, showAddress } from './address.ts';
import type { LinkUp, SessionInfo } from './port.ts';

type Refused = Extract<LinkUp, { kind: 'refused' }>;

/** The checks of a handshake in the words of `registry/refusals.ts`. */
const CHECK: Readonly<Record<RefusalCheck, string>> = {
  'unknown-identity': 'unknown-identity',
  'wrong-key': 'wrong-key',
  'bad-finished': 'wrong-key',
  'no-common-suite': 'no-common-suite',
  'unsupported-version': 'no-common-suite',
  malformed: 'malformed',
  'unexpected-message': 'malformed',
  limit: 'limit',
  timeout: 'timeout',
  alert: 'alert',
  'bad-cookie-flood': 'forged-addresses',
};

/** A refused handshake as a line for the operator. */
export function refusalOfDtls(effect: Extract<DtlsEffect, { kind: 'refused' }>, at: Millis): Refused {
  const offered = effect.offered ? `; it offers ${effect.offered.join(', ')}` : '';
  return {
    kind: 'refused',
    at,
    address: showAddress(addressOfKey(effect.address)),
    check: CHECK[effect.check],
    detail: `${effect.detail}${offered}`,
    ...(effect.identity === undefined ? {} : { identity: Buffer.from(effect.identity).toString('hex') }),
  };
}

/** What a refused CoAP message is called there; the rest of the reasons are limits. */
const COAP_CHECK: Readonly<Partial<Record<RefusalReason, string>>> = {
  format: 'malformed',
  'critical-option': 'malformed',
  proxy: 'malformed',
  'reserved-code': 'malformed',
  'block-wise': 'block-wise',
};

/** A refused CoAP message as a line for the operator; undefined for what peers do in the ordinary course. */
export function refusalOfCoap(
  { reason, detail }: Extract<CoapEffect, { kind: 'refused' }>,
  session: SessionInfo,
  at: Millis,
): Refused | undefined {
  if (reason === 'unexpected-response') return undefined;
  return {
    kind: 'refused',
    at,
    address: session.address,
    check: COAP_CHECK[reason] ?? 'limit',
    detail,
    ...(session.identity === undefined ? {} : { identity: session.identity }),
  };
}
